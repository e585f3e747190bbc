// SPDX-License-Identifier: Apache-2.0
// A commented file of every environment variable of the settings that a schema describes, to start
// from: what `tqhost schema NAME --format env` prints. Pure functions; any thread.
#pragma once

#include <string>

#include "core/json.hpp"

namespace tq {

// Those of an instance of a plugin: the instance's own and the plugin's.
std::string settings_env(const std::string& instance, const Json& schema, const Json& host_schema);

// Those of the host file.
std::string host_settings_env(const Json& host_schema);

}  // namespace tq
