// SPDX-License-Identifier: Apache-2.0
#include "schedule/verify_schedule.hpp"

#include <algorithm>

#include "core/saturating.hpp"

namespace tq {
namespace {

constexpr uint64_t kHourMs = 60 * 60'000;
constexpr uint64_t kDayMs = 24 * kHourMs;
constexpr uint64_t kPutOffMs = 10 * 60'000;
constexpr uint64_t kKillAgainMs = 5'000;

// By the wall clock, which goes on while nothing runs.
Due at(Moment now, uint64_t in_ms) { return {later(now.wall_ms, in_ms), Due::kNeverMono}; }

uint64_t within(uint64_t dice, uint64_t most_ms) {
  return most_ms == UINT64_MAX ? dice : dice % (most_ms + 1);
}

// A whole day, so that it comes at another hour each week; half of one for the daily ones.
uint64_t spread_ms(uint64_t period_ms) { return std::min(kDayMs, period_ms / 2); }

// One that lies further ahead was planned by a clock that was wrong, or for a longer period.
bool credible(const Due& due, uint64_t period_ms, Moment now) {
  const uint64_t most_ms = saturating_add(period_ms, spread_ms(period_ms));
  return !due.never() && elapsed(now.wall_ms, due.wall_ms) <= most_ms;
}

VerifyAction press(VerifyState& state, const VerifyTerms& terms, Moment now) {
  if (!state.asked && (!terms.wanted || terms.period_ms == 0)) {
    state.asked = true;
    state.due = Due::in(terms.drain_ms, now);
    return VerifyAction::kCancel;
  }
  if (!state.due.reached(now)) return VerifyAction::kNone;
  if (state.asked) {
    state.due = Due::in(kKillAgainMs, now);
    return VerifyAction::kKill;
  }
  state.asked = state.overdue = true;
  state.due = Due::in(terms.drain_ms, now);
  return VerifyAction::kCancel;
}

}  // namespace

uint64_t verify_period_ms(VerifyEvery every) {
  switch (every) {
    case VerifyEvery::kWeek:
      return 7 * kDayMs;
    case VerifyEvery::kDay:
      return kDayMs;
    case VerifyEvery::kNever:
      break;
  }
  return 0;
}

VerifyAction next_verify_step(VerifyState& state, const VerifyTerms& terms, Moment now,
                              uint64_t dice) {
  if (state.up) return press(state, terms, now);
  if (!terms.plugin_there) return VerifyAction::kNone;
  if (terms.period_ms == 0) {
    state = VerifyState();
    return VerifyAction::kNone;
  }
  const bool anew = state.since_ms == 0 || state.since_ms > now.wall_ms ||
                    (state.period_ms != 0 && state.period_ms != terms.period_ms);
  if (anew) state.since_ms = now.wall_ms;
  if (!terms.expected) state.since_ms = 0;
  state.period_ms = terms.period_ms;
  if (!credible(state.due, terms.period_ms, now))
    state.due = at(now, within(dice, terms.period_ms));
  if (!terms.may_begin || !state.due.reached(now)) return VerifyAction::kNone;
  state.up = true;
  state.due = Due::in(terms.longest_ms, now);
  return VerifyAction::kSpawn;
}

void verification_ended(VerifyState& state, VerifyEnd end, uint64_t period_ms, Moment now,
                        uint64_t dice) {
  state.up = state.asked = state.overdue = false;
  switch (end) {
    case VerifyEnd::kCompared: {
      const uint64_t spread = spread_ms(period_ms);
      state.due = at(now, period_ms - spread / 2 + within(dice, spread));
      return;
    }
    case VerifyEnd::kDisabled:
      state.since_ms = now.wall_ms;  // nobody expected one until now
      [[fallthrough]];
    case VerifyEnd::kFailed:
      state.due = at(now, period_ms / 7 + within(dice, period_ms / 7));
      return;
    case VerifyEnd::kPutOff:
      state.due = at(now, kPutOffMs + within(dice, kPutOffMs));
      return;
  }
}

VerifyState resumed_verify_state(int64_t next_ms, int64_t since_ms, Moment now, uint64_t dice) {
  VerifyState state;
  state.since_ms = since_ms;
  if (next_ms == 0) return state;
  state.due =
      next_ms >= now.wall_ms ? Due{next_ms, Due::kNeverMono} : at(now, within(dice, kHourMs));
  return state;
}

}  // namespace tq
