// SPDX-License-Identifier: Apache-2.0
// Why an instance is in its state, and what to do: made when somebody asks, from what is known
// then.
#include "core/world.hpp"
#include "schedule/supervised.hpp"

namespace tq {

std::string Supervised::idle_reason() const {
  if (!planned_) return "no longer configured";
  if (!plan_.enabled) return "disabled in the configuration";
  if (life_.wanted == Wanted::kStopped) return "stopped; tqhost start " + plan_.name + " starts it";
  if (!lifecycle_plan_.plugin_there) {
    for (const RefusedFile& file : bench_.plugins.refused())
      if (file.file.stem() == plan_.plugin)
        return "its plugin was refused: " + file.file.string() + ": " + file.reason;
    return "its plugin " + plan_.plugin + " is not in " + bench_.host.plugins_dir.string();
  }
  return {};
}

std::string Supervised::paused_reason(Moment now) const {
  const int64_t until_ms = life_.pause_due.for_people(now);
  return "paused" + (until_ms == 0 ? std::string() : " until " + format_time_utc(until_ms)) +
         "; tqhost start " + plan_.name + " lets it run again";
}

std::string Supervised::note(Moment now) const {
  if (life_.wanted == Wanted::kPaused)
    return plan_.name + " is " + paused_reason(now) +
           (life_.has_worker() ? "; the run that goes on ends first" : "");
  return plan_.name + " is " + std::string(state_name(life_.state)) +
         (!life_.dry         ? ""
          : life_.before_dry ? ", with a dry run"
                             : "; a dry run begins when that has ended");
}

std::string Supervised::attention_reason() const {
  if (schedule_problem_.empty() || lifecycle_plan_.listener) return note_;
  const std::string problem = schedule_problem_ +
                              "; it never runs by itself until that is mended "
                              "and the configuration is read again: tqhost reload";
  return life_.unscheduled || note_.empty() ? problem : note_ + "; and " + problem;
}

// Why it is in this state, and what to do.
std::string Supervised::reason(Moment now) const {
  switch (life_.state) {
    case State::kDisabled:
      return idle_reason();
    case State::kWaiting:
      if (life_.wanted == Wanted::kPaused) return paused_reason(now);
      if (life_.verify.run_waits) return "it is verified just now; its run begins after that";
      if (lifecycle_plan_.schedule.never() && !lifecycle_plan_.listener)
        return "it has no schedule; tqhost trigger " + plan_.name + " runs it";
      return note_;
    case State::kFailed:
      return "its worker died " +
             (life_.deaths_ms.size() == 1 ? "once"
                                          : std::to_string(life_.deaths_ms.size()) + " times") +
             " within " + std::to_string(lifecycle_plan_.window_ms / 60'000) +
             " min, the last time: " + note_ +
             ". Look at its log, mend or replace the plugin, then: tqhost start " + plan_.name;
    case State::kNeedsAttention:
      return attention_reason();
    case State::kBackingOff:
      return note_;
    case State::kStarting:
    case State::kRunning:
      return {};
    case State::kDraining:
      return life_.overdue ? "it did not end in its time" : "it was asked to end";
  }
  return {};
}

}  // namespace tq
