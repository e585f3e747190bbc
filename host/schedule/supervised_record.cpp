// SPDX-License-Identifier: Apache-2.0
// How an instance stands: taken up from the record of an earlier supervisor, kept, and told.
#include <algorithm>

#include "core/saturating.hpp"
#include "core/text.hpp"
#include "schedule/supervised.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

// Records of an older tqhost have the reason only, which was made of the note.
std::string note_of(const InstanceRecord& record) {
  if (!record.note.empty()) return record.note;
  if (record.state == state_name(State::kFailed))
    return record.deaths.empty() ? std::string() : record.deaths.back().how;
  const bool noted = record.state == state_name(State::kNeedsAttention) ||
                     record.state == state_name(State::kBackingOff);
  return noted && !record.unscheduled ? record.reason : std::string();
}

}  // namespace

// The wall clock may have been set meanwhile: a pause lasts no longer than it was to.
void Supervised::resume_pause(Moment now) {
  if (life_.wanted != Wanted::kPaused || record_.pause_ms == 0) return;
  const int64_t left_ms = std::max<int64_t>(0, record_.pause_until_ms - now.wall_ms);
  life_.pause_ms = record_.pause_ms;
  life_.pause_due = Due::in(std::min(static_cast<uint64_t>(left_ms), record_.pause_ms), now);
}

void Supervised::resume(Moment now) {
  const auto folder = bench_.host.state_dir / plan_.name;
  auto record = read_instance_record(instance_record_file(folder));
  if (!record) return;
  record_ = record.take();
  life_.wanted = wanted_from(record_.wanted);
  life_.attempts = record_.attempts;
  resume_pause(now);
  life_.last_start.wall_ms = record_.last_start_ms;
  for (const Death& death : record_.deaths)
    if (death.counted) life_.deaths_ms.push_back(death.at_ms);
  worker_digest_ = record_.plugin_digest;
  note_ = note_of(record_);
  if (record_.state == state_name(State::kFailed)) {
    life_.state = State::kFailed;
    life_.due = life_.pause_due;
  }
  if (record_.state == state_name(State::kBackingOff)) {
    life_.state = State::kBackingOff;
    life_.due = {std::min(record_.next_ms, later(now.wall_ms, 15 * 60'000)), Due::kNeverMono};
  }
  // What needed attention is looked at again: whoever restarts the host may have mended it.
  const bool runs = life_.wanted == Wanted::kRuns;
  life_.again =
      record_.state == state_name(State::kStarting) ||
      record_.state == state_name(State::kRunning) || record_.verify_run_waits ||
      (record_.state == state_name(State::kNeedsAttention) && runs && !record_.unscheduled) ||
      (record_.state == state_name(State::kDraining) && runs);
  life_.full = life_.again && record_.full;
  life_.adopt = life_.again && record_.adopt;
  uint64_t dice = 0;
  bench_.world.random(&dice, sizeof dice);
  life_.verify = resumed_verify_state(record_.verify_next_ms, record_.verify_since_ms, now, dice);
  life_.verify.period_ms = record_.verify_period_ms;
}

void Supervised::keep_record(Moment now, Durable durable) {
  record_.instance = plan_.name;
  record_.plugin = plan_.plugin;
  // A dry run is not begun again by the next supervisor.
  const BeforeDryRun stands =
      life_.before_dry.value_or(BeforeDryRun{life_.state, life_.due, life_.last_start});
  const bool at_work = !life_.before_dry && life_.has_worker();
  record_.state = state_name(stands.state);
  record_.wanted = wanted_name(life_.wanted);
  record_.pause_until_ms = life_.pause_due.for_people(now);
  record_.pause_ms = life_.pause_ms;
  record_.unscheduled = life_.unscheduled;
  record_.full = life_.full && !life_.dry;
  record_.adopt = life_.adopt && !life_.dry;
  record_.next_ms = at_work ? 0 : stands.due.for_people(now);
  record_.last_start_ms = stands.last_start.wall_ms;
  record_.attempts = life_.attempts;
  record_.worker_pid = worker_ ? worker_->pid() : 0;
  record_.verify_since_ms = life_.verify.since_ms;
  // One that is cut off is made up for.
  record_.verify_next_ms = life_.verify.up ? now.wall_ms : life_.verify.due.for_people(now);
  record_.verify_pid = verifier_ ? verifier_->pid() : 0;
  record_.verify_period_ms = life_.verify.period_ms;
  record_.verify_run_waits = life_.verify.run_waits && !life_.dry;
  record_.plugin_digest = worker_digest_;
  record_.note = note_;
  record_.reason = reason(now);
  if (bench_.lost) return;
  const auto folder = bench_.host.state_dir / plan_.name;
  std::error_code error;
  // `instance remove` has removed its folder; nothing is to be left of it.
  if (!planned_ && !std::filesystem::exists(folder, error)) return;
  // A person's word survives whatever comes: as long as it is other than usual, and until it is
  // kept, no lighter way will do.
  if (life_.wanted != Wanted::kRuns || !unkept_.empty()) durable = Durable::kYes;
  auto kept = make_last_folder(folder);
  if (kept) kept = write_instance_record(instance_record_file(folder), record_, durable);
  if (!kept)
    bench_.log.warning(Event::kInstanceState,
                       "how " + plan_.name + " stands cannot be kept: " + kept.error().message);
  if (kept) unkept_.clear();
  if (!kept && durable == Durable::kYes) unkept_ = unkept_because(kept.error());
}

// What becomes of a person's word with the next supervisor, which finds the record of before.
std::string Supervised::unkept_because(const Error& error) const {
  const char* const then = life_.wanted == Wanted::kRuns
                               ? "after a restart of the supervisor it may be as it was before"
                               : "after a restart of the supervisor it will run again";
  return "that could not be written: " + error.message + "; " + then;
}

// What needs a person is an error; what may pass by itself, but does not go on as it should, a
// warning.
Level Supervised::level_of_state() const {
  switch (life_.state) {
    case State::kFailed:
    case State::kNeedsAttention:
      return Level::kError;
    case State::kBackingOff:
      return Level::kWarning;
    case State::kDisabled:
      return planned_ && plan_.enabled && life_.wanted != Wanted::kStopped &&
                     !lifecycle_plan_.plugin_there
                 ? Level::kError
                 : Level::kInfo;
    case State::kWaiting:
    case State::kStarting:
    case State::kRunning:
    case State::kDraining:
      return Level::kInfo;
  }
  return Level::kInfo;
}

// Of its next run: the end of a pause, which is due as well, is none.
int64_t Supervised::next_ms(Moment now) const {
  return life_.has_worker() || life_.wanted == Wanted::kPaused ? 0 : life_.due.for_people(now);
}

Json Supervised::status(Moment now) const {
  const auto time_of = [](int64_t ms) {
    return ms == 0 ? Json(nullptr) : Json(format_time_utc(ms));
  };
  return {{"instance", plan_.name},
          {"plugin", plan_.plugin},
          {"state", state_name(life_.state)},
          {"wanted", wanted_name(life_.wanted)},
          {"since", time_of(record_.since_ms)},
          {"next", time_of(next_ms(now))},
          {"paused_until", time_of(life_.pause_due.for_people(now))},
          {"schedule", lifecycle_plan_.schedule.text()},
          {"reason", reason(now)},
          {"unscheduled", life_.unscheduled},
          {"dry_run", life_.before_dry.has_value() && life_.has_worker()},
          {"pid", worker_ ? worker_->pid() : 0},
          {"watched", worker_ ? Json(worker_->watched()) : Json(nullptr)},
          {"progress", life_.has_worker() ? progress_ : Json(nullptr)},
          {"verify",
           life_.verify.since_ms == 0
               ? Json(nullptr)
               : Json{{"since", time_of(life_.verify.since_ms)},
                      {"next", time_of(life_.verify.up ? 0 : life_.verify.due.for_people(now))},
                      {"pid", verifier_ ? verifier_->pid() : 0}}}};
}

}  // namespace tq
