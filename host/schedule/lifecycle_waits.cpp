// SPDX-License-Identifier: Apache-2.0
#include "schedule/lifecycle_waits.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/saturating.hpp"

namespace tq {
namespace {

constexpr uint64_t kFirstBackoffMs = 5'000;
constexpr uint64_t kMostBackoffMs = 15 * 60'000;
constexpr uint64_t kLeastBackoffMs = 1'000;
constexpr uint64_t kLookAgainMs = 15 * 60'000;  // a listener has no schedule to look again by

}  // namespace

bool may_run(const Lifecycle& life, const Plan& plan) {
  return plan.enabled && plan.plugin_there && life.wanted != Wanted::kStopped && !life.shut_down;
}

bool may_verify(const Lifecycle& life, const Plan& plan) {
  return plan.verify_ms > 0 && !plan.listener && may_run(life, plan) && !life.verify.up &&
         life.state == State::kWaiting && life.wanted == Wanted::kRuns;
}

Due next_due(const Lifecycle& life, const Plan& plan, bool verify) {
  if (!life.verify.up && !(verify && may_verify(life, plan))) return life.due;
  return {std::min(life.due.wall_ms, life.verify.due.wall_ms),
          std::min(life.due.mono_ms, life.verify.due.mono_ms)};
}

Due look_again(const Lifecycle& life, const Plan& plan, Moment now) {
  return plan.listener || plan.schedule.continuous()
             ? Due::in(kLookAgainMs, now)
             : plan.schedule.next(life.last_start, now, plan.name);
}

uint64_t next_backoff_ms(Lifecycle& life, const Plan& plan, Moment now, uint64_t dice,
                         uint64_t retry_after_ms) {
  // What has worked for a while begins again with the short waits.
  const uint64_t worked_ms = elapsed(life.last_start.mono_ms.value_or(now.mono_ms), now.mono_ms);
  if (life.ready_once && worked_ms >= plan.window_ms) life.attempts = 0;
  const uint64_t doublings = std::min<uint64_t>(life.attempts++, 16);
  const uint64_t bound_ms = std::min(kFirstBackoffMs << doublings, kMostBackoffMs);
  const uint64_t asked_ms = std::min(retry_after_ms, kMostBackoffMs);
  return std::max({dice % (bound_ms + 1), kLeastBackoffMs, asked_ms});
}

void note_death(Lifecycle& life, const Plan& plan, Moment now, bool asked) {
  const int64_t begin_ms = saturating_sub(now.wall_ms, to_signed(plan.window_ms));
  std::erase_if(life.deaths_ms,
                [&](int64_t at_ms) { return at_ms > now.wall_ms || at_ms <= begin_ms; });
  if (!asked) life.deaths_ms.push_back(now.wall_ms);
}

void want(Lifecycle& life, Wanted wanted, Moment now, uint64_t pause_ms) {
  life.wanted = wanted;
  life.pause_ms = pause_ms;
  life.pause_due = pause_ms == 0 ? Due() : Due::in(pause_ms, now);
}

BeforeDryRun before_dry_run(const Lifecycle& life) {
  if (life.has_worker()) return {State::kWaiting, Due(), life.last_start};
  return {life.state, life.due, life.last_start};
}

bool stand_as_before(Lifecycle& life, const Plan& plan, Moment now) {
  const BeforeDryRun before = *std::exchange(life.before_dry, std::nullopt);
  life.state = before.state;
  life.due = life.shut_down ? Due() : before.due;
  life.last_start = before.last_start;
  life.overdue = false;
  if (!may_run(life, plan) || life.wanted != Wanted::kRuns) return false;
  // Another schedule came.
  if (life.state == State::kNeedsAttention && !plan.schedule_readable) return false;
  if (life.state == State::kNeedsAttention && life.due.never())
    life.due = look_again(life, plan, now);
  return life.state != State::kDisabled && (life.state != State::kWaiting || !life.due.never());
}

VerifyTerms verify_terms(const Lifecycle& life, const Plan& plan, bool may_begin) {
  VerifyTerms terms;
  terms.period_ms = plan.verify_ms;
  terms.plugin_there = plan.plugin_there;
  terms.wanted = may_run(life, plan);
  terms.expected = terms.wanted && life.wanted == Wanted::kRuns;
  terms.may_begin = may_begin && may_verify(life, plan);
  terms.longest_ms = plan.run_ms;
  terms.drain_ms = plan.drain_ms;
  return terms;
}

}  // namespace tq
