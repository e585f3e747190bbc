// SPDX-License-Identifier: Apache-2.0
// plugin history, plugin use: the files that a plugin has had, and which of them is used. One
// thread.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace tq {

struct PluginOptions {
  std::string plugin;
  std::string digest;  // of use: the beginning of one, or "newest"
  bool json = false;   // of history
};

Exit plugin_history_command(const CommandContext& context, const PluginOptions& options);

// Pins the plugin to one of its files, or takes the pin back. A supervisor that runs is told.
Exit plugin_use_command(const CommandContext& context, const PluginOptions& options);

}  // namespace tq
