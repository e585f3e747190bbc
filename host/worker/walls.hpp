// SPDX-License-Identifier: Apache-2.0
// Walls: what bounds a worker, as `status` tells it. Pure functions.
#pragma once

#include <string>

#include "core/json.hpp"
#include "schema/config.hpp"

namespace tq {

// `watched`: null when no worker runs; false when /proc hides its processes from its shim.
Json walls_json(const HostConfig& config, const Json& watched);
// "memory 1024 MB (...), 128 processes, 256 open files, no core file"
std::string walls_text(const HostConfig& config, const Json& watched);

}  // namespace tq
