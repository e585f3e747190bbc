// SPDX-License-Identifier: Apache-2.0
#include "core/world.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace tq {
namespace {

TEST(TimeUtc, IsWrittenAndReadBack) {
  EXPECT_EQ(format_time_utc(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time_utc(-1), "1969-12-31T23:59:59.999Z");
  int64_t ms = 0;
  ASSERT_TRUE(parse_time_utc("2026-11-23T08:30:00.120Z", &ms));
  EXPECT_EQ(format_time_utc(ms), "2026-11-23T08:30:00.120Z");
  ASSERT_TRUE(parse_time_utc("2026-11-23", &ms));
  EXPECT_EQ(format_time_utc(ms), "2026-11-23T00:00:00.000Z");
  EXPECT_FALSE(parse_time_utc("23.11.2026", &ms));
  ASSERT_TRUE(parse_time_utc("2026-11-23 08:30:00+01:00", &ms));
  EXPECT_EQ(format_time_utc(ms), "2026-11-23T07:30:00.000Z");
  EXPECT_FALSE(parse_time_utc("2026-11-23T08:30:00+1", &ms));
}

TEST(Cancel, EndsAWaitAtOnce) {
  Cancel cancel;
  RealWorld world;
  const uint64_t start = world.mono_ms();
  std::thread other([&] { cancel.cancel(); });
  EXPECT_TRUE(world.sleep_ms(60'000, cancel));
  other.join();
  EXPECT_LT(world.mono_ms() - start, 10'000u);
  EXPECT_TRUE(cancel.cancelled());
}

TEST(Cancel, WaitEndsWithoutIt) {
  Cancel cancel;
  EXPECT_FALSE(cancel.wait_ms(1));
}

TEST(OnCancel, ActsOnceAndOnlyWhileItLives) {
  Cancel cancel;
  int acted = 0;
  const OnCancel lives(cancel, [&] { ++acted; });
  {
    const OnCancel gone(cancel, [&] { acted += 100; });
  }
  EXPECT_EQ(acted, 0);
  cancel.cancel();
  cancel.cancel();
  EXPECT_EQ(acted, 1);
}

TEST(OnCancel, ActsAtOnceWhenItComesLate) {
  Cancel cancel;
  cancel.cancel();
  bool acted = false;
  const OnCancel late(cancel, [&] { acted = true; });
  EXPECT_TRUE(acted);
}

TEST(OnCancel, IsNotDestroyedUnderItsAction) {
  Cancel cancel;
  std::atomic<bool> acting{false}, done{false};
  auto hook = std::make_unique<OnCancel>(cancel, [&] {
    acting = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    done = true;
  });
  std::thread other([&] { cancel.cancel(); });
  while (!acting) std::this_thread::yield();
  hook.reset();
  EXPECT_TRUE(done);
  other.join();
}

TEST(World, JitterStaysWithinItsBound) {
  RealWorld world;
  for (int i = 0; i < 1000; ++i) EXPECT_LE(world.jitter(7), 7u);
}

}  // namespace
}  // namespace tq
