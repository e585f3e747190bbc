// SPDX-License-Identifier: Apache-2.0
// instance remove: what an instance made at the remote (when asked), its state, its secrets, and
// the configuration that `configure` wrote for it. In this order, so that a removal that is cut off
// can be made again.
#include <unistd.h>

#include <iostream>
#include <ostream>

#include "cli/crew_run.hpp"
#include "cli/prompt.hpp"
#include "core/file.hpp"
#include "schema/vault.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

// The file is the instance's own when `configure` wrote it: instances.d/<name>.json.
bool is_own_file(const InstanceConfig& instance) {
  const std::filesystem::path file = instance.file;
  return file.parent_path().filename() == "instances.d" && file.stem() == instance.name;
}

// Held until the end: no run of the instance begins meanwhile.
Result<FileLock> take_lease(const HostConfig& config, const std::string& name) {
  TQ_TRY(make_folder(instance_folder(config, name)));
  auto lease = FileLock::try_lock(state_file(config, name).string() + ".lock");
  if (!lease && lease.error().status == Status::kLimited)
    return Error{Status::kTransient,
                 name + " is running; nothing was removed, try again when it has ended"};
  return lease;
}

Result<void> erase_secrets(const HostConfig& config, const Environment& environment,
                           const std::string& name) {
  TQ_ASSIGN(Vault vault, Vault::open(vault_files(config, environment)));
  std::vector<std::string> own;
  for (const std::string& secret : vault.names())
    if (secret.rfind(name + "/", 0) == 0) own.push_back(secret);
  return own.empty() ? Result<void>() : vault.erase(own);
}

Result<void> remove_local(const CommandContext& context, const HostConfig& config,
                          const InstanceConfig& instance) {
  TQ_ASSIGN(const FileLock lease, take_lease(config, instance.name));
  TQ_TRY(erase_secrets(config, context.sources.environment, instance.name));
  std::error_code error;
  std::filesystem::remove_all(instance_folder(config, instance.name), error);
  if (error)
    return Error{Status::kTransient, "cannot remove " +
                                         instance_folder(config, instance.name).string() + ": " +
                                         error.message()};
  if (!is_own_file(instance)) return {};
  std::filesystem::remove(instance.file, error);
  if (error)
    return Error{Status::kTransient, "cannot remove " + instance.file + ": " + error.message()};
  return {};
}

Result<bool> agreed(const CommandContext& context, const RemoveOptions& options) {
  if (options.yes) return true;
  const auto prompter = terminal_prompter(context.out);
  if (!prompter->interactive())
    return Error{Status::kConfig, "removing " + options.instance +
                                      " forgets what it remembers; say --yes, since there is no "
                                      "terminal to ask at"};
  return prompter->confirm("Forget everything that " + options.instance + " remembers?", false);
}

}  // namespace

Exit instance_remove_command(const CommandContext& context, const RemoveOptions& options) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto instance = find_instance(*config, options.instance);
  if (!instance) return fail(context, instance.error());
  const auto yes = agreed(context, options);
  if (!yes) return fail(context, yes.error());
  if (!*yes) {
    context.out << "nothing was removed\n";
    return Exit::kDone;
  }
  if (options.purge_remote) {
    Order order;
    order.purpose = Purpose::kPurge;
    if (const Exit purged = run_crew(context, {options.instance}, order); purged != Exit::kDone) {
      context.err << "tqhost: " << options.instance
                  << " is not removed, because what it made at the remote still stands\n";
      return purged;
    }
  }
  if (auto removed = remove_local(context, *config, *instance); !removed)
    return fail(context, removed.error());
  context.out << options.instance << ": state and secrets are gone; its log stays: "
              << log_file(*config, options.instance).string() << '\n';
  if (!is_own_file(*instance))
    context.out << options.instance << " is still configured in " << instance->file
                << ", which a person wrote: take it out there\n";
  if (instance->config_source == ConfigSource::kThreatq)
    context.out << "its record in ThreatQ stays, with what was entered there: delete it on the "
                   "integrations page\n";
  return Exit::kDone;
}

}  // namespace tq
