// SPDX-License-Identifier: Apache-2.0
#include "core/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace tq {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{Status::kData, "odd"};
  return n / 2;
}

Result<int> quarter(int n) {
  TQ_ASSIGN(const int once, half(n));
  TQ_ASSIGN(const int twice, half(once));
  return twice;
}

Result<void> must_be_even(int n) {
  TQ_TRY(half(n));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(*half(4), 2);
  ASSERT_FALSE(half(3));
  EXPECT_EQ(half(3).error().message, "odd");
}

TEST(Result, MacrosLeaveTheFunctionWithTheFirstError) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().status, Status::kData);
  EXPECT_TRUE(must_be_even(2));
  EXPECT_FALSE(must_be_even(1));
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = made.take();
  EXPECT_EQ(*taken, 7);
}

TEST(Error, GetsAContextInFront) {
  EXPECT_EQ((Error{Status::kConfig, "no such file"}.in("cb-prod").message),
            "cb-prod: no such file");
}

TEST(Status, HasTheNamesThatLogsShow) {
  EXPECT_EQ(status_name(Status::kTransient), "E_TRANSIENT");
  EXPECT_EQ(status_name(static_cast<Status>(99)), "E_BUG");
}

}  // namespace
}  // namespace tq
