// SPDX-License-Identifier: Apache-2.0
// What every command of tqhost gets, and the commands. Each prints its result and answers the exit
// status. One thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "load/registry.hpp"
#include "log/log.hpp"
#include "schema/config.hpp"
#include "schema/plugin_schema.hpp"
#include "worker/assignment.hpp"
#include "worker/outcome.hpp"

namespace tq {

struct CommandContext {
  ConfigSources sources;
  Level log_level = Level::kInfo;
  bool log_json = false;
  std::ostream& out;  // results
  std::ostream& err;  // messages for people
  // Set by drop-in names, whose originals print nothing but their log: results go to the log only.
  bool quiet = false;
  LogTo log_to = LogTo::kFile;
};

// "tqhost: message", a line each, and the exit status that goes with the error.
Exit fail(const CommandContext& context, const Error& error);
Exit fail_usage(const CommandContext& context, const std::string& message);

Result<HostConfig> load_config(const CommandContext& context);
// By the one rule of load/plugin_choice.hpp; which of several files is used is told as a warning.
// The dynamic loader is asked about every file, or, for commands that run one at once and would be
// kept waiting, only about those that have never started.
enum class AskLoader { kAlways, kUnlessItRan };
Result<Registry> look_for_plugins(const HostConfig& config, AskLoader ask);  // tells nothing
Result<Registry> load_registry(const CommandContext& context, const HostConfig& config,
                               AskLoader ask = AskLoader::kAlways);
// The plugin with this id, or an error that says which there are and why a file that looks like it
// was refused.
Result<FoundPlugin> find_plugin(const Registry& registry, const HostConfig& config,
                                const std::string& id);
Result<std::shared_ptr<const PluginSchema>> schema_of(const FoundPlugin& plugin);
// E_CONFIG: a schedule that run-forever could not follow.
Result<void> check_schedule(const InstanceConfig& instance);
Result<InstanceConfig> find_instance(const HostConfig& config, const std::string& name);

Exit list_command(const CommandContext& context, bool json);
Exit describe_command(const CommandContext& context, const std::string& plugin, bool json);
// The ids of plugins or the names of instances, a line each, for completion scripts: nothing when
// there is any trouble, as somebody is typing.
Exit complete_command(const CommandContext& context, const std::string& kind);
// plugin: an id, or "host". format: json-schema, threatq-ui, markdown, env, completion; shell
// (bash, zsh, fish) for the last.
Exit schema_command(const CommandContext& context, const std::string& plugin,
                    const std::string& format, const std::string& shell);
Exit config_show_command(const CommandContext& context, const std::string& instance, bool json);

struct RunOptions {
  std::vector<std::string> instances;  // empty: all enabled ones
  bool external_proxy = false;         // as if every instance had external_proxy set
  bool debugger = false;               // each worker waits for a debugger before it begins
  bool dry_run = false;
  bool full = false;
  bool adopt = false;
  bool strict = false;
  bool no_differential = false;
  bool tells_signals = true;              // exits 130 or 143 when a signal cut a run off; else 0
  std::optional<std::string> historical;  // a date
};
Exit run_once_command(const CommandContext& context, const RunOptions& options);
// Until it is asked to end. `pid_file`: empty: none.
Exit run_forever_command(const CommandContext& context, const std::string& pid_file);
Exit check_command(const CommandContext& context, const std::vector<std::string>& instances);

// verify INSTANCE...: what stands at the remote against what the state says.
struct VerifyOptions {
  std::vector<std::string> instances;  // empty: all enabled ones that can be verified
  bool repair = false;                 // writes again what is missing or different
  bool json = false;
};
Exit verify_command(const CommandContext& context, const VerifyOptions& options);

// configure INSTANCE: asks, checks, registers, writes. `settings` are KEY=VALUE of --set, where KEY
// is threatq.host, .client_id, .username, .ca_file, .verify_tls or .use_proxy, default_status,
// record_name, config_source, schedule, verify, external_proxy, or config.KEY for a setting of the
// plugin.
struct ConfigureOptions {
  std::string instance, plugin;
  std::vector<std::string> settings;
  std::string from;      // a JSON file with the same keys, nested or dotted; secrets need mode 0600
  bool drop_in = false;  // first run of a drop-in name: writes a whole host file to sources.file
};
Exit configure_command(const CommandContext& context, const ConfigureOptions& options);

struct SecretOptions {
  std::string action;  // set, check, rotate
  std::string name;
};
Exit secret_command(const CommandContext& context, const SecretOptions& options);

// why INSTANCE VALUE: what this instance does with one indicator, and by which rule.
struct WhyOptions {
  std::string instance, value, type;  // type: empty when it is not known
};
Exit why_command(const CommandContext& context, const WhyOptions& options);

Exit status_command(const CommandContext& context, const std::string& instance, bool json);

// What the supervisor says while the configuration on the disk cannot be read; kUsage.
Exit status_without_config(const CommandContext& context, const Result<HostConfig>& config,
                           const std::string& instance, bool json);

struct LogsOptions {
  std::string instance;
  bool follow = false;
  uint32_t lines = 20;
};
Exit logs_command(const CommandContext& context, const LogsOptions& options);

struct RemoveOptions {
  std::string instance;
  bool purge_remote = false;
  bool yes = false;
};
Exit instance_remove_command(const CommandContext& context, const RemoveOptions& options);

struct StateOptions {
  std::string action;  // ls, get, export, import, reset, backup
  std::string instance;
  std::string argument;  // a key or a file
  bool yes = false;      // for reset
};
Exit state_command(const CommandContext& context, const StateOptions& options);

}  // namespace tq
