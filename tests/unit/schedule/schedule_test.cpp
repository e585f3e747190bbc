// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule.hpp"

#include <gmock/gmock.h>

#include <array>
#include <string>

#include "core/world.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

constexpr int64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr const char* kName = "cb-edr";

int64_t at(const std::string& time) {
  int64_t ms = 0;
  EXPECT_TRUE(parse_time_utc(time, &ms)) << time;
  return ms;
}

Schedule every(const std::string& text) { return Schedule::parse(text).take(); }

const Moment kNow{at("2026-11-25T10:00:00Z"), 900'000'000};

TEST(Schedule, EmptyIsNever) {
  const Schedule never;
  EXPECT_TRUE(never.never());
  EXPECT_TRUE(never.next({}, kNow, kName).never());
  EXPECT_TRUE(every("  ").never());
}

TEST(Schedule, EveryCountsFromTheLastStartByTheClockThatNeverJumps) {
  const LastStart last{kNow.wall_ms - 50 * kMinute, kNow.mono_ms - 30 * kMinute};
  const Due due = every("every 1h").next(last, kNow, kName);
  EXPECT_EQ(due.wait_ms(kNow), 30u * kMinute);
  const Moment set_forward{kNow.wall_ms + 100 * 24 * kHour, kNow.mono_ms + kMinute};
  EXPECT_FALSE(due.reached(set_forward));
  const Moment set_back{kNow.wall_ms - 100 * 24 * kHour, kNow.mono_ms + 30 * kMinute};
  EXPECT_TRUE(due.reached(set_back));
}

TEST(Schedule, ALongRunIsFollowedAtOnce) {
  const LastStart last{kNow.wall_ms - 3 * kHour, kNow.mono_ms - 3 * kHour};
  EXPECT_TRUE(every("every 1h").next(last, kNow, kName).reached(kNow));
}

TEST(Schedule, AfterARestartOnlyTheWallClockIsLeft) {
  const Schedule hourly = every("every 1h");
  EXPECT_EQ(hourly.next({kNow.wall_ms - 20 * kMinute}, kNow, kName).wait_ms(kNow), 40u * kMinute);
  // Missed ones are made up for by one, soon.
  EXPECT_LE(hourly.next({kNow.wall_ms - 500 * kHour}, kNow, kName).wait_ms(kNow), 60u * kSecond);
  // A last start in the future says that the clock was wrong then.
  EXPECT_EQ(hourly.next({kNow.wall_ms + 500 * kHour}, kNow, kName).wait_ms(kNow), 60u * kMinute);
}

TEST(Schedule, TheFirstRunOfAllComesSoon) {
  EXPECT_LE(every("every 30d").next({}, kNow, kName).wait_ms(kNow), 60u * kSecond);
  EXPECT_LE(every("every 10s").next({}, kNow, kName).wait_ms(kNow), 1u * kSecond);
}

TEST(Schedule, ThousandOfOneScheduleAreSpreadEvenly) {
  const Schedule hourly = every("every 1h");
  std::array<int, 6> buckets{};
  for (int i = 0; i < 1'000; ++i)
    ++buckets.at(hourly.next({}, kNow, "instance-" + std::to_string(i)).wait_ms(kNow) / 10'001);
  for (const int in_bucket : buckets) EXPECT_NEAR(in_bucket, 1'000 / 6, 60);
}

TEST(Schedule, ContinuousBeginsAfterTheEndOfTheLast) {
  const Schedule continuous = every("continuous");
  EXPECT_TRUE(continuous.continuous());
  const LastStart last{kNow.wall_ms - kHour, kNow.mono_ms - kHour};
  EXPECT_EQ(continuous.next(last, kNow, kName).wait_ms(kNow), Schedule::kContinuousPauseMs);
  EXPECT_LE(continuous.next({}, kNow, kName).wait_ms(kNow), 5u * kSecond);
}

struct CronRow {
  const char* what;
  const char* last;  // start; empty: never
  const char* now;
  const char* time;  // that is served; empty: the moment `now`
};

// How long after the times of an hourly schedule kName starts.
int64_t offset_of(const Schedule& hourly) {
  const Moment before{at("2026-11-25T10:30:00Z"), 5};
  return hourly.next({}, before, kName).wall_ms - at("2026-11-25T11:00:00Z");
}

// The offset of kName stands on top of each.
TEST(Schedule, CronFollowsTheWallClock) {
  const Schedule hourly = every("0 * * * *");
  const int64_t offset = offset_of(hourly);
  ASSERT_GE(offset, 0);
  ASSERT_LE(offset, 30 * kSecond);
  const CronRow rows[] = {
      {"never ran", "", "2026-11-25T10:20:00Z", "2026-11-25T11:00:00Z"},
      {"served at ten", "2026-11-25T10:00:31Z", "2026-11-25T10:20:00Z", "2026-11-25T11:00:00Z"},
      {"by hand just before", "2026-11-25T09:59:50Z", "2026-11-25T09:59:55Z",
       "2026-11-25T10:00:00Z"},
      {"missed many", "2026-11-20T10:00:31Z", "2026-11-25T10:20:00Z", ""},
      {"missed one", "2026-11-25T09:00:31Z", "2026-11-25T10:20:00Z", ""},
      {"set forward by a day", "2026-11-25T10:00:31Z", "2026-11-26T10:20:00Z", ""},
      {"set back by less than a minute", "2026-11-25T10:00:31Z", "2026-11-25T09:59:40Z",
       "2026-11-25T11:00:00Z"},
      {"set back by an hour", "2026-11-25T12:00:31Z", "2026-11-25T11:10:00Z",
       "2026-11-25T13:00:00Z"},
      {"set back by a year", "2027-11-25T12:00:31Z", "2026-11-25T11:10:00Z",
       "2026-11-25T12:00:00Z"},
  };
  for (const CronRow& row : rows) {
    const Moment now{at(row.now), 5};
    const LastStart last{*row.last == '\0' ? 0 : at(row.last)};
    const int64_t served = *row.time == '\0' ? now.wall_ms : at(row.time);
    EXPECT_EQ(format_time_utc(hourly.next(last, now, kName).wall_ms - offset),
              format_time_utc(served))
        << row.what;
  }
}

// Settings may change between the time and the start, and then it is asked again.
TEST(Schedule, CronStaysDueForAsLongAsTheOffsetLasts) {
  const Schedule hourly = every("0 * * * *");
  const int64_t offset = offset_of(hourly), ten = at("2026-11-25T10:00:00Z");
  ASSERT_GT(offset, 2);
  const Moment between{ten + offset / 2, 5};
  for (const int64_t last : {int64_t{0}, ten - kHour + offset})
    EXPECT_EQ(hourly.next({last}, between, kName).wall_ms, ten + offset) << last;
  // Once started it is served, however little the start was late.
  EXPECT_EQ(hourly.next({ten + offset}, {ten + offset, 5}, kName).wall_ms, ten + kHour + offset);
}

TEST(Schedule, ManyCronRunsMissedInAnOutageAreSpread) {
  const Schedule hourly = every("0 * * * *");
  std::array<int, 6> buckets{};
  for (int i = 0; i < 1'000; ++i) {
    const Due due = hourly.next({kNow.wall_ms - 50 * kHour}, kNow, "instance-" + std::to_string(i));
    ++buckets.at(due.wait_ms(kNow) / 5'001);
  }
  for (const int in_bucket : buckets) EXPECT_NEAR(in_bucket, 1'000 / 6, 50);
}

TEST(Schedule, ASleepIsMadeUpForByOneRun) {
  const LastStart last{kNow.wall_ms - kMinute, kNow.mono_ms - kMinute};
  const Schedule hourly = every("every 1h");
  const Moment woken{kNow.wall_ms + 10 * kHour, kNow.mono_ms + 10 * kHour};
  EXPECT_TRUE(hourly.next(last, woken, kName).reached(woken));
  const LastStart again{woken.wall_ms, woken.mono_ms};
  EXPECT_EQ(hourly.next(again, woken, kName).wait_ms(woken), 60u * kMinute);
}

// No name has two offsets, in this version and the ones to come.
TEST(Schedule, TheOffsetOfANameNeverChanges) {
  const Schedule hourly = every("every 1h");
  EXPECT_EQ(hourly.next({}, kNow, "cb-edr").wait_ms(kNow), 37790u);
  EXPECT_EQ(hourly.next({}, kNow, "cb-edr-2").wait_ms(kNow), 53113u);
}

TEST(Schedule, TheUsualTimeBetweenRuns) {
  EXPECT_EQ(every("every 90m").interval_ms(kNow), 90u * kMinute);
  EXPECT_EQ(every("*/5 * * * *").interval_ms(kNow), 5u * kMinute);
  EXPECT_EQ(every("0 9-17 * * *").interval_ms(kNow), 16u * kHour);
  EXPECT_EQ(Schedule().interval_ms(kNow), 0u);
}

TEST(Schedule, WhatIsNoScheduleIsRefusedWithWhatIsAllowed) {
  for (const char* text : {"every", "every 2", "every h", "every 0s", "every 2w", "every 367d",
                           "sometimes", "every -2h"}) {
    const auto schedule = Schedule::parse(text);
    ASSERT_FALSE(schedule) << text;
    EXPECT_EQ(schedule.error().status, Status::kConfig);
    EXPECT_THAT(schedule.error().message, HasSubstr("\"" + std::string(text) + "\"")) << text;
    EXPECT_THAT(schedule.error().message, HasSubstr("every 2h")) << text;
  }
}

TEST(Due, WhicheverComesFirst) {
  const Due both{kNow.wall_ms + 10, kNow.mono_ms + 20};
  EXPECT_EQ(both.wait_ms(kNow), 10u);
  EXPECT_EQ(both.for_people(kNow), kNow.wall_ms + 10);
  EXPECT_EQ(Due().wait_ms(kNow), UINT64_MAX);
  EXPECT_EQ(Due().for_people(kNow), 0);
  EXPECT_TRUE((Due{kNow.wall_ms, Due::kNeverMono}).reached(kNow));
}

}  // namespace
}  // namespace tq
