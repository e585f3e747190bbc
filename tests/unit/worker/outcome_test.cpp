// SPDX-License-Identifier: Apache-2.0
#include "worker/outcome.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

TEST(ExitStatus, FollowsTheStatus) {
  EXPECT_EQ(exit_of(Status::kOk, false, false), Exit::kDone);
  EXPECT_EQ(exit_of(Status::kOk, false, true), Exit::kDeadLettered);
  EXPECT_EQ(exit_of(Status::kCancelled, false, false), Exit::kDone);
  EXPECT_EQ(exit_of(Status::kConfig, true, false), Exit::kUsage);
  EXPECT_EQ(exit_of(Status::kConfig, false, false), Exit::kFailed);
  EXPECT_EQ(exit_of(Status::kUnsupported, false, false), Exit::kUsage);
  EXPECT_EQ(exit_of(Status::kDenied, false, false), Exit::kRefused);
  EXPECT_EQ(exit_of(Status::kAuth, false, true), Exit::kFailed);
  EXPECT_EQ(exit_of(Status::kTransient, true, false), Exit::kFailed);
  EXPECT_EQ(exit_of(Status::kBug, true, false), Exit::kFailed);
}

TEST(ExitStatus, TheWorstOfSeveralRunsCounts) {
  const Exit by_rank[] = {Exit::kDone,   Exit::kDeadLettered, Exit::kInterrupted, Exit::kTerminated,
                          Exit::kFailed, Exit::kUsage,        Exit::kRefused};
  for (size_t i = 0; i < std::size(by_rank); ++i)
    for (size_t k = 0; k <= i; ++k) {
      EXPECT_EQ(worse(by_rank[i], by_rank[k]), by_rank[i]);
      EXPECT_EQ(worse(by_rank[k], by_rank[i]), by_rank[i]);
    }
}

TEST(State, SaysWhetherAPersonIsNeeded) {
  EXPECT_EQ(state_of(Status::kOk), "done");
  EXPECT_EQ(state_of(Status::kCancelled), "cancelled");
  EXPECT_EQ(state_of(Status::kAuth), "needs_attention");
  EXPECT_EQ(state_of(Status::kConfig), "needs_attention");
  EXPECT_EQ(state_of(Status::kTransient), "failed");
  EXPECT_EQ(state_of(Status::kBug), "failed");
}

}  // namespace
}  // namespace tq
