// SPDX-License-Identifier: Apache-2.0
// What reaches the supervisor from outside besides a person's word to an instance: signals, another
// configuration, a state folder that is moved away.
#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "schedule/supervisor.hpp"
#include "schema/secrets_file.hpp"
#include "worker/offer.hpp"

namespace tq {

void Supervisor::read_secret_times(const HostConfig& config, SecretTimes* out) {
  const auto file = read_secrets_file(config.state_dir / "secrets.json");
  if (!file) return;  // whoever needs a secret tells
  out->clear();
  for (const auto& [name, secret] : file->secrets) (*out)[name] = secret.set_at;
}

// Somebody moves or deletes that by which the supervisor is found, and by which it is the only one.
void Supervisor::look_at_folder(Moment now) {
  if (bench_->lost) return;
  auto held = folder_->look();
  bench_->lost = !held && held.error().status != Status::kTransient;
  auto listens = held ? control_->renew() : Result<bool>(held.error());
  if (listens && *listens)
    log_->warning(Event::kControl, "control.sock was moved or deleted; it was made anew");
  const std::string trouble = listens ? std::string() : listens.error().message;
  if (bench_->lost) {
    log_->error(Event::kSupervisorEnded, trouble + "; this supervisor ends");
    exit_ = Exit::kUsage;  // a person has to look: nothing is to start it again by itself
    shut_down(now);
  } else if (!trouble.empty() && trouble != folder_trouble_) {
    log_->warning(Event::kControl, trouble);
  }
  folder_trouble_ = trouble;
}

void Supervisor::take_signals(Moment now) {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      static_cast<void>(reload(now));  // the log says what is wrong
    } else if (asked_.counts(static_cast<int>(info.ssi_signo), now.mono_ms)) {
      asked_to_end(now);
    }
  }
}

void Supervisor::asked_to_end(Moment now) {
  if (!std::exchange(asked_to_end_, true)) return shut_down(now);
  log_->warning(Event::kSupervisorEnded, "asked a second time: what still runs is ended at once");
  for (const auto& instance : instances_) instance->kill();
}

void Supervisor::shut_down(Moment now) {
  if (std::exchange(shutting_down_, true)) return;
  log_->info(Event::kSupervisorEnded, "asked to end: what runs is given time to finish");
  manager_.stopping();
  for (const auto& instance : instances_) instance->take({.kind = LifeEvent::Kind::kShutDown}, now);
}

Result<void> Supervisor::reload(Moment now) {
  if (shutting_down_) return {};
  manager_.reloading(now);
  log_->follow_file();
  auto config = load_host_config(options_.sources);
  if (config) {
    read_secret_times(*config, &secret_times_);
    take_up(host_plan(*config, secret_times_), now);
  } else {
    log_->error(Event::kSupervisorReloaded,
                "the configuration cannot be read again; the one before goes on: " +
                    config.error().message);
  }
  manager_.ready(summary());
  return config ? Result<void>() : Result<void>(std::move(config.error()));
}

void Supervisor::take_up(HostPlan fresh, Moment now) {
  if (fresh.state_dir != plan_.state_dir || fresh.log_dir != plan_.log_dir)
    fresh.warnings.push_back(
        "state_dir and log.dir are taken up at the next start of the supervisor");
  fresh.state_dir = plan_.state_dir;
  fresh.log_dir = plan_.log_dir;
  const bool other_plugins = fresh.plugins_dir != plan_.plugins_dir;
  plan_ = std::move(fresh);
  for (const std::string& warning : plan_.warnings)
    log_->warning(Event::kSupervisorReloaded, warning);
  if (other_plugins) plugins_.emplace(plan_.plugins_dir, plan_.state_dir, host_offer());
  look_at_plugins(now, /*all=*/true);
  plan_instances(now);
  log_->info(Event::kSupervisorReloaded, "the configuration was read again",
             {{"instances", std::to_string(plan_.instances.size())}});
  ::malloc_trim(0);
}

// A new instance that cannot run comes to no other state than it is in, and so nothing else tells.
void Supervisor::tell_what_is_missing(const InstancePlan& plan) {
  if (!plan.enabled || plugins_->find(plan.plugin) != nullptr) return;
  for (const RefusedFile& refused : plugins_->refused())
    if (refused.file.stem() == plan.plugin)
      return log_->error(Event::kPluginRefused, plan.name +
                                                    " cannot run: its plugin was refused: " +
                                                    refused.file.string() + ": " + refused.reason);
}

bool Supervisor::is_needed(const PluginChange& change) const {
  return std::any_of(plan_.instances.begin(), plan_.instances.end(), [&](const auto& plan) {
    return plan.enabled && (plan.plugin == change.id || change.file.stem() == plan.plugin);
  });
}

Json Supervisor::answer_reload(Moment now) {
  log_->info(Event::kControl, "reload");
  if (const auto done = reload(now); !done)
    return {{"error", done.error().message}, {"status", "config"}};
  return {{"ok", true},
          {"config", plan_.file.string()},
          {"warnings", plan_.warnings},
          {"note", "the supervisor has read the configuration again: " + summary()}};
}

}  // namespace tq
