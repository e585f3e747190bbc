// SPDX-License-Identifier: Apache-2.0
// The lifecycle as a table: where an instance stands and what happens, to where it stands then and
// what is done.
#include "schedule/lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace tq {

// For gtest's messages.
void PrintTo(State state, std::ostream* out) { *out << state_name(state); }

namespace {

using Kind = LifeEvent::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Moment kNow{1'800'000'000'000, 50'000'000};
constexpr uint64_t kDice = 123'456'789;

Moment later(uint64_t milliseconds) {
  return {kNow.wall_ms + static_cast<int64_t>(milliseconds), kNow.mono_ms + milliseconds};
}

Plan job() {
  Plan plan;
  plan.name = "cb-edr";
  plan.schedule = Schedule::parse("every 2h").take();
  return plan;
}

Plan listener() {
  Plan plan;
  plan.name = "trellix-tie";
  plan.listener = true;
  return plan;
}

Lifecycle in(State state) {
  Lifecycle life;
  life.state = state;
  life.last_start = {kNow.wall_ms - 60'000, kNow.mono_ms - 60'000};
  life.due = Due::in(1'000, kNow);
  return life;
}

Lifecycle due_now(State state) {
  Lifecycle life = in(state);
  life.due = Due::in(0, kNow);
  return life;
}

LifeEvent of(Kind kind) { return {.kind = kind}; }
LifeEvent ended(Outcome outcome, uint64_t retry_after_ms = 0) {
  return {.kind = Kind::kEnded, .outcome = outcome, .retry_after_ms = retry_after_ms};
}
LifeEvent changed() { return {.kind = Kind::kPlanned, .settings_changed = true}; }

Step step(const Lifecycle& life, const LifeEvent& event, const Plan& plan = job(),
          Moment now = kNow, uint64_t dice = kDice) {
  return next_step(life, event, plan, now, dice);
}

struct Row {
  const char* name;
  Lifecycle from;
  LifeEvent event;
  Plan plan;
  State to;
  std::vector<Action> actions;
};

Lifecycle wanted(Lifecycle life, Wanted wanted) {
  life.wanted = wanted;
  return life;
}
Lifecycle with_successor(Lifecycle life) {
  life.successor = true;
  return life;
}
Lifecycle again(Lifecycle life) {
  life.again = true;
  return life;
}
Lifecycle overdue(Lifecycle life) {
  life.overdue = true;
  return life;
}
Lifecycle pressed(Lifecycle life, int times) {
  life.pressed = times;
  return life;
}
Lifecycle unscheduled() {
  Lifecycle life = in(State::kNeedsAttention);
  life.unscheduled = true;
  life.due = Due();
  return life;
}
Plan disabled(Plan plan) {
  plan.enabled = false;
  return plan;
}
Plan unreadable(Plan plan) {
  plan.schedule = Schedule();
  plan.schedule_readable = false;
  return plan;
}
Plan gone(Plan plan) {
  plan.plugin_there = false;
  return plan;
}

std::vector<Row> rows() {
  using S = State;
  using A = Action;
  return {
      // Time.
      {"WaitingUntilItIsDue", in(S::kWaiting), of(Kind::kTick), job(), S::kWaiting, {}},
      {"WaitingRunsWhenDue",
       due_now(S::kWaiting),
       of(Kind::kTick),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"BackingOffRunsWhenDue",
       due_now(S::kBackingOff),
       of(Kind::kTick),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"AttentionLooksAgainWhenDue",
       due_now(S::kNeedsAttention),
       of(Kind::kTick),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"FailedStaysSo", due_now(S::kFailed), of(Kind::kTick), job(), S::kFailed, {}},
      {"DisabledStaysSo", due_now(S::kDisabled), of(Kind::kTick), job(), S::kDisabled, {}},
      {"ARunThatTakesTooLongIsStopped",
       due_now(S::kRunning),
       of(Kind::kTick),
       job(),
       S::kDraining,
       {A::kCancel}},
      {"AStartThatTakesTooLongIsStopped",
       due_now(S::kStarting),
       of(Kind::kTick),
       listener(),
       S::kDraining,
       {A::kCancel}},
      {"WhoDoesNotHearTheCancelIsTold",
       due_now(S::kDraining),
       of(Kind::kTick),
       job(),
       S::kDraining,
       {A::kTerminate}},
      {"WhoDoesNotHearThatIsKilled",
       pressed(due_now(S::kDraining), 1),
       of(Kind::kTick),
       job(),
       S::kDraining,
       {A::kKill}},
      {"AndKilledAgain",
       pressed(due_now(S::kDraining), 2),
       of(Kind::kTick),
       job(),
       S::kDraining,
       {A::kKill}},
      // A worker's word.
      {"ReadyIsRunning", in(S::kStarting), of(Kind::kReady), job(), S::kRunning, {}},
      {"ReadyWhileDrainingIsLate", in(S::kDraining), of(Kind::kReady), job(), S::kDraining, {}},
      {"DoneWaitsForTheNext", in(S::kRunning), ended(Outcome::kDone), job(), S::kWaiting, {}},
      {"DoneBeforeReadyToo", in(S::kStarting), ended(Outcome::kDone), job(), S::kWaiting, {}},
      {"TriggeredMeanwhileRunsAgain",
       again(in(S::kRunning)),
       ended(Outcome::kDone),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"SwitchedOffWaits", in(S::kRunning), ended(Outcome::kSwitchedOff), job(), S::kWaiting, {}},
      {"SwitchedOffListenerLooksAgain",
       in(S::kStarting),
       ended(Outcome::kSwitchedOff),
       listener(),
       S::kWaiting,
       {}},
      {"CancelledByOthersWaits",
       in(S::kRunning),
       ended(Outcome::kCancelled),
       job(),
       S::kWaiting,
       {}},
      {"TransientBacksOff", in(S::kRunning), ended(Outcome::kTransient), job(), S::kBackingOff, {}},
      {"BusyBacksOff", in(S::kStarting), ended(Outcome::kBusy), job(), S::kBackingOff, {}},
      {"AttentionWaitsForAPerson",
       in(S::kRunning),
       ended(Outcome::kAttention),
       job(),
       S::kNeedsAttention,
       {}},
      {"DeathBacksOff", in(S::kRunning), ended(Outcome::kDied), job(), S::kBackingOff, {}},
      {"OverdueCountsAsDeath",
       overdue(in(S::kDraining)),
       ended(Outcome::kCancelled),
       job(),
       S::kBackingOff,
       {}},
      {"AListenerThatReturnsBacksOff",
       in(S::kRunning),
       ended(Outcome::kDone),
       listener(),
       S::kBackingOff,
       {}},
      {"DrainedAsAskedWaits", in(S::kDraining), ended(Outcome::kCancelled), job(), S::kWaiting, {}},
      {"KilledAsAskedWaits", in(S::kDraining), ended(Outcome::kDied), job(), S::kWaiting, {}},
      {"AHungListenerIsStopped",
       in(S::kRunning),
       of(Kind::kHung),
       listener(),
       S::kDraining,
       {A::kCancel}},
      // A person's word.
      {"TriggerRunsNow", in(S::kWaiting), of(Kind::kTrigger), job(), S::kStarting, {A::kSpawn}},
      {"TriggerRunsAFailedOne",
       in(S::kFailed),
       of(Kind::kTrigger),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"TriggerRunsAPausedOne",
       wanted(in(S::kWaiting), Wanted::kPaused),
       of(Kind::kTrigger),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"TriggerDoesNotRunAStoppedOne",
       wanted(in(S::kDisabled), Wanted::kStopped),
       of(Kind::kTrigger),
       job(),
       S::kDisabled,
       {}},
      {"TriggerWaitsForTheRunThatGoesOn",
       in(S::kRunning),
       of(Kind::kTrigger),
       job(),
       S::kRunning,
       {}},
      {"StopDrains", in(S::kRunning), of(Kind::kStop), job(), S::kDraining, {A::kCancel}},
      {"StopTwiceAsksOnce", in(S::kDraining), of(Kind::kStop), job(), S::kDraining, {}},
      {"StopOfAWaitingOne", in(S::kWaiting), of(Kind::kStop), job(), S::kDisabled, {}},
      {"StoppedStaysSoWhenDrained",
       wanted(in(S::kDraining), Wanted::kStopped),
       ended(Outcome::kCancelled),
       job(),
       S::kDisabled,
       {}},
      {"StartOfAStoppedOneWaits",
       wanted(in(S::kDisabled), Wanted::kStopped),
       of(Kind::kStart),
       job(),
       S::kWaiting,
       {}},
      {"StartOfAStoppedListenerRuns",
       wanted(in(S::kDisabled), Wanted::kStopped),
       of(Kind::kStart),
       listener(),
       S::kStarting,
       {A::kSpawn}},
      {"StartOfAFailedOneRuns", in(S::kFailed), of(Kind::kStart), job(), S::kStarting, {A::kSpawn}},
      {"StartOfARunningOneIsNothing", in(S::kRunning), of(Kind::kStart), job(), S::kRunning, {}},
      {"RestartDrains", in(S::kRunning), of(Kind::kRestart), job(), S::kDraining, {A::kCancel}},
      {"RestartOfAWaitingOneRuns",
       in(S::kWaiting),
       of(Kind::kRestart),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"PauseLetsARunGoOn", in(S::kRunning), of(Kind::kPause), job(), S::kRunning, {}},
      {"PausedWaitsAfterIt",
       wanted(in(S::kRunning), Wanted::kPaused),
       ended(Outcome::kDone),
       job(),
       S::kWaiting,
       {}},
      // The configuration and the plugin.
      {"NewWaits", in(S::kDisabled), of(Kind::kPlanned), job(), S::kWaiting, {}},
      {"NewListenerRuns",
       in(S::kDisabled),
       of(Kind::kPlanned),
       listener(),
       S::kStarting,
       {A::kSpawn}},
      {"WhatWasCutOffRunsAgain",
       again(in(S::kDisabled)),
       of(Kind::kPlanned),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"NothingNewLeavesAFailedOne", in(S::kFailed), of(Kind::kPlanned), job(), S::kFailed, {}},
      {"SomethingNewRunsAFailedOne", in(S::kFailed), changed(), job(), S::kStarting, {A::kSpawn}},
      {"SomethingNewRunsOneThatNeedsAttention",
       in(S::kNeedsAttention),
       changed(),
       job(),
       S::kStarting,
       {A::kSpawn}},
      {"NothingNewLeavesOneThatNeedsAttention",
       in(S::kNeedsAttention),
       of(Kind::kPlanned),
       job(),
       S::kNeedsAttention,
       {}},
      {"AJobTakesItUpWithTheNextRun", in(S::kRunning), changed(), job(), S::kRunning, {}},
      {"AListenerGetsASuccessor",
       in(S::kRunning),
       changed(),
       listener(),
       S::kRunning,
       {A::kSpawnSuccessor}},
      {"ANewerSuccessorReplacesTheFirst",
       with_successor(in(S::kRunning)),
       changed(),
       listener(),
       S::kRunning,
       {A::kDropSuccessor, A::kSpawnSuccessor}},
      {"AListenerThatIsNotReadyBeginsAnew",
       in(S::kStarting),
       changed(),
       listener(),
       S::kDraining,
       {A::kCancel}},
      {"DisabledDrains",
       in(S::kRunning),
       of(Kind::kPlanned),
       disabled(job()),
       S::kDraining,
       {A::kCancel}},
      {"RemovedDrains",
       in(S::kRunning),
       of(Kind::kPlanned),
       gone(listener()),
       S::kDraining,
       {A::kCancel}},
      {"RemovedIsDisabled", in(S::kWaiting), of(Kind::kPlanned), gone(job()), S::kDisabled, {}},
      {"RemovedDropsItsSuccessor",
       with_successor(in(S::kRunning)),
       of(Kind::kPlanned),
       gone(listener()),
       S::kDraining,
       {A::kDropSuccessor, A::kCancel}},
      {"BackAgainWaits", in(S::kDisabled), of(Kind::kPlanned), job(), S::kWaiting, {}},
      {"NewWithAnUnreadableScheduleNeedsAttention",
       in(S::kDisabled),
       of(Kind::kPlanned),
       unreadable(job()),
       S::kNeedsAttention,
       {}},
      {"AScheduleThatBecomesUnreadableNeedsAttention",
       in(S::kWaiting),
       {.kind = Kind::kPlanned, .schedule_changed = true},
       unreadable(job()),
       S::kNeedsAttention,
       {}},
      {"DoneWithAnUnreadableScheduleNeedsAttention",
       in(S::kRunning),
       ended(Outcome::kDone),
       unreadable(job()),
       S::kNeedsAttention,
       {}},
      {"TriggerRunsOneWithAnUnreadableSchedule",
       unscheduled(),
       of(Kind::kTrigger),
       unreadable(job()),
       S::kStarting,
       {A::kSpawn}},
      {"AMendedScheduleWaits",
       unscheduled(),
       {.kind = Kind::kPlanned, .schedule_changed = true},
       job(),
       S::kWaiting,
       {}},
      {"AListenerNeedsNoSchedule",
       in(S::kDisabled),
       of(Kind::kPlanned),
       unreadable(listener()),
       S::kStarting,
       {A::kSpawn}},
      // A run that somebody else began.
      {"SomebodysSuccessEndsAttention",
       in(S::kNeedsAttention),
       of(Kind::kSucceeded),
       job(),
       S::kWaiting,
       {}},
      {"SomebodysSuccessEndsAFailure",
       in(S::kFailed),
       of(Kind::kSucceeded),
       job(),
       S::kWaiting,
       {}},
      {"SomebodysSuccessChangesNothingElse",
       in(S::kDisabled),
       of(Kind::kSucceeded),
       job(),
       S::kDisabled,
       {}},
      // The hand-over.
      {"StandbyDrainsTheOld",
       with_successor(in(S::kRunning)),
       of(Kind::kStandby),
       listener(),
       S::kDraining,
       {A::kCancel}},
      {"TheOldEndedAndTheNewGoesOn",
       with_successor(in(S::kDraining)),
       ended(Outcome::kCancelled),
       listener(),
       S::kStarting,
       {A::kPromote}},
      {"TheOldDiedAndTheNewGoesOn",
       with_successor(in(S::kRunning)),
       ended(Outcome::kDied),
       listener(),
       S::kStarting,
       {A::kPromote}},
      {"ASuccessorThatFailsLeavesTheOld",
       with_successor(in(S::kRunning)),
       of(Kind::kSuccessorEnded),
       listener(),
       S::kRunning,
       {}},
      // The end.
      {"ShutDownDrains", in(S::kRunning), of(Kind::kShutDown), job(), S::kDraining, {A::kCancel}},
      {"ShutDownOfAWaitingOne", in(S::kWaiting), of(Kind::kShutDown), job(), S::kWaiting, {}},
      {"ShutDownDropsASuccessor",
       with_successor(in(S::kRunning)),
       of(Kind::kShutDown),
       listener(),
       S::kDraining,
       {A::kDropSuccessor, A::kCancel}},
  };
}

class LifecycleTable : public testing::TestWithParam<Row> {};

TEST_P(LifecycleTable, Steps) {
  const Row& row = GetParam();
  const Step done = step(row.from, row.event, row.plan);
  EXPECT_EQ(done.life.state, row.to);
  EXPECT_EQ(done.actions, row.actions);
}

INSTANTIATE_TEST_SUITE_P(Rows, LifecycleTable, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Lifecycle, AShutDownThatIsOverStartsNothing) {
  const Step asked = step(again(in(State::kRunning)), of(Kind::kShutDown));
  const Step over = step(asked.life, ended(Outcome::kCancelled));
  EXPECT_EQ(over.life.state, State::kDraining) << "so that the next supervisor begins it again";
  EXPECT_THAT(step(over.life, of(Kind::kTrigger)).actions, IsEmpty());
  EXPECT_THAT(step(over.life, of(Kind::kTick), job(), later(1'000'000'000)).actions, IsEmpty());
}

TEST(Lifecycle, AStopThatIsTakenBackInTimeRunsAListenerAgain) {
  const Step stopped = step(in(State::kRunning), of(Kind::kStop), listener());
  const Step started = step(stopped.life, of(Kind::kStart), listener());
  EXPECT_THAT(step(started.life, ended(Outcome::kCancelled), listener()).actions,
              ElementsAre(Action::kSpawn));
}

TEST(Lifecycle, FullGoesToTheRunThatWasAskedForOnly) {
  const Step begun = step(in(State::kWaiting), {.kind = Kind::kTrigger, .full = true});
  EXPECT_TRUE(begun.life.full);
  EXPECT_FALSE(step(begun.life, ended(Outcome::kDone)).life.full);
  EXPECT_FALSE(step(begun.life, ended(Outcome::kTransient)).life.full);

  const Step next = step(in(State::kRunning), {.kind = Kind::kTrigger, .full = true});
  EXPECT_TRUE(step(next.life, ended(Outcome::kDone)).life.full) << "the run after this one";
}

TEST(Lifecycle, WaitsDoubleWithFullJitterUpToABound) {
  Lifecycle life = in(State::kRunning);
  uint64_t most_ms = 5'000;
  for (int failure = 0; failure < 12; ++failure) {
    // The dice that give the longest wait.
    const Step longest = step(life, ended(Outcome::kTransient), job(), kNow, most_ms);
    EXPECT_EQ(longest.life.due.wait_ms(kNow), most_ms);
    const Step shortest = step(life, ended(Outcome::kTransient), job(), kNow, 0);
    EXPECT_EQ(shortest.life.due.wait_ms(kNow), 1'000u);
    life.attempts = longest.life.attempts;
    most_ms = std::min<uint64_t>(most_ms * 2, 15 * 60'000);
  }
  EXPECT_EQ(step(life, ended(Outcome::kDone)).life.attempts, 0u);
}

TEST(Lifecycle, WhatTheRemoteAsksForIsWaitedButNoLongerThanTheLongestBackOff) {
  const Step limited = step(in(State::kRunning), ended(Outcome::kTransient, 600'000));
  EXPECT_EQ(limited.life.due.wait_ms(kNow), 600'000u);
  const Step most = step(in(State::kRunning), ended(Outcome::kTransient, 3'600'000));
  EXPECT_EQ(most.life.due.wait_ms(kNow), 900'000u);
}

TEST(Lifecycle, FailsAfterSoManyDeathsInTheWindow) {
  Plan plan = job();
  plan.deaths = 3;
  Lifecycle life = in(State::kRunning);
  for (uint64_t death = 0; death < 3; ++death) {
    EXPECT_NE(life.state, State::kFailed);
    life.state = State::kRunning;
    life = step(life, ended(Outcome::kDied), plan, later(death * 1'000)).life;
  }
  EXPECT_EQ(life.state, State::kFailed);
  EXPECT_TRUE(life.due.never());
  const Step mended = step(life, of(Kind::kStart), plan, later(60'000));
  EXPECT_THAT(mended.life.deaths_ms, IsEmpty());
}

TEST(Lifecycle, DeathsOfLongAgoAndOfTheFutureDoNotCount) {
  Plan plan = job();
  plan.deaths = 2;
  Lifecycle life = in(State::kRunning);
  life.deaths_ms = {kNow.wall_ms - 11 * 60'000, kNow.wall_ms + 60'000};
  EXPECT_EQ(step(life, ended(Outcome::kDied), plan).life.state, State::kBackingOff);
}

TEST(Lifecycle, OneThatHadToBeKilledWhenItWasAskedToEndIsNotHeldAgainstIt) {
  EXPECT_THAT(step(in(State::kDraining), ended(Outcome::kDied)).life.deaths_ms, IsEmpty());
}

TEST(Lifecycle, WhatHasWorkedForLongBeginsAgainWithShortWaits) {
  Lifecycle life = in(State::kRunning);
  life.ready_once = true;
  life.attempts = 10;
  life.last_start.mono_ms = kNow.mono_ms - 11 * 60'000;
  EXPECT_EQ(step(life, ended(Outcome::kDied), listener()).life.attempts, 1u);
}

TEST(Lifecycle, ARunningJobIsDueAfterTheLongestRun) {
  const Step begun = step(due_now(State::kWaiting), of(Kind::kTick));
  EXPECT_EQ(begun.life.due.wait_ms(kNow), job().run_ms);
  const Step ready = step(begun.life, of(Kind::kReady));
  EXPECT_EQ(ready.life.due.wait_ms(kNow), job().run_ms)
      << "from its start, not from its being ready";
}

TEST(Lifecycle, AReadyListenerHasNoEnd) {
  EXPECT_TRUE(step(in(State::kStarting), of(Kind::kReady), listener()).life.due.never());
}

TEST(Lifecycle, WhatIsDueStaysDueWhoeverLooks) {
  const Lifecycle waiting = in(State::kWaiting);
  EXPECT_EQ(step(waiting, of(Kind::kPlanned), job(), later(500)).life.due, waiting.due);
  const LifeEvent other{.kind = Kind::kPlanned, .schedule_changed = true};
  EXPECT_NE(step(waiting, other, job(), later(500)).life.due, waiting.due);
}

TEST(Lifecycle, AnUnreadableScheduleIsNeverDue) {
  const Step planned = step(in(State::kDisabled), of(Kind::kPlanned), unreadable(job()));
  EXPECT_TRUE(planned.life.unscheduled);
  EXPECT_TRUE(planned.life.due.never());
  EXPECT_EQ(step(planned.life, of(Kind::kSucceeded), unreadable(job())).life.state,
            State::kNeedsAttention)
      << "a run by hand does not mend it";
  EXPECT_EQ(step(planned.life, of(Kind::kStart), unreadable(job())).life.state,
            State::kNeedsAttention);
}

TEST(Lifecycle, OneThatNeedsAttentionIsLookedAtAgainByANewSchedule) {
  Plan plan = job();
  plan.schedule = Schedule::parse("every 10m").take();
  const Step planned =
      step(in(State::kNeedsAttention), {.kind = Kind::kPlanned, .schedule_changed = true}, plan);
  EXPECT_EQ(planned.life.state, State::kNeedsAttention);
  EXPECT_EQ(planned.life.due.wait_ms(kNow), 9 * 60'000u);
}

TEST(Lifecycle, APauseForATimeEndsByItself) {
  const Step paused = step(in(State::kWaiting), {.kind = Kind::kPause, .pause_ms = 3'600'000});
  EXPECT_EQ(paused.life.wanted, Wanted::kPaused);
  EXPECT_EQ(next_due(paused.life, job(), true).wait_ms(kNow), 3'600'000u);
  const Step before = step(paused.life, of(Kind::kTick), job(), later(3'599'999));
  EXPECT_EQ(before.life.wanted, Wanted::kPaused);
  const Step after = step(paused.life, of(Kind::kTick), job(), later(3'600'000));
  EXPECT_EQ(after.life.wanted, Wanted::kRuns);
  EXPECT_EQ(after.life.state, State::kWaiting);
  EXPECT_FALSE(after.life.due.never());
  EXPECT_TRUE(after.life.pause_due.never());
}

TEST(Lifecycle, AWallClockThatIsSetMovesNoPause) {
  const Step paused = step(in(State::kWaiting), {.kind = Kind::kPause, .pause_ms = 3'600'000});
  const Moment set{kNow.wall_ms + 86'400'000, kNow.mono_ms + 60'000};
  EXPECT_EQ(step(paused.life, of(Kind::kTick), job(), set).life.wanted, Wanted::kPaused);
  const Moment set_back{kNow.wall_ms - 86'400'000, kNow.mono_ms + 3'600'000};
  EXPECT_EQ(step(paused.life, of(Kind::kTick), job(), set_back).life.wanted, Wanted::kRuns);
}

TEST(Lifecycle, APauseEndsDuringARunAsWell) {
  const Step paused = step(in(State::kRunning), {.kind = Kind::kPause, .pause_ms = 60'000});
  EXPECT_THAT(paused.actions, IsEmpty());
  const Step over = step(paused.life, ended(Outcome::kDone), job(), later(60'000));
  EXPECT_EQ(over.life.wanted, Wanted::kRuns);
  EXPECT_FALSE(over.life.due.never());
}

TEST(Lifecycle, WhatFailsWhileItIsPausedIsNotTriedAgainByItself) {
  Lifecycle life = wanted(in(State::kRunning), Wanted::kPaused);
  life.pause_due = Due::in(3'600'000, kNow);
  for (const Outcome outcome : {Outcome::kTransient, Outcome::kAttention, Outcome::kDied}) {
    const Step failed = step(life, ended(outcome));
    EXPECT_THAT(step(failed.life, of(Kind::kTick), job(), later(3'599'999)).actions, IsEmpty());
    const Step over = step(failed.life, of(Kind::kTick), job(), later(3'600'000));
    EXPECT_THAT(over.actions, ElementsAre(Action::kSpawn));
  }
  life.pause_due = Due();
  EXPECT_TRUE(step(life, ended(Outcome::kTransient)).life.due.never()) << "until start";
}

TEST(Lifecycle, StartEndsAPauseThatWasForATime) {
  const Step paused = step(in(State::kWaiting), {.kind = Kind::kPause, .pause_ms = 60'000});
  const Step started = step(paused.life, of(Kind::kStart));
  EXPECT_TRUE(started.life.pause_due.never());
  EXPECT_EQ(started.life.pause_ms, 0u);
}

TEST(Lifecycle, ADryRunLeavesItAsItStood) {
  for (const State state :
       {State::kWaiting, State::kNeedsAttention, State::kBackingOff, State::kFailed}) {
    Lifecycle life = in(state);
    life.attempts = 3;
    life.deaths_ms = {kNow.wall_ms};
    if (state == State::kWaiting) life.due = job().schedule.next(life.last_start, kNow, job().name);
    const Step begun = step(life, {.kind = Kind::kTrigger, .dry = true});
    ASSERT_THAT(begun.actions, ElementsAre(Action::kSpawn));
    EXPECT_TRUE(begun.life.dry);
    for (const Outcome outcome : {Outcome::kDone, Outcome::kAttention, Outcome::kDied}) {
      const Step over = step(begun.life, ended(outcome), job(), later(500));
      EXPECT_EQ(over.life.state, state);
      EXPECT_EQ(over.life.due, life.due);
      EXPECT_EQ(over.life.attempts, 3u);
      EXPECT_EQ(over.life.deaths_ms, life.deaths_ms);
      EXPECT_EQ(over.life.last_start.wall_ms, life.last_start.wall_ms);
      EXPECT_FALSE(over.life.dry);
    }
  }
}

TEST(Lifecycle, ADryRunThatIsAskedForDuringARunComesAfterIt) {
  const Step asked = step(in(State::kRunning), {.kind = Kind::kTrigger, .dry = true});
  EXPECT_FALSE(asked.life.before_dry);
  const Step next = step(asked.life, ended(Outcome::kDone));
  EXPECT_THAT(next.actions, ElementsAre(Action::kSpawn));
  EXPECT_TRUE(next.life.before_dry);
  const Step over = step(next.life, ended(Outcome::kDone));
  EXPECT_EQ(over.life.state, State::kWaiting);
  EXPECT_FALSE(over.life.due.never());
}

TEST(Lifecycle, StopDuringADryRunStops) {
  const Step begun = step(in(State::kNeedsAttention), {.kind = Kind::kTrigger, .dry = true});
  const Step stopped = step(begun.life, of(Kind::kStop));
  EXPECT_THAT(stopped.actions, ElementsAre(Action::kCancel));
  EXPECT_EQ(step(stopped.life, ended(Outcome::kCancelled)).life.state, State::kDisabled);
}

TEST(Lifecycle, AdoptGoesToTheRunThatWasAskedForOnly) {
  const Step begun = step(in(State::kWaiting), {.kind = Kind::kTrigger, .adopt = true});
  EXPECT_TRUE(begun.life.adopt);
  EXPECT_FALSE(step(begun.life, ended(Outcome::kDone)).life.adopt);
}

TEST(Lifecycle, NamesGoBothWays) {
  for (const Wanted wanted : {Wanted::kRuns, Wanted::kPaused, Wanted::kStopped})
    EXPECT_EQ(wanted_from(wanted_name(wanted)), wanted);
  EXPECT_EQ(wanted_from("nonsense"), Wanted::kRuns);
}

}  // namespace
}  // namespace tq
