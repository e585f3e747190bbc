// SPDX-License-Identifier: Apache-2.0
// Lifecycle: how an instance lives under the supervisor, as one pure function from where it stands,
// what happened and when, to where it stands next and what is to be done. No clock, no process, no
// file: the supervisor has those. Values; any thread.
//
// What is wanted and what is are kept apart: `Wanted` is a person's word and survives a restart,
// `enabled` is the configuration's, `State` is what goes on. Being up (kStarting) and being ready
// (kRunning) are kept apart: a job is ready when it holds the lease, a listener when it says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/moment.hpp"
#include "schedule/schedule.hpp"
#include "schedule/verify_schedule.hpp"

namespace tq {

enum class State {
  kWaiting,         // for its time, or for a trigger
  kStarting,        // a worker was spawned and is not ready yet
  kRunning,         // a job works, a listener listens
  kNeedsAttention,  // a person must act; looked at again at the next time of the schedule, if any
  kBackingOff,      // something failed that may pass by itself
  kFailed,          // died too often; nothing before a person acts or its plugin changes
  kDisabled,        // not wanted: disabled, stopped, or its plugin is not there
  kDraining,        // its worker was asked to end
};

std::string_view state_name(State state);  // "waiting", "needs_attention", ...

enum class Wanted { kRuns, kPaused, kStopped };  // kPaused: what runs goes on, nothing new begins

std::string_view wanted_name(Wanted wanted);
Wanted wanted_from(std::string_view name);  // anything unknown: kRuns

// What the configuration and the plugin say.
struct Plan {
  bool enabled = true;
  bool plugin_there = true;
  bool listener = false;  // a resident worker; the schedule then plays no role
  Schedule schedule;
  bool schedule_readable = true;   // false: what is written there is no schedule; then it is never
  std::string name;                // for the schedule's offset
  uint64_t run_ms = 120 * 60'000;  // the longest run of a job
  uint64_t deaths = 5;             // so many within the window, and it is kFailed
  uint64_t window_ms = 10 * 60'000;
  uint64_t drain_ms = 30'000;  // from the cancel to TERM
  uint64_t verify_ms = 0;      // from one verification to the next; 0: it is not verified
};

// A listener that has not said by then that it listens is taken for hung.
constexpr uint64_t kListenerReadyMs = 5 * 60'000;

// How a worker ended.
enum class Outcome {
  kDone,         // also with dead letters
  kSwitchedOff,  // in ThreatQ
  kCancelled,    // as it was asked
  kTransient,    // E_TRANSIENT, E_LIMITED: may pass by itself
  kAttention,    // E_CONFIG, E_AUTH, E_DENIED, E_UNSUPPORTED, E_DATA: a person must act
  kBusy,         // another process runs this instance
  kDied,         // signal, exit without a word, E_BUG, overdue
};

struct LifeEvent {
  enum class Kind {
    kTick,            // time has passed
    kPlanned,         // first, and whenever the plan, the settings or the plugin have changed
    kReady,           // the worker is ready
    kStandby,         // the successor of a listener waits for the lease
    kHung,            // a listener has made no call for longer than the longest run
    kEnded,           // the worker, with `outcome`; also when it could not be started
    kSuccessorEnded,  // the successor, before or while it stood by
    kStart,
    kStop,
    kRestart,
    kTrigger,
    kPause,        // a person's word
    kSucceeded,    // a run that somebody else began has done its work
    kShutDown,     // the supervisor ends
    kVerifyEnded,  // the verification, as `verify_end` says
  };

  Kind kind = Kind::kTick;
  Outcome outcome = Outcome::kDone;  // of kEnded
  uint64_t retry_after_ms = 0;       // of kEnded with kTransient: what the remote asked for
  bool full = false;                 // of kTrigger: passes the delete brake on
  bool adopt = false;                // of kTrigger: takes over what has the name at the remote
  bool dry = false;                  // of kTrigger: shows what it would do
  uint64_t pause_ms = 0;             // of kPause: how long; 0: until a person says start
  bool settings_changed = false;     // of kPlanned: a listener's worker has to be replaced
  bool schedule_changed = false;     // of kPlanned
  bool plugin_changed = false;       // of kPlanned: the file is another one
  bool verify = true;                // of kTick: a verification may begin
  VerifyEnd verify_end = VerifyEnd::kCompared;  // of kVerifyEnded
};

enum class Action {
  kSpawn,           // a worker
  kSpawnSuccessor,  // of a listener, to stand by
  kPromote,         // the successor is the worker now; the old one has ended
  kDropSuccessor,   // end it: it is not needed any more
  kCancel,          // ask the worker to stop (SIGTERM, which cancels)
  kTerminate,       // tell it to: it reports what it was doing, and ends at once
  kKill,            // SIGKILL, the whole process group
  kSpawnVerify,     // a worker that verifies, beside which no run goes on
  kCancelVerify,    // ask it to stop
  kKillVerify,
};

// What a dry run, which changes nothing about how an instance stands, leaves as it was.
struct BeforeDryRun {
  State state = State::kWaiting;
  Due due;
  LastStart last_start;
};

// Where an instance stands.
struct Lifecycle {
  State state = State::kDisabled;
  Wanted wanted = Wanted::kRuns;
  Due due;                // when the state is left by itself; what comes then depends on it
  uint64_t attempts = 0;  // failures in a row, for the backoff
  std::vector<int64_t> deaths_ms;  // wall times, oldest first, those within the window
  LastStart last_start;
  bool ready_once = false;  // this worker was ready
  bool overdue = false;     // this worker was ended because its time was over
  bool successor = false;   // one was spawned and has not ended
  bool again = false;       // when the worker has ended, the next one begins at once
  bool full = false, adopt = false, dry = false;  // of the run that begins next, or goes on
  std::optional<BeforeDryRun> before_dry{};       // what goes on, or waits to begin, is a dry run
  bool unscheduled = false;  // kNeedsAttention only because its schedule cannot be read
  Due pause_due;             // when a pause ends by itself
  uint64_t pause_ms = 0;     // how long that pause was to be; 0: until a person says start
  int pressed = 0;           // while draining: 0 cancelled, 1 told to end, 2 killed
  bool shut_down = false;    // the supervisor ends: nothing begins any more
  VerifyState verify;

  bool has_worker() const {
    return state == State::kStarting || state == State::kRunning || state == State::kDraining;
  }
};

struct Step {
  Lifecycle life;
  std::vector<Action> actions;
};

// Whether a run may begin, whatever the time: what `trigger` needs.
bool may_run(const Lifecycle& life, const Plan& plan);

// Whether a verification may begin, whatever the time.
bool may_verify(const Lifecycle& life, const Plan& plan);

// When something is to be looked at next. `verify`: also when a verification is due.
Due next_due(const Lifecycle& life, const Plan& plan, bool verify);

// `dice`: a random number, for jitter; all of 64 bits.
Step next_step(const Lifecycle& life, const LifeEvent& event, const Plan& plan, Moment now,
               uint64_t dice);

}  // namespace tq
