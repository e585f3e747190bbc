// SPDX-License-Identifier: Apache-2.0
// What every command of tqhost gets, and the commands. Each prints its result and answers the exit
// status. One thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "load/registry.hpp"
#include "log/log.hpp"
#include "schema/config.hpp"
#include "worker/outcome.hpp"

namespace tq {

struct CommandContext {
  ConfigSources sources;
  Level log_level = Level::kInfo;
  bool log_json = false;
  std::ostream& out;  // results
  std::ostream& err;  // messages for people
};

// "tqhost: message", a line each, and the exit status that goes with the error.
Exit fail(const CommandContext& context, const Error& error);
Exit fail_usage(const CommandContext& context, const std::string& message);

Result<HostConfig> load_config(const CommandContext& context);
Result<Registry> load_registry(const HostConfig& config);
// The plugin with this id, or an error that says which there are and why a file that looks like it
// was refused.
Result<FoundPlugin> find_plugin(const Registry& registry, const HostConfig& config,
                                const std::string& id);
Result<InstanceConfig> find_instance(const HostConfig& config, const std::string& name);

Exit list_command(const CommandContext& context, bool json);
Exit describe_command(const CommandContext& context, const std::string& plugin, bool json);
Exit schema_command(const CommandContext& context, const std::string& plugin,
                    const std::string& format);
Exit config_show_command(const CommandContext& context, const std::string& instance, bool json);

struct RunOptions {
  std::vector<std::string> instances;  // empty: all enabled ones
  bool dry_run = false;
  bool full = false;
  bool adopt = false;
  bool strict = false;
  bool no_differential = false;
  std::optional<std::string> historical;  // a date
};
Exit run_once_command(const CommandContext& context, const RunOptions& options);
Exit check_command(const CommandContext& context, const std::vector<std::string>& instances);

struct StateOptions {
  std::string action;  // ls, get, export, import, reset, backup
  std::string instance;
  std::string argument;  // a key or a file
  bool yes = false;      // for reset
};
Exit state_command(const CommandContext& context, const StateOptions& options);

}  // namespace tq
