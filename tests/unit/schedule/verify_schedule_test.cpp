// SPDX-License-Identifier: Apache-2.0
// When an instance is verified by itself, and that nothing else is moved by it.
#include "schedule/verify_schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "schedule/lifecycle.hpp"

namespace tq {
namespace {

using Kind = LifeEvent::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Moment kNow{1'800'000'000'000, 50'000'000};
constexpr int64_t kHourMs = 60 * 60'000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr uint64_t kDice = 123'456'789;

Moment later(int64_t milliseconds) {
  return {kNow.wall_ms + milliseconds, kNow.mono_ms + static_cast<uint64_t>(milliseconds)};
}

Plan weekly() {
  Plan plan;
  plan.name = "cb-edr";
  plan.schedule = Schedule::parse("every 2h").take();
  plan.verify_ms = verify_period_ms(VerifyEvery::kWeek);
  return plan;
}

Lifecycle waiting() {
  Lifecycle life;
  life.state = State::kWaiting;
  life.last_start = {kNow.wall_ms - 60'000, kNow.mono_ms - 60'000};
  life.due = Due::in(2 * kHourMs, kNow);
  life.verify.since_ms = kNow.wall_ms - kDayMs;
  life.verify.due = {kNow.wall_ms + kDayMs, Due::kNeverMono};
  return life;
}

Lifecycle to_verify() {
  Lifecycle life = waiting();
  life.verify.due = {kNow.wall_ms, Due::kNeverMono};
  return life;
}

Step step(const Lifecycle& life, const LifeEvent& event, const Plan& plan = weekly(),
          Moment now = kNow, uint64_t dice = kDice) {
  return next_step(life, event, plan, now, dice);
}
LifeEvent of(Kind kind) { return {.kind = kind}; }
LifeEvent verified(VerifyEnd end) { return {.kind = Kind::kVerifyEnded, .verify_end = end}; }

Lifecycle going_on() { return step(to_verify(), of(Kind::kTick)).life; }

TEST(VerifySchedule, TheFirstComesWithinAPeriod) {
  Lifecycle life = waiting();
  life.verify = VerifyState();
  for (const uint64_t dice : {uint64_t{0}, kDice, UINT64_MAX}) {
    const Step planned = step(life, of(Kind::kPlanned), weekly(), kNow, dice);
    EXPECT_EQ(planned.life.verify.since_ms, kNow.wall_ms);
    EXPECT_GE(planned.life.verify.due.wall_ms, kNow.wall_ms);
    EXPECT_LE(planned.life.verify.due.wall_ms, kNow.wall_ms + 7 * kDayMs);
    EXPECT_THAT(planned.actions, IsEmpty());
  }
}

TEST(VerifySchedule, TheNextComesAPeriodLaterAtAnotherHour) {
  VerifyState state;
  state.up = true;
  verification_ended(state, VerifyEnd::kCompared, verify_period_ms(VerifyEvery::kWeek), kNow, 0);
  EXPECT_EQ(state.due.wall_ms, kNow.wall_ms + 7 * kDayMs - kDayMs / 2);
  verification_ended(state, VerifyEnd::kCompared, verify_period_ms(VerifyEvery::kWeek), kNow,
                     static_cast<uint64_t>(kDayMs));
  EXPECT_EQ(state.due.wall_ms, kNow.wall_ms + 7 * kDayMs + kDayMs / 2);
  verification_ended(state, VerifyEnd::kCompared, verify_period_ms(VerifyEvery::kDay), kNow, 0);
  EXPECT_EQ(state.due.wall_ms, kNow.wall_ms + 18 * kHourMs);
  EXPECT_FALSE(state.up);
}

TEST(VerifySchedule, IsKeptOverARestartAndMadeUpForWithinAnHour) {
  const int64_t next_ms = kNow.wall_ms + 3 * kDayMs;
  EXPECT_EQ(resumed_verify_state(next_ms, 7, kNow, kDice).due.wall_ms, next_ms);
  EXPECT_EQ(resumed_verify_state(next_ms, 7, kNow, kDice).since_ms, 7);
  EXPECT_TRUE(resumed_verify_state(0, 0, kNow, kDice).due.never());
  std::set<int64_t> times;
  for (uint64_t dice = 0; dice < 40; ++dice) {
    const int64_t at_ms =
        resumed_verify_state(kNow.wall_ms - kDayMs, 7, kNow, dice * 98'765'431).due.wall_ms;
    EXPECT_GE(at_ms, kNow.wall_ms);
    EXPECT_LE(at_ms, kNow.wall_ms + kHourMs);
    times.insert(at_ms);
  }
  EXPECT_GT(times.size(), 30u) << "not all instances at once";
}

TEST(VerifySchedule, BeginsWhileTheInstanceWaitsAndAtNoOtherTime) {
  EXPECT_THAT(step(to_verify(), of(Kind::kTick)).actions, ElementsAre(Action::kSpawnVerify));
  EXPECT_THAT(step(waiting(), of(Kind::kTick)).actions, IsEmpty()) << "not due";
  EXPECT_THAT(step(to_verify(), {.kind = Kind::kTick, .verify = false}).actions, IsEmpty())
      << "enough others are verified";
  for (const State state : {State::kStarting, State::kRunning, State::kDraining, State::kBackingOff,
                            State::kNeedsAttention, State::kFailed, State::kDisabled}) {
    Lifecycle life = to_verify();
    life.state = state;
    EXPECT_THAT(step(life, of(Kind::kTick)).actions, IsEmpty()) << state_name(state);
    EXPECT_EQ(next_due(life, weekly(), true), life.due) << "nobody is woken for it";
  }
  Lifecycle paused = to_verify();
  paused.wanted = Wanted::kPaused;
  EXPECT_THAT(step(paused, of(Kind::kTick)).actions, IsEmpty());
  Plan listener = weekly();
  listener.listener = true;
  EXPECT_THAT(step(to_verify(), of(Kind::kTick), listener).actions, IsEmpty());
}

TEST(VerifySchedule, ARunThatGoesOnIsWaitedFor) {
  Lifecycle life = to_verify();
  life.state = State::kRunning;
  const Step over = step(life, {.kind = Kind::kEnded, .outcome = Outcome::kDone});
  EXPECT_EQ(over.life.state, State::kWaiting);
  EXPECT_THAT(step(over.life, of(Kind::kTick)).actions, ElementsAre(Action::kSpawnVerify));
}

TEST(VerifySchedule, ARunThatBecomesDueWaitsForItsEnd) {
  Lifecycle life = going_on();
  life.due = Due::in(0, kNow);
  const Step due = step(life, of(Kind::kTick));
  EXPECT_THAT(due.actions, IsEmpty());
  EXPECT_EQ(due.life.state, State::kWaiting);
  EXPECT_GT(next_due(due.life, weekly(), true).wait_ms(kNow), 0u) << "nobody spins meanwhile";
  const Step over = step(due.life, verified(VerifyEnd::kCompared));
  EXPECT_THAT(over.actions, ElementsAre(Action::kSpawn));
  EXPECT_EQ(over.life.state, State::kStarting);

  const Step asked = step(going_on(), {.kind = Kind::kTrigger, .full = true});
  EXPECT_THAT(asked.actions, IsEmpty());
  const Step then = step(asked.life, verified(VerifyEnd::kFailed));
  EXPECT_THAT(then.actions, ElementsAre(Action::kSpawn));
  EXPECT_TRUE(then.life.full);
}

TEST(VerifySchedule, WithoutARunThatWaitsNothingBegins) {
  const Step over = step(going_on(), verified(VerifyEnd::kCompared));
  EXPECT_THAT(over.actions, IsEmpty());
  EXPECT_EQ(over.life.due, waiting().due);
  EXPECT_FALSE(over.life.verify.up);
}

TEST(VerifySchedule, ItsEndMovesNothingOfTheRuns) {
  Lifecycle life = going_on();
  life.attempts = 3;
  life.deaths_ms = {kNow.wall_ms - 1'000};
  for (const VerifyEnd end : {VerifyEnd::kCompared, VerifyEnd::kFailed, VerifyEnd::kPutOff}) {
    const Lifecycle after = step(life, verified(end)).life;
    EXPECT_EQ(after.state, life.state);
    EXPECT_EQ(after.due, life.due);
    EXPECT_EQ(after.attempts, 3u);
    EXPECT_THAT(after.deaths_ms, ElementsAre(kNow.wall_ms - 1'000));
    EXPECT_EQ(after.last_start.wall_ms, life.last_start.wall_ms);
  }
}

TEST(VerifySchedule, OneThatFailedIsTriedAgainSoonerAndOneThatWasPutOffSoon) {
  const auto due_after = [](VerifyEnd end, uint64_t dice) {
    return step(going_on(), verified(end), weekly(), kNow, dice).life.verify.due.wall_ms -
           kNow.wall_ms;
  };
  EXPECT_EQ(due_after(VerifyEnd::kFailed, 0), kDayMs);
  EXPECT_LE(due_after(VerifyEnd::kFailed, kDice), 2 * kDayMs);
  EXPECT_EQ(due_after(VerifyEnd::kDisabled, 0), kDayMs);
  EXPECT_LE(due_after(VerifyEnd::kDisabled, kDice), 2 * kDayMs);
  EXPECT_EQ(due_after(VerifyEnd::kPutOff, 0), 10 * 60'000);
  EXPECT_LE(due_after(VerifyEnd::kPutOff, kDice), 20 * 60'000);
}

TEST(VerifySchedule, StopAndShutDownEndIt) {
  const Step stopped = step(going_on(), of(Kind::kStop));
  EXPECT_THAT(stopped.actions, ElementsAre(Action::kCancelVerify));
  EXPECT_THAT(step(stopped.life, verified(VerifyEnd::kPutOff)).actions, IsEmpty());

  Lifecycle life = going_on();
  life.verify.run_waits = true;
  const Step ending = step(life, of(Kind::kShutDown));
  EXPECT_THAT(ending.actions, ElementsAre(Action::kCancelVerify));
  EXPECT_THAT(step(ending.life, of(Kind::kTick)).actions, IsEmpty()) << "asked once";
  const Step ended = step(ending.life, verified(VerifyEnd::kPutOff));
  EXPECT_THAT(ended.actions, IsEmpty());
  EXPECT_EQ(ended.life.state, State::kWaiting) << "as the next supervisor is to find it";
  EXPECT_TRUE(ended.life.verify.run_waits) << "and begins it";
  EXPECT_EQ(ended.life.verify.since_ms, life.verify.since_ms);
  EXPECT_EQ(step(waiting(), of(Kind::kShutDown)).life.verify.since_ms, life.verify.since_ms);
}

TEST(VerifySchedule, AFullRunThatWasCalledOffMakesNoLaterOneFull) {
  const Lifecycle asked = step(going_on(), {.kind = Kind::kTrigger, .full = true}).life;
  ASSERT_TRUE(asked.verify.run_waits && asked.full);
  Plan disabled = weekly();
  disabled.enabled = false;
  for (const Lifecycle& called_off :
       {step(asked, of(Kind::kStop)).life, step(asked, of(Kind::kPause)).life,
        step(step(asked, of(Kind::kPlanned), disabled).life, verified(VerifyEnd::kPutOff), disabled)
            .life}) {
    Lifecycle later = step(called_off, verified(VerifyEnd::kPutOff)).life;
    later = step(later, of(Kind::kStart)).life;
    later.due = Due::in(0, kNow);
    const Step scheduled = step(later, of(Kind::kTick));
    EXPECT_THAT(scheduled.actions, ElementsAre(Action::kSpawn));
    EXPECT_FALSE(scheduled.life.full);
  }
}

TEST(VerifySchedule, APauseLetsItGoOnAndTheRunNotBegin) {
  Lifecycle life = going_on();
  life.verify.run_waits = true;
  const Step paused = step(life, of(Kind::kPause));
  EXPECT_THAT(paused.actions, IsEmpty());
  EXPECT_TRUE(paused.life.verify.up);
  EXPECT_THAT(step(paused.life, verified(VerifyEnd::kCompared)).actions, IsEmpty());
}

TEST(VerifySchedule, OneThatTakesTooLongIsAskedToEndAndThenKilled) {
  const auto run_ms = static_cast<int64_t>(weekly().run_ms);
  const auto drain_ms = static_cast<int64_t>(weekly().drain_ms);
  Lifecycle life = going_on();
  life.due = Due();
  EXPECT_THAT(step(life, of(Kind::kTick), weekly(), later(run_ms - 1)).actions, IsEmpty());
  const Step asked = step(life, of(Kind::kTick), weekly(), later(run_ms));
  EXPECT_THAT(asked.actions, ElementsAre(Action::kCancelVerify));
  EXPECT_TRUE(asked.life.verify.overdue);
  const Step killed = step(asked.life, of(Kind::kTick), weekly(), later(run_ms + drain_ms));
  EXPECT_THAT(killed.actions, ElementsAre(Action::kKillVerify));
}

TEST(VerifySchedule, OffForgetsItAndAPluginThatIsAwayDoesNot) {
  Plan off = weekly();
  off.verify_ms = 0;
  EXPECT_EQ(step(waiting(), of(Kind::kPlanned), off).life.verify, VerifyState());
  EXPECT_THAT(step(going_on(), of(Kind::kPlanned), off).actions,
              ElementsAre(Action::kCancelVerify));
  Plan away = off;
  away.plugin_there = false;
  EXPECT_EQ(step(waiting(), of(Kind::kPlanned), away).life.verify, waiting().verify);
}

TEST(VerifySchedule, HowLongItWasNotVerifiedIsCountedAnew) {
  const Moment back = later(35 * kDayMs);
  for (const Kind word : {Kind::kStop, Kind::kPause}) {
    const Lifecycle away = step(waiting(), of(word)).life;
    EXPECT_EQ(away.verify.since_ms, 0);
    EXPECT_EQ(step(away, of(Kind::kTick), weekly(), back).life.verify.since_ms, 0);
    EXPECT_EQ(step(away, of(Kind::kStart), weekly(), back).life.verify.since_ms, back.wall_ms);
  }
  Plan disabled = weekly();
  disabled.enabled = false;
  const Lifecycle off = step(waiting(), of(Kind::kPlanned), disabled).life;
  EXPECT_EQ(step(off, of(Kind::kPlanned), weekly(), back).life.verify.since_ms, back.wall_ms);

  EXPECT_EQ(step(going_on(), verified(VerifyEnd::kDisabled), weekly(), back).life.verify.since_ms,
            back.wall_ms)
      << "switched off in ThreatQ";
  EXPECT_EQ(step(going_on(), verified(VerifyEnd::kFailed), weekly(), back).life.verify.since_ms,
            waiting().verify.since_ms)
      << "a failure is no reason";

  Plan daily = weekly();
  daily.verify_ms = verify_period_ms(VerifyEvery::kDay);
  const Lifecycle known = step(waiting(), of(Kind::kPlanned)).life;
  EXPECT_EQ(known.verify.since_ms, waiting().verify.since_ms);
  EXPECT_EQ(step(known, of(Kind::kPlanned), daily).life.verify.since_ms, kNow.wall_ms);
}

TEST(VerifySchedule, WhatAWrongClockOrALongerPeriodHadPlannedIsPlannedAnew) {
  Lifecycle life = waiting();
  life.verify.due = {kNow.wall_ms + 300 * kDayMs, Due::kNeverMono};
  life.verify.since_ms = kNow.wall_ms + 300 * kDayMs;
  const Lifecycle after = step(life, of(Kind::kPlanned)).life;
  EXPECT_LE(after.verify.due.wall_ms, kNow.wall_ms + 7 * kDayMs);
  EXPECT_EQ(after.verify.since_ms, kNow.wall_ms);
  Plan daily = weekly();
  daily.verify_ms = verify_period_ms(VerifyEvery::kDay);
  life = waiting();
  life.verify.due = {kNow.wall_ms + 6 * kDayMs, Due::kNeverMono};
  EXPECT_LE(step(life, of(Kind::kPlanned), daily).life.verify.due.wall_ms, kNow.wall_ms + kDayMs);
}

}  // namespace
}  // namespace tq
