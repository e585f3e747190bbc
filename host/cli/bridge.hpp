// SPDX-License-Identifier: Apache-2.0
// The commands of the names of the ThreatConnect bridge, and the configuration file that they share
// with it. One thread.
#pragma once

#include <string_view>

#include "cli/command.hpp"
#include "cli/guide_options.hpp"

namespace tq {

// start, stop, restart, status, version, write FILE.
Exit bridge_command(const CommandContext& context, const GuideOptions& options,
                    std::string_view program);

}  // namespace tq
