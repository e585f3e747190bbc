// SPDX-License-Identifier: Apache-2.0
#include "core/repeated_signal.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace tq {
namespace {

TEST(RepeatedSignal, TheSameOneWithinASecondIsAnEcho) {
  RepeatedSignal asked;
  EXPECT_TRUE(asked.counts(SIGTERM, 5'000));
  EXPECT_FALSE(asked.counts(SIGTERM, 5'000));
  EXPECT_FALSE(asked.counts(SIGTERM, 5'999));
  EXPECT_TRUE(asked.counts(SIGTERM, 6'000)) << "a second after the one that counted";
  EXPECT_FALSE(asked.counts(SIGTERM, 6'500));
}

TEST(RepeatedSignal, AnotherSignalIsMeant) {
  RepeatedSignal asked;
  EXPECT_TRUE(asked.counts(SIGTERM, 0));
  EXPECT_TRUE(asked.counts(SIGINT, 1));
}

}  // namespace
}  // namespace tq
