// SPDX-License-Identifier: Apache-2.0
// What the last run, the state and the schedule of an instance tell of how it stands.
#include <algorithm>
#include <array>
#include <chrono>

#include "cli/standing.hpp"
#include "core/text.hpp"
#include "core/world.hpp"
#include "schedule/schedule.hpp"
#include "worker/layout.hpp"
#include "worker/threatq_link.hpp"

namespace tq {
namespace {

constexpr int64_t kStaleIntervals = 3;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;

bool failed(const std::string& run_state) {
  constexpr std::array kFailed = {"failed", "needs_attention", "died"};
  return std::find(kFailed.begin(), kFailed.end(), run_state) != kFailed.end();
}

bool supervised(const Standing& standing) { return standing.live.is_object(); }

bool wanted(const Standing& standing) {
  return !supervised(standing) || text_at(standing.live, "wanted") == "runs";
}

// A run is on its way, by whomever.
bool at_work(const Standing& standing) {
  return standing.state == "running" || standing.state == "starting" ||
         standing.state == "draining";
}

std::string run_by_hand(const InstanceConfig& instance, const Standing& standing) {
  return "tqhost " + std::string(supervised(standing) ? "trigger " : "run-once ") + instance.name;
}

std::string trouble_of(const RunRecord& run, const std::string& state) {
  if (state == "died" && run.state == "running")
    return "process " + std::to_string(run.pid) +
           " is gone and left no word; the next run goes on where it was";
  return run.error_message.empty() ? "its last run " + state : run.error_message;
}

// What cannot be read is no sign that nothing is wrong.
void read_run(const HostConfig& config, const InstanceConfig& instance, Standing& standing) {
  const auto file = run_record_file(config, instance.name);
  auto run = read_run_record(file);
  if (run) {
    standing.run = run.take();
    return;
  }
  std::error_code error;
  if (std::filesystem::exists(file, error) || error)
    standing.add("how its last run went cannot be read: " + run.error().message,
                 "run the command as the user that runs tqhost; a damaged record is replaced by "
                 "the next run");
}

void judge_dead_letters(const InstanceConfig& instance, Standing& standing) {
  if (!standing.run || standing.run->state != "done" || standing.dead_letters == 0) return;
  const auto rejected = standing.run->counts.find("rejected");
  if (rejected == standing.run->counts.end() || rejected->second == 0) return;
  standing.add("the remote refused " + std::to_string(rejected->second) +
                   (rejected->second == 1 ? " item" : " items") + " of the last run",
               "tqhost deadletter ls " + instance.name +
                   " shows why; retry offers them again, drop forgets them");
}

// How old the last success may be; 0: nobody can tell.
int64_t oldest_ms(const Standing& standing, int64_t now_ms) {
  const auto schedule = Schedule::parse(standing.schedule);
  if (!schedule) return 0;
  if (schedule->continuous()) return kDayMs;
  return kStaleIntervals * static_cast<int64_t>(schedule->interval_ms({now_ms, 0}));
}

// Since when it could have run: as far as the records go back, else since it was configured.
int64_t known_since_ms(const InstanceConfig& instance, const Standing& standing) {
  if (standing.run && !standing.run->earlier.empty())
    return standing.run->earlier.front().started_ms;
  if (standing.run) return standing.run->started_ms;
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(instance.file, error);
  if (error) return 0;
  const auto wall = std::chrono::file_clock::to_sys(changed).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
}

std::string schedule_note(const Standing& standing) {
  return "its schedule is " + standing.schedule +
         (standing.plugins_own_schedule ? ", the plugin's own" : "") +
         (supervised(standing) ? "" : ", and no supervisor keeps it");
}

std::string who_runs_it(const InstanceConfig& instance, const Standing& standing) {
  return supervised(standing)
             ? "tqhost logs " + instance.name + "; a run now: " + run_by_hand(instance, standing)
             : "look at whatever is to start it: cron, or tqhost run-forever; a run now: " +
                   run_by_hand(instance, standing);
}

void judge_never_succeeded(const InstanceConfig& instance, Standing& standing, int64_t now_ms) {
  const int64_t bound_ms = oldest_ms(standing, now_ms);
  const int64_t since_ms = known_since_ms(instance, standing);
  const int64_t age_ms = since_ms == 0 ? 0 : now_ms - since_ms;
  const bool old = bound_ms > 0 && age_ms > bound_ms;
  const bool ended = standing.run && !at_work(standing);
  if (!ended && !old) return;
  std::string what = standing.run ? "no run has ever succeeded; the first that is known of began "
                                  : "it never ran; it was configured ";
  what += duration_for_people(age_ms) + " ago";
  standing.add(standing.schedule.empty() ? what : what + "; " + schedule_note(standing),
               who_runs_it(instance, standing));
}

// A run that is tried again has not succeeded yet.
void judge_retry(const InstanceConfig& instance, Standing& standing, const std::string& state) {
  const bool begins = standing.state == "starting" || standing.state == "running";
  if (!standing.run || !begins || standing.listener) return;
  const auto& earlier = standing.run->earlier;
  const std::string todo = "wait for its end; tqhost logs " + instance.name + " shows what it does";
  if (failed(state)) {
    standing.add("it is tried again just now; before: " + trouble_of(*standing.run, state), todo);
  } else if (state == "running" && !earlier.empty() && failed(earlier.back().state)) {
    standing.add("it is tried again just now; the run before " + earlier.back().state, todo);
  }
}

}  // namespace

void judge_run(const HostConfig& config, const InstanceConfig& instance, Standing& standing) {
  read_run(config, instance, standing);
  const auto file = run_record_file(config, instance.name);
  standing.unrecorded_ms = unrecorded_ms(file);
  standing.state = standing.run ? standing.run->state : "never ran";
  if (standing.state == "running" && !is_alive(standing.run->pid)) standing.state = "died";
  const std::string state = standing.state;
  if (supervised(standing)) standing.state = text_at(standing.live, "state");
  if (standing.unrecorded_ms != 0)
    standing.add("a run of " + format_time_utc(standing.unrecorded_ms) +
                     " could not write how it went into " + file.string(),
                 "make room on that disk (df -h " + file.parent_path().string() +
                     "); then: " + run_by_hand(instance, standing));
  if (state == "disabled") standing.add("switched off in ThreatQ", {}, false);
  judge_retry(instance, standing, state);
  if (!failed(state)) return;
  // The supervisor tells it itself, or begins another one just now.
  if (supervised(standing) && standing.state != "waiting" && standing.state != "disabled") return;
  standing.add(trouble_of(*standing.run, state),
               "tqhost logs " + instance.name +
                   " shows what led to it; when it is mended: " + run_by_hand(instance, standing),
               wanted(standing));
}

void judge_state_file(const HostConfig& config, const InstanceConfig& instance,
                      Standing& standing) {
  StoreOptions options;
  options.file = state_file(config, instance.name);
  options.instance = instance.name;
  options.schema = INT64_MAX;  // whatever the plugin keeps there, nobody reads it here
  options.read_only = options.missing_is_empty = true;
  options.raise_schema = false;
  const auto store = Store::open(options);
  if (!store) {
    if (store.error().status == Status::kTransient || store.error().status == Status::kLimited)
      return;  // a worker is at it
    return standing.add("its state cannot be read: " + store.error().message,
                        "tqhost state --help says what can be done");
  }
  standing.relearn = (*store)->relearn();
  if (const auto letters = (*store)->count_dead_letters()) standing.dead_letters = *letters;
  judge_dead_letters(instance, standing);
}

void judge_certificates(const HostConfig& config, const InstanceConfig& instance,
                        Standing& standing) {
  const std::string todo = "have the certificates verified: name the CA that signed them instead";
  if (instance.threatq)
    if (std::string note = threatq_unverified(config, *instance.threatq); !note.empty())
      standing.add(std::move(note), todo, false);
  if (!standing.run) return;
  for (const std::string& note : standing.run->notes)
    standing.add("as of its last run, " + note, todo, false);
}

// An old success is as bad as a failure, and is nobody's message. Without a schedule nobody knows
// how old it may be; of what a person has stopped, and what is switched off, none is expected.
void judge_age(const InstanceConfig& instance, Standing& standing, int64_t now_ms) {
  const bool switched_off = standing.run && standing.run->state == "disabled";
  if (switched_off || standing.listener || !wanted(standing) || !standing.well) return;
  if (!standing.run || standing.run->last_success_ms == 0)
    return judge_never_succeeded(instance, standing, now_ms);
  const int64_t bound_ms = oldest_ms(standing, now_ms);
  const int64_t age_ms = now_ms - standing.run->last_success_ms;
  if (bound_ms == 0 || age_ms <= bound_ms) return;
  standing.add(
      "no run has succeeded for " + duration_for_people(age_ms) + "; " + schedule_note(standing),
      who_runs_it(instance, standing));
}

}  // namespace tq
