// SPDX-License-Identifier: Apache-2.0
// configure: asks for what an instance needs, tries it, registers the instance, writes it down. No
// request goes to anybody but ThreatQ, and nothing is written before everything is known.
#include <memory>
#include <optional>
#include <ostream>

#include "cli/command.hpp"
#include "cli/configure_interview.hpp"
#include "cli/configure_lock.hpp"
#include "cli/configure_subject.hpp"
#include "cli/configure_threatq.hpp"
#include "cli/configure_values.hpp"
#include "cli/configure_write.hpp"
#include "cli/control.hpp"
#include "cli/held_signals.hpp"
#include "cli/prompt.hpp"
#include "core/text.hpp"
#include "worker/crash_world.hpp"
#include "worker/ground.hpp"

namespace tq {
namespace {

// As a run of this instance will reach ThreatQ, but for the rate's files: nothing is written yet.
HttpOptions options_for(const HostConfig& config, const ConfigureValues& values) {
  HttpOptions options = http_options(config);
  options.rate.folder.clear();
  options.ca_file = values.text("threatq.ca_file");
  options.verify_tls = values.text("threatq.verify_tls") != "false";
  if (values.text("threatq.use_proxy") == "true") options.proxy = config.proxy_url;
  return options;
}

void hide_secrets(const ConfigureValues& values, Redactor& redactor) {
  redactor.add_value(values.password.text.reveal());
  for (const auto& [key, secret] : values.setting_secrets) redactor.add_value(secret.text.reveal());
}

class Configuring {
 public:
  Configuring(const CommandContext& context, const ConfigureOptions& options)
      : context_(context),
        options_(options),
        world_(make_world(crash_point(context.sources.environment))) {}

  Exit run() {
    auto known = find_out();
    if (!known) return fail(context_, known.error());
    const auto prompter = terminal_prompter(context_.out);
    const auto missing = missing_values(subject_, values_);
    if (!prompter->interactive() && !missing.empty())
      return fail_usage(context_, "there is no terminal to ask at, and " + subject_.instance +
                                      " needs:\n  " + join(missing, "\n  "));
    ThreatqTrial trial(options_for(config_, values_), *world_, *log_);
    ConfigureWrite write(context_, subject_, config_, values_, trial, *world_);
    auto ready = ConfigureInterview(context_, subject_, config_, *prompter, trial, values_).hold();
    hide_secrets(values_, log_->redactor());
    if (ready) ready = write.prepare();
    if (!ready) return nothing_changed(ready.error());
    if (auto done = write.carry_out(); !done) return half_done(done.error());
    return tell();
  }

 private:
  Result<void> find_out() {
    TQ_TRY(check_place(context_.sources, options_));
    // Before anything is read that another one may be changing.
    TQ_ASSIGN(lock_, take_lock());
    ConfigSources sources = context_.sources;
    sources.file_may_be_missing = true;
    TQ_ASSIGN(config_, load_host_config(sources));
    for (const std::string& warning : config_.warnings)
      context_.err << "tqhost: warning: " << warning << '\n';
    TQ_ASSIGN(subject_, find_subject(context_, config_, options_));
    TQ_ASSIGN(values_, gather_values(subject_, options_, config_));
    hide_secrets(values_, log_->redactor());
    InstanceConfig instance;
    instance.name = subject_.instance;
    instance.schedule = values_.text("schedule");
    TQ_TRY(check_schedule(instance));
    // Before anybody types anything: a vault that cannot be used is no place for a password.
    TQ_TRY(Vault::open(vault_files(config_, context_.sources.environment)));
    return {};
  }

  // A drop-in name has one instance in a file, whatever it is called.
  Result<std::optional<ConfigureLock>> take_lock() const {
    const std::string name =
        options_.drop_in ? intended_file(context_.sources).stem().string() : options_.instance;
    TQ_ASSIGN(ConfigureLock lock, ConfigureLock::take(context_.sources, name));
    return std::optional<ConfigureLock>(std::move(lock));
  }

  Exit failed(Error error) const {
    error.message = log_->redactor().clean(error.message);
    return fail(context_, error);
  }

  Exit nothing_changed(const Error& error) const {
    if (error.status != Status::kCancelled) return failed(error);
    context_.err << "tqhost: nothing was changed\n";
    return Exit::kFailed;
  }

  Exit half_done(const Error& error) const {
    static_cast<void>(failed(error));
    context_.err << "tqhost: " << subject_.instance << " is as it was before; the same command "
                 << "finishes what was begun\n";
    return Exit::kFailed;
  }

  Exit tell() const {
    if (values_.from_threatq()) {
      context_.out << "Connector configured. Set information in UI\n";
    } else {
      context_.out << "Connector configured. Its settings are in " << subject_.file.string()
                   << '\n';
    }
    // A drop-in name prints what its original did.
    tell_supervisor(context_, config_.state_dir, /*quiet=*/options_.drop_in);
    return Exit::kDone;
  }

  const CommandContext& context_;
  const ConfigureOptions& options_;
  const HeldSignals held_;
  const std::unique_ptr<World> world_;
  const std::unique_ptr<Log> log_ = Log::null();
  std::optional<ConfigureLock> lock_;
  HostConfig config_;
  ConfigureSubject subject_;
  ConfigureValues values_;
};

}  // namespace

Exit configure_command(const CommandContext& context, const ConfigureOptions& options) {
  return Configuring(context, options).run();
}

}  // namespace tq
