// SPDX-License-Identifier: Apache-2.0
// Times that come from outside: from a remote, a plugin, a record or a clock that is wrong.
#include <gmock/gmock.h>

#include "schedule/deaths.hpp"
#include "schedule/lifecycle.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

constexpr Moment kNow{1'800'000'000'000, 50'000'000};
constexpr uint64_t kAll[] = {0, 1, 1ULL << 31, INT64_MAX, 1ULL << 63, UINT64_MAX};
constexpr uint64_t kQuarterMs = 15 * 60'000;

TEST(FarTimes, NobodyMakesTheHostWaitLongerThanItsLongestBackOff) {
  Plan plan;
  plan.schedule = Schedule::parse("every 2h").take();
  Lifecycle life;
  life.state = State::kRunning;
  for (const uint64_t asked : kAll) {
    LifeEvent ended{.kind = LifeEvent::Kind::kEnded, .outcome = Outcome::kTransient};
    ended.retry_after_ms = asked;
    const Lifecycle after = next_step(life, ended, plan, kNow, /*dice=*/1).life;
    ASSERT_EQ(after.state, State::kBackingOff);
    EXPECT_LE(after.due.wait_ms(kNow), kQuarterMs) << asked;
    EXPECT_GE(after.due.wait_ms(kNow), std::min(std::max<uint64_t>(asked, 1'000), kQuarterMs));
    EXPECT_EQ(after.due.for_people(kNow),
              kNow.wall_ms + static_cast<int64_t>(after.due.wait_ms(kNow)));
  }
}

TEST(FarTimes, ADueTimeIsNeverInThePastAndNeverNever) {
  for (const uint64_t ms : kAll) {
    const Due due = Due::in(ms, kNow);
    EXPECT_FALSE(due.never()) << ms;
    EXPECT_EQ(due.reached(kNow), ms == 0) << ms;
    EXPECT_GE(due.for_people(kNow), kNow.wall_ms) << ms;
    EXPECT_GE(due.wait_ms(kNow), std::min(ms, UINT64_MAX - 1 - kNow.mono_ms)) << ms;
  }
  const Due by_wall{INT64_MAX - 1, Due::kNeverMono};
  EXPECT_GT(by_wall.wait_ms({INT64_MIN, 5}), 0u);
}

TEST(FarTimes, LimitsOfAnySizeAreKept) {
  for (const uint64_t ms : kAll) {
    Plan plan;
    plan.run_ms = plan.window_ms = plan.drain_ms = ms;
    Lifecycle life;
    life.state = State::kWaiting;
    life.due = Due::in(0, kNow);
    life.deaths_ms = {kNow.wall_ms - 1};
    const Lifecycle began = next_step(life, {}, plan, kNow, 1).life;
    EXPECT_EQ(began.state, State::kStarting);
    EXPECT_EQ(began.due.reached(kNow), ms == 0) << ms;
    LifeEvent died{.kind = LifeEvent::Kind::kEnded, .outcome = Outcome::kDied};
    EXPECT_EQ(next_step(began, died, plan, kNow, 1).life.deaths_ms.size(), ms > 1 ? 2u : 1u) << ms;
  }
}

TEST(FarTimes, ASchedulePlansForAnyClock) {
  const Schedule cron = Schedule::parse("0 3 29 2 mon").take();
  const Schedule every = Schedule::parse("every 366d").take();
  for (const int64_t wall_ms : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1} << 31, INT64_MAX}) {
    for (const int64_t last_ms : {INT64_MIN, int64_t{0}, INT64_MAX}) {
      const Moment now{wall_ms, UINT64_MAX - 1};
      LastStart last;
      last.wall_ms = last_ms;
      EXPECT_GE(cron.next(last, now, "x").wall_ms, wall_ms);
      last.mono_ms = UINT64_MAX - 2;
      EXPECT_FALSE(every.next(last, now, "x").reached({0, 5}));
    }
    EXPECT_LE(cron.interval_ms({wall_ms, 0}), 50ULL * 366 * 86'400'000);
  }
}

TEST(FarTimes, AVerificationIsPlannedForAnyClockAndPeriod) {
  for (const uint64_t period_ms : kAll) {
    for (const int64_t wall_ms : {INT64_MIN, int64_t{1}, INT64_MAX - 1}) {
      VerifyState state;
      verification_ended(state, VerifyEnd::kCompared, period_ms, {wall_ms, 5}, UINT64_MAX);
      EXPECT_GE(state.due.wall_ms, wall_ms);
    }
  }
}

// ---- the true cause of an end that was forced ----

WorkerEnd killed() {
  WorkerEnd end;
  end.signal = 9;
  return end;
}

TEST(DeathText, SaysThatAListenerNeverListened) {
  Plan plan;
  plan.listener = true;
  Lifecycle life;
  life.state = State::kDraining;
  WorkerEnd end = killed();
  end.overdue = true;
  EXPECT_THAT(death_text(end, life, plan), HasSubstr("did not say within 5 min that it listens"));
  life.ready_once = true;
  EXPECT_THAT(death_text(end, life, plan), HasSubstr("made no call of the host for 120 min"));
  plan.listener = false;
  EXPECT_THAT(death_text(end, life, plan), HasSubstr("did not end in its time"));
}

TEST(DeathText, SaysThatItDidNotEndWhenItWasAsked) {
  Plan plan;
  Lifecycle life;
  life.state = State::kDraining;
  EXPECT_EQ(death_text(killed(), life, plan), "the worker was ended by signal 9 (Killed)");
  life.pressed = 2;
  EXPECT_THAT(death_text(killed(), life, plan),
              HasSubstr("had not ended within 30 s of being asked"));
}

}  // namespace
}  // namespace tq
