// SPDX-License-Identifier: Apache-2.0
// instance remove: what an instance made at the remote (when asked), the configuration that
// `configure` wrote for it, its secrets and its state. In this order: a removal that is cut off
// leaves no configuration whose secrets are gone, and can be made again.
#include <ostream>

#include "cli/configure_lock.hpp"
#include "cli/configure_subject.hpp"
#include "cli/control.hpp"
#include "cli/crew_run.hpp"
#include "cli/prompt.hpp"
#include "core/file.hpp"
#include "schema/vault.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

// The file is the instance's own when `configure` wrote it: instances.d/<name>.json.
bool is_own_file(const InstanceConfig& instance) {
  const fs::path file = instance.file;
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

Result<void> remove_path(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    return Error{Status::kTransient, "cannot remove " + path.string() + ": " + error.message()};
  return keep_name(path);
}

// The file, and the certificate that a person has trusted for it.
Result<void> remove_own_file(const InstanceConfig& instance) {
  TQ_TRY(remove_path(instance.file));
  if (!instance.threatq) return {};
  const fs::path& ca_file = instance.threatq->ca_file;
  const bool own = ca_file.parent_path() == fs::path(instance.file).parent_path() &&
                   ca_file.filename().string().rfind(instance.name + ".ca.", 0) == 0;
  return own ? remove_path(ca_file) : Result<void>();
}

Result<void> remove_local(const CommandContext& context, const HostConfig& config,
                          const InstanceConfig& instance) {
  TQ_ASSIGN(const FileLock lease, take_lease(config, instance.name));
  if (is_own_file(instance)) {
    TQ_ASSIGN(const ConfigureLock lock, ConfigureLock::take(context.sources, instance.name));
    TQ_TRY(remove_own_file(instance));
    // Before its folder goes: a supervisor writes there, how its instances stand, until it knows.
    tell_supervisor(context, config.state_dir, /*quiet=*/true);
  }
  TQ_TRY(erase_secrets(config, context.sources.environment, instance.name));
  return remove_path(instance_folder(config, instance.name));
}

// What an earlier removal that was cut off has left of an instance that is configured no more: the
// state goes last.
bool has_leftovers(const HostConfig& config, const std::string& name) {
  std::error_code error;
  return check_instance_name(name) && fs::is_directory(instance_folder(config, name), error);
}

Result<InstanceConfig> find_to_remove(const HostConfig& config, const RemoveOptions& options) {
  auto known = find_instance(config, options.instance);
  if (known || options.purge_remote || !has_leftovers(config, options.instance)) return known;
  InstanceConfig left;
  left.name = options.instance;
  return left;
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
  const auto instance = find_to_remove(*config, options);
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
  if (!is_own_file(*instance) && !instance->file.empty())
    context.out << options.instance << " is still configured in " << instance->file
                << ": take it out there, then type: tqhost reload\n";
  if (instance->config_source == ConfigSource::kThreatq)
    context.out << "its record in ThreatQ stays, with what was entered there: delete it on the "
                   "integrations page\n";
  return Exit::kDone;
}

}  // namespace tq
