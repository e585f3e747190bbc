// SPDX-License-Identifier: Apache-2.0
#include "net/rate.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "net/gate.hpp"
#include "unit/net/fixture.hpp"

namespace tq {
namespace {

using test::FakeWorld;
using test::TemporaryFolder;

constexpr uint64_t kMaxBlockMs = 15 * 60'000;
const Origin kOrigin{true, "api.example", 443};

TEST(Admit, HoldsEveryMinuteWithinTheBudget) {
  for (const uint32_t per_minute : {1u, 2u, 10u, 60u, 150u, 6000u}) {
    RateRecord record{per_minute, 0, 0};
    std::vector<int64_t> sent;
    int64_t now = 1'000'000;
    while (sent.size() < 3 * per_minute) {
      const Admission admission = admit(&record, now, kMaxBlockMs);
      if (admission.wait_ms == 0) sent.push_back(now);
      now += static_cast<int64_t>(admission.wait_ms);
    }
    for (size_t i = per_minute; i < sent.size(); ++i)
      EXPECT_GE(sent[i] - sent[i - per_minute], 60'000) << per_minute << " at " << i;
    EXPECT_LE(sent.back() - sent.front(), 4 * 60'000) << "far too slow for " << per_minute;
  }
}

TEST(Admit, WithoutALimitOnlyABlockWaits) {
  RateRecord record;
  EXPECT_EQ(admit(&record, 1000, kMaxBlockMs).wait_ms, 0u);
  record.not_before_ms = 4000;
  EXPECT_EQ(admit(&record, 1000, kMaxBlockMs).wait_ms, 3000u);
  EXPECT_TRUE(admit(&record, 1000, kMaxBlockMs).blocked);
  EXPECT_EQ(admit(&record, 4000, kMaxBlockMs).wait_ms, 0u);
}

TEST(Admit, AClockThatWentBackDoesNotBlockForLong) {
  const int64_t day = 86'400'000;
  RateRecord record{6, 10 * day, 0};
  EXPECT_LE(admit(&record, day, kMaxBlockMs).wait_ms, 60'000u);
  record = {0, 0, 10 * day};
  const uint64_t first = admit(&record, day, kMaxBlockMs).wait_ms;
  EXPECT_LE(first, kMaxBlockMs);
  EXPECT_EQ(admit(&record, day + static_cast<int64_t>(first), kMaxBlockMs).wait_ms, 0u);
}

TEST(RateRecord, DamageReadsAsEmpty) {
  const RateRecord record{150, 1'790'000'000'123, -5};
  const std::string line = format_record(record);
  EXPECT_EQ(parse_record(line), record);
  EXPECT_EQ(parse_record(""), RateRecord());
  EXPECT_EQ(parse_record("garbage"), RateRecord());
  EXPECT_EQ(parse_record(std::string(65, '\0')), RateRecord());
  for (size_t size = 0; size < line.size(); ++size)
    EXPECT_EQ(parse_record(line.substr(0, size)), RateRecord()) << size;
  EXPECT_EQ(parse_record(line + "x"), RateRecord());
}

TEST(RateBook, OutlivesItsProcessAndSurvivesDamage) {
  const TemporaryFolder folder;
  const auto set = [](RateRecord* record) { record->not_before_ms = 77; };
  ASSERT_TRUE((*RateBook::create(folder.path() / "rate"))->update(kOrigin, set));
  RateRecord seen;
  const auto look = [&](RateRecord* record) { seen = *record; };
  ASSERT_TRUE((*RateBook::create(folder.path() / "rate"))->update(kOrigin, look));
  EXPECT_EQ(seen.not_before_ms, 77);
  ASSERT_TRUE((*RateBook::create(folder.path() / "rate"))->update({true, "::1", 443}, look));
  EXPECT_EQ(seen, RateRecord()) << "another origin";
  for (const auto& file : std::filesystem::directory_iterator(folder.path() / "rate"))
    std::ofstream(file.path()) << "tqrate1 half a rec";
  ASSERT_TRUE((*RateBook::create(folder.path() / "rate"))->update(kOrigin, look));
  EXPECT_EQ(seen, RateRecord());
}

TEST(RateBook, LosesNothingBetweenProcesses) {
  const TemporaryFolder folder;
  constexpr int kProcesses = 3;
  constexpr int kTimes = 200;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto book = RateBook::create(folder.path());
      bool good = book.ok();
      for (int n = 0; good && n < kTimes; ++n)
        good = (*book)->update(kOrigin, [](RateRecord* record) { ++record->next_ms; }).ok();
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  RateRecord seen;
  ASSERT_TRUE((*RateBook::create(folder.path()))->update(kOrigin, [&](RateRecord* record) {
    seen = *record;
  }));
  EXPECT_EQ(seen.next_ms, kProcesses * kTimes);
}

TEST(Gate, SharesBudgetAndBlockWithOthersOfTheFolder) {
  const TemporaryFolder folder;
  FakeWorld world;
  const auto log = Log::null();
  const Cancel cancel;
  Gate one(RateBook::create(folder.path()).take(), kMaxBlockMs, world, *log);
  Gate two(RateBook::create(folder.path()).take(), kMaxBlockMs, world, *log);
  ASSERT_TRUE(one.limit(kOrigin, 1));
  ASSERT_TRUE(one.pass(kOrigin, cancel));
  EXPECT_TRUE(world.sleeps().empty());
  ASSERT_TRUE(two.pass(kOrigin, cancel));
  ASSERT_EQ(world.sleeps().size(), 1u);
  EXPECT_NEAR(static_cast<double>(world.sleeps()[0]), 60'000, 2'000);
  ASSERT_TRUE(one.block({false, "other.example", 80}, 5'000));
  ASSERT_TRUE(two.pass({false, "other.example", 80}, cancel));
  EXPECT_NEAR(static_cast<double>(world.sleeps().back()), 5'000, 2'000);
}

TEST(Gate, IsLeftAtOnceOnCancel) {
  RealWorld world;
  const auto log = Log::null();
  Gate gate(RateBook::create({}).take(), kMaxBlockMs, world, *log);
  ASSERT_TRUE(gate.block(kOrigin, 600'000));
  Cancel cancel;
  std::thread other([&] { cancel.cancel(); });
  EXPECT_EQ(gate.pass(kOrigin, cancel).error().status, Status::kCancelled);
  other.join();
}

TEST(Admission, OfADamagedRecordIsNoLongerThanTheBudgetOrTheBlock) {
  constexpr int64_t kNowMs = 1'800'000'000'000;
  constexpr uint64_t kMostMs = 15 * 60'000;
  for (const int64_t time_ms : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1} << 31, INT64_MAX}) {
    for (const uint32_t per_minute : {1U, 60U, UINT32_MAX}) {
      RateRecord blocked{per_minute, 0, time_ms}, paced{per_minute, time_ms, 0};
      EXPECT_LE(admit(&blocked, kNowMs, kMostMs).wait_ms, kMostMs);
      EXPECT_LE(admit(&paced, kNowMs, kMostMs).wait_ms, 60'000u);
    }
    RateRecord any{0, 0, time_ms};
    EXPECT_LE(admit(&any, kNowMs, UINT64_MAX).wait_ms, static_cast<uint64_t>(INT64_MAX));
  }
}

}  // namespace
}  // namespace tq
