// SPDX-License-Identifier: Apache-2.0
#include "schedule/supervised.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "core/record_json.hpp"
#include "core/saturating.hpp"
#include "core/text.hpp"
#include "schedule/deaths.hpp"
#include "schedule/plugin_schedule.hpp"
#include "worker/layout.hpp"
#include "worker/record.hpp"

namespace tq {
namespace {

Outcome outcome_of(const WorkerEnd& end) {
  if (!end.reported || end.signal != 0 || end.overdue) return Outcome::kDied;
  if (end.state == "disabled") return Outcome::kSwitchedOff;
  if (end.state == "running") return Outcome::kBusy;
  if (end.state == "cancelled") return Outcome::kCancelled;
  if (end.state == "done") return Outcome::kDone;
  if (end.status == status_name(Status::kTransient) || end.status == status_name(Status::kLimited))
    return Outcome::kTransient;
  return end.status == status_name(Status::kBug) ? Outcome::kDied : Outcome::kAttention;
}

}  // namespace

Supervised::Supervised(const Bench& bench, InstancePlan plan, Moment now)
    : bench_(bench), plan_(std::move(plan)) {
  resume(now);
}

// What the lifecycle goes by, from the configuration and what the plugin says of itself.
void Supervised::replan() {
  const TakenPlugin* const found = plugin();
  Plan& plan = lifecycle_plan_;
  plan.name = plan_.name;
  plan.enabled = plan_.enabled;
  plan.plugin_there = found != nullptr;
  plan.run_ms = minutes_to_ms(bench_.host.run_minutes);
  plan.deaths = bench_.host.deaths;
  plan.window_ms = minutes_to_ms(bench_.host.deaths_window_minutes);
  schedule_problem_.clear();
  if (found == nullptr) return;
  const auto& facets = found->plugin.manifest.facets;
  const auto offers = [&](const char* facet) {
    return std::find(facets.begin(), facets.end(), facet) != facets.end();
  };
  plan.listener = offers(TQP_FACET_LISTENER);
  const bool verifiable = offers(TQP_FACET_VERIFY) && offers(TQP_FACET_JOB) && !plan.listener;
  plan.verify_ms = verifiable ? verify_period_ms(plan_.verify) : 0;
  auto schedule = schedule_of(found->plugin.schema, plan_.schedule);
  plan.schedule_readable = static_cast<bool>(schedule);
  plan.schedule = schedule ? schedule.take() : Schedule();
  if (!schedule) schedule_problem_ = schedule.error().message;
}

void Supervised::plan(InstancePlan plan, Moment now) {
  const bool told = life_.state == State::kNeedsAttention;
  adopt(std::move(plan), now);
  // Else what it has become says it.
  if (life_.unscheduled && told)
    bench_.log.error(Event::kInstanceState, plan_.name + " still does not run: " + reason(now));
}

void Supervised::adopt(InstancePlan plan, Moment now) {
  LifeEvent event{.kind = LifeEvent::Kind::kPlanned};
  const std::string schedule = lifecycle_plan_.schedule.text();
  const std::string problem = schedule_problem_;
  event.settings_changed = !plan_.digest.empty() && plan_.digest != plan.digest;
  plan_ = std::move(plan);
  planned_ = true;
  replan();
  event.schedule_changed =
      schedule != lifecycle_plan_.schedule.text() || problem != schedule_problem_;
  const TakenPlugin* const found = plugin();
  event.plugin_changed =
      found != nullptr && !worker_digest_.empty() && found->plugin.digest != worker_digest_;
  take(event, now);
}

void Supervised::unplan(Moment now) {
  planned_ = false;
  plan_.enabled = lifecycle_plan_.enabled = false;
  take({.kind = LifeEvent::Kind::kPlanned}, now);
}

void Supervised::plugin_changed(Moment now) {
  if (planned_) adopt(plan_, now);
}

std::string Supervised::refusal(LifeEvent::Kind command) const {
  using Kind = LifeEvent::Kind;
  if (command == Kind::kStop || command == Kind::kPause) return {};
  if (!planned_ || !plan_.enabled || !lifecycle_plan_.plugin_there)
    return plan_.name + " cannot run: " + idle_reason();
  if (command != Kind::kTrigger) return {};
  if (life_.wanted == Wanted::kStopped) return plan_.name + " is " + idle_reason();
  if (lifecycle_plan_.listener)
    return plan_.name + " listens all the time; tqhost restart " + plan_.name + " begins it anew";
  return {};
}

void Supervised::take(const LifeEvent& event, Moment now) {
  const Lifecycle before = life_;
  uint64_t dice = 0;
  bench_.world.random(&dice, sizeof dice);
  Step step = next_step(life_, event, lifecycle_plan_, now, dice);
  life_ = std::move(step.life);
  if (life_.state != before.state) {
    // A dry run changes nothing about how it stands, and is told by itself.
    const bool dry = before.before_dry.has_value() || life_.before_dry.has_value();
    if (!dry) record_.since_ms = now.wall_ms;
    const Field fields[] = {{"was", std::string(state_name(before.state))}, {"why", reason(now)}};
    bench_.log.write(dry ? Level::kInfo : level_of_state(), Event::kInstanceState,
                     plan_.name + " is " + std::string(state_name(life_.state)), fields);
  }
  const bool changed = life_.state != before.state || life_.wanted != before.wanted ||
                       !(life_.due == before.due) || life_.attempts != before.attempts ||
                       !(life_.verify == before.verify) || !(life_.pause_due == before.pause_due) ||
                       event.schedule_changed;
  // What could not be kept before is tried again whenever something happens, at a person's word
  // too.
  if (changed || !unkept_.empty())
    keep_record(now, life_.wanted != before.wanted ? Durable::kYes : Durable::kNo);
  for (const Action action : step.actions) perform(action, now);
}

void Supervised::perform(Action action, Moment now) {
  switch (action) {
    case Action::kSpawn: {
      auto worker = launch(/*standby=*/false, now);
      if (worker) {
        worker_ = worker.take();
        worker_digest_ = plugin()->plugin.digest;
        progress_ = Json();
        if (!life_.before_dry) note_.clear();
        keep_record(now, Durable::kNo);
        return;
      }
      if (!life_.before_dry) note_ = worker.error().message;
      bench_.log.error(Event::kWorkerStarted, plan_.name + ": " + worker.error().message);
      const bool for_a_person = worker.error().status == Status::kConfig;
      return take({.kind = LifeEvent::Kind::kEnded,
                   .outcome = for_a_person ? Outcome::kAttention : Outcome::kTransient},
                  now);
    }
    case Action::kSpawnSuccessor: {
      auto worker = launch(/*standby=*/true, now);
      if (worker) {
        successor_ = worker.take();
        successor_digest_ = plugin()->plugin.digest;
        successor_ready_ = false;
        return;
      }
      bench_.log.error(Event::kWorkerStarted, plan_.name + ": " + worker.error().message);
      return take({.kind = LifeEvent::Kind::kSuccessorEnded}, now);
    }
    case Action::kPromote:
      worker_ = std::exchange(successor_, std::nullopt);
      worker_digest_ = std::exchange(successor_digest_, std::string());
      keep_record(now, Durable::kNo);
      if (std::exchange(successor_ready_, false)) take({.kind = LifeEvent::Kind::kReady}, now);
      return;
    case Action::kDropSuccessor:
      if (!successor_) return;
      successor_->kill();  // it holds nothing yet
      dropped_.push_back(*std::exchange(successor_, std::nullopt));
      return;
    case Action::kCancel:
      if (!worker_) return;
      if (life_.overdue) worker_->set_overdue();
      return worker_->signal(SIGTERM);
    case Action::kTerminate:
      if (worker_) worker_->signal(SIGTERM);
      return;
    case Action::kKill:
      if (worker_) worker_->kill();
      return;
    case Action::kSpawnVerify:
      return begin_verification(now);
    case Action::kCancelVerify:
      if (!verifier_) return;
      if (life_.verify.overdue) verifier_->set_overdue();
      return verifier_->signal(SIGTERM);
    case Action::kKillVerify:
      if (verifier_) verifier_->kill();
      return;
  }
}

Result<WorkerProcess> Supervised::launch(bool standby, Moment now) {
  TQ_ASSIGN(Assignment out, assignment(now));
  if (life_.full) out.flags |= TQP_RUN_FULL;
  if (life_.adopt) out.flags |= TQP_RUN_ADOPT;
  if (life_.dry) out.flags |= TQP_RUN_DRY;
  out.listen = lifecycle_plan_.listener;
  out.standby = standby;
  return WorkerProcess::start(out, bench_.shim);
}

// What every worker of this instance is told.
Result<Assignment> Supervised::assignment(Moment now) const {
  TQ_TRY(bench_.plugins.renew_copy(plan_.plugin, /*damaged=*/false, now));
  const TakenPlugin* const found = plugin();
  if (found == nullptr) return Error{Status::kTransient, "its plugin " + plan_.plugin + " is gone"};
  Assignment out;
  out.instance = plan_.name;
  out.sources = bench_.sources;
  out.plugin_copy = found->copy;
  out.plugin_digest = found->plugin.digest;
  out.plugin_manifest = dump_json(found->plugin.manifest.json);
  out.schema = found->plugin.schema;
  out.log_level = bench_.log_level;
  out.log_json = bench_.log_json;
  out.memory_mb = bench_.host.memory_mb;
  return out;
}

void Supervised::add_to(std::vector<pollfd>& fds) const {
  for (const auto* one : {&worker_, &successor_, &verifier_})
    if (*one) (*one)->add_to(fds);
  for (const WorkerProcess& one : dropped_) one.add_to(fds);
}

void Supervised::attend(Moment now) {
  if (worker_) {
    const pid_t shim = worker_->shim_pid();
    const auto hear_it = [&](const Json& line) { hear(line, false, now); };
    worker_->take_lines(hear_it);
    // What it said may have put another in its place.
    if (worker_ && worker_->shim_pid() == shim && worker_->reap(hear_it)) worker_ended(now);
    if (worker_ && worker_->pid() != record_.worker_pid) keep_record(now, Durable::kNo);
  }
  if (successor_) {
    const pid_t shim = successor_->shim_pid();
    const auto hear_it = [&](const Json& line) { hear(line, true, now); };
    successor_->take_lines(hear_it);
    if (successor_ && successor_->shim_pid() == shim && successor_->reap(hear_it))
      successor_ended(now);
  }
  attend_dropped();
  attend_verification(now);
}

void Supervised::hear(const Json& line, bool from_successor, Moment now) {
  // Whatever a plugin writes there itself, only this much is kept.
  if (const auto progress = line.find("progress"); progress != line.end() && progress->is_object())
    progress_ = {{"done", number_at<uint64_t>(*progress, "done")},
                 {"total", number_at<uint64_t>(*progress, "total")},
                 {"text", text_at(*progress, "text")}};
  if (text_at(line, "plugin") == stage_name(PluginStage::kCreated))
    bench_.plugins.started(plan_.plugin, from_successor ? successor_digest_ : worker_digest_, now);
  // The old worker frees the lease a moment before its process is gone.
  if (line.contains("ready") && from_successor) successor_ready_ = true;
  if (line.contains("ready") && !from_successor) take({.kind = LifeEvent::Kind::kReady}, now);
  if (line.contains("standby") && from_successor) take({.kind = LifeEvent::Kind::kStandby}, now);
}

void Supervised::worker_ended(Moment now) {
  const WorkerEnd end = worker_->end();
  worker_.reset();
  tell_remains(end);
  const Outcome outcome = outcome_of(end);
  const bool asked = life_.state == State::kDraining && !end.overdue;
  if (life_.before_dry) {
    log_dry_run(end, outcome);
    judge_file(end, worker_digest_, asked, now);
    return take({.kind = LifeEvent::Kind::kEnded, .outcome = outcome}, now);
  }
  note_ = end.note;
  if (end.exit() == Exit::kDeadLettered)
    bench_.log.warning(Event::kWorkerEnded, plan_.name + ": " + end.note);
  if (outcome == Outcome::kDied) {
    note_ = death_text(end, life_, lifecycle_plan_);
    note_death(end, end.overdue || life_.state != State::kDraining, now);
  }
  if (const auto closed = close_run_record(run_record_file(bench_.host.state_dir / plan_.name), end,
                                           note_, now.wall_ms);
      !closed)
    bench_.log.warning(Event::kWorkerEnded, closed.error().message);
  judge_file(end, worker_digest_, asked, now);
  take({.kind = LifeEvent::Kind::kEnded, .outcome = outcome, .retry_after_ms = end.retry_after_ms},
       now);
}

// Whether the plugin's file is to blame for how its worker ended. `asked`: it was asked to end.
void Supervised::judge_file(const WorkerEnd& end, const std::string& digest, bool asked,
                            Moment now) {
  if (!asked && end.file_failed()) {
    bench_.plugins.could_not_start(plan_.plugin, digest, end.told(), now);
  } else if (end.stage == PluginStage::kLoading) {
    // Its copy may be damaged, or just have been deleted.
    static_cast<void>(bench_.plugins.renew_copy(plan_.plugin, /*damaged=*/true, now));
  }
}

// It leaves no record, and what the last run has left stays.
void Supervised::log_dry_run(const WorkerEnd& end, Outcome outcome) {
  std::string how = end.told();
  if (end.overdue) how = "it did not end in its time and was stopped: " + how;
  const bool well = outcome == Outcome::kDone || outcome == Outcome::kSwitchedOff ||
                    outcome == Outcome::kCancelled;
  bench_.log.write(well ? Level::kInfo : Level::kError, Event::kWorkerEnded,
                   plan_.name + ": the dry run that was asked for has ended: " + how,
                   std::initializer_list<Field>{});
}

void Supervised::look_at_others_runs(Moment now) {
  const bool stuck = life_.state == State::kNeedsAttention || life_.state == State::kBackingOff ||
                     life_.state == State::kFailed;
  if (!stuck || life_.unscheduled) return;
  const auto run = read_run_record(run_record_file(bench_.host.state_dir / plan_.name));
  if (!run || run->state != "done" || run->last_success_ms <= record_.since_ms) return;
  note_ = "the run " + run->run_id + ", which somebody else began, has ended well";
  take({.kind = LifeEvent::Kind::kSucceeded}, now);
}

void Supervised::successor_ended(Moment now) {
  const WorkerEnd end = successor_->end();
  successor_.reset();
  tell_remains(end);
  bench_.log.error(Event::kWorkerEnded,
                   plan_.name +
                       ": the new worker ended before it could take over; the old one "
                       "goes on: " +
                       (end.reported ? end.note : "it " + end.how()));
  judge_file(end, successor_digest_, /*asked=*/false, now);
  take({.kind = LifeEvent::Kind::kSuccessorEnded}, now);
}

void Supervised::attend_dropped() {
  std::erase_if(dropped_, [](WorkerProcess& one) {
    const auto ignore = [](const Json&) {};
    one.take_lines(ignore);
    return one.reap(ignore);
  });
}

void Supervised::tell_remains(const WorkerEnd& end) {
  if (end.left_behind > 0)
    bench_.log.warning(Event::kWorkerEnded,
                       plan_.name + ": processes that its worker had left behind were ended",
                       {{"count", std::to_string(end.left_behind)}});
  if (end.unended > 0)
    bench_.log.error(Event::kWorkerEnded,
                     plan_.name +
                         ": processes of its worker cannot be ended, they hang in the "
                         "kernel; look for a disk or network file system that is away",
                     {{"count", std::to_string(end.unended)}});
}

void Supervised::note_death(const WorkerEnd& end, bool counted, Moment now) {
  Death death = death_of(end, bench_.host.log_dir / (plan_.name + ".log"), RealWorld().mono_ms());
  death.at_ms = now.wall_ms;
  death.counted = counted;
  death.how = note_;
  if (const TakenPlugin* const found = plugin())
    death.plugin = found->plugin.manifest.id + " " + found->plugin.manifest.version;
  bench_.log.error(Event::kWorkerDied, plan_.name + ": " + note_,
                   {{"call", death.call.empty() ? "none" : death.call},
                    {"call_ms", std::to_string(death.call_ms)}});
  if (!end.last_words.empty())
    bench_.log.error(Event::kWorkerDied, plan_.name + ": " + end.last_words);
  record_.deaths.push_back(std::move(death));
  if (record_.deaths.size() > InstanceRecord::kDeathsKept)
    record_.deaths.erase(record_.deaths.begin());
  keep_record(now, Durable::kYes);
}

void Supervised::look_for_hang(Moment now) {
  if (!worker_ || !lifecycle_plan_.listener || life_.state != State::kRunning) return;
  const CallInFlight call = worker_->call();
  // Inside a call it is the host that waits; every call has an end.
  if (!call.name.empty() || call.since_ms == 0) return;
  if (elapsed(call.since_ms, RealWorld().mono_ms()) > lifecycle_plan_.run_ms)
    take({.kind = LifeEvent::Kind::kHung}, now);
}

void Supervised::kill() {
  if (worker_) worker_->kill();
  if (successor_) successor_->kill();
  if (verifier_) verifier_->kill();
}

}  // namespace tq
