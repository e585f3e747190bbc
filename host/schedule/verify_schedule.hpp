// SPDX-License-Identifier: Apache-2.0
// VerifyState: when an instance is verified by itself, as a pure decision beside its lifecycle: it
// changes neither the schedule of the runs nor what their failures have led to. Values; any thread.
//
// The policy, in one place:
// - Once a period at a random time: the next one is a period after the last, give or take a part of
//   it, and is kept over a restart. The first comes at a random time within the first period.
// - What was missed because nothing ran is made up for by one, at a random time within an hour.
// - It begins only while the instance waits for its time. A run that becomes due meanwhile waits
//   for its end.
// - One that failed, or found the instance switched off, is tried again after a seventh to two
//   sevenths of the period; one that found the instance in use, or was asked to end, after 10 to 20
//   minutes.
// - How long it was not verified is counted anew after it was paused, stopped or switched off, and
//   when the period is another one.
#pragma once

#include <cstdint>

#include "schedule/moment.hpp"
#include "schema/config.hpp"

namespace tq {

uint64_t verify_period_ms(VerifyEvery every);  // 0: never

struct VerifyState {
  Due due;                 // of the next one; while one goes on: when it is ended
  int64_t since_ms = 0;    // wall time since when it is to be verified; 0: it is not
  uint64_t period_ms = 0;  // that `since_ms` is of; 0: not known
  bool up = false;         // one goes on
  bool overdue = false;    // it was asked to end because its time was over
  bool asked = false;      // it was asked to end
  bool run_waits = false;  // a run begins when it has ended

  bool operator==(const VerifyState&) const = default;
};

// What it goes by, of the configuration, the plugin and the lifecycle.
struct VerifyTerms {
  uint64_t period_ms = 0;    // 0: not verified
  bool plugin_there = true;  // without it nobody knows whether it can be verified
  bool wanted = true;        // the instance may run; else one that goes on is asked to end
  bool expected = true;      // and it is not paused: one is to come by itself
  bool may_begin = true;     // it waits, nothing else goes on, and not too many others are verified
  uint64_t longest_ms = 0;   // of one verification
  uint64_t drain_ms = 0;     // from the request to end to the kill
};

enum class VerifyAction { kNone, kSpawn, kCancel, kKill };

// Whenever anything has happened or time has passed. `dice`: a random number, all of 64 bits.
VerifyAction next_verify_step(VerifyState& state, const VerifyTerms& terms, Moment now,
                              uint64_t dice);

enum class VerifyEnd {
  kCompared,  // also when nothing was to be compared
  kFailed,    // also when its worker died
  kDisabled,  // in ThreatQ or the configuration: nothing was compared
  kPutOff,    // the instance was in use, or it was asked to end
};

void verification_ended(VerifyState& state, VerifyEnd end, uint64_t period_ms, Moment now,
                        uint64_t dice);

// Goes on from what an earlier supervisor kept: 0: nothing.
VerifyState resumed_verify_state(int64_t next_ms, int64_t since_ms, Moment now, uint64_t dice);

}  // namespace tq
