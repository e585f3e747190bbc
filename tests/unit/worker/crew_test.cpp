// SPDX-License-Identifier: Apache-2.0
// What the end of a worker means to the one who started it.
#include "worker/crew.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace tq {
namespace {

WorkerEnd reported(int exit_status) {
  WorkerEnd end;
  end.exit_status = exit_status;
  end.reported = true;
  return end;
}

TEST(WorkerEnd, ReportedStatusIsTheOutcome) {
  EXPECT_EQ(reported(0).exit(), Exit::kDone);
  EXPECT_EQ(reported(2).exit(), Exit::kUsage);
  EXPECT_EQ(reported(3).exit(), Exit::kDeadLettered);
  EXPECT_EQ(reported(4).exit(), Exit::kRefused);
  EXPECT_EQ(reported(77).exit(), Exit::kFailed);
}

TEST(WorkerEnd, APluginThatCallsExitHasNotDoneItsWork) {
  for (const int status : {0, 3}) {
    WorkerEnd end = reported(status);
    end.reported = false;
    EXPECT_EQ(end.exit(), Exit::kFailed) << status;
  }
}

TEST(WorkerEnd, SignalsAndOverdueRunsAreFailures) {
  WorkerEnd killed = reported(-1);
  killed.signal = SIGKILL;
  EXPECT_EQ(killed.exit(), Exit::kFailed);
  WorkerEnd late = reported(0);
  late.overdue = true;
  EXPECT_EQ(late.exit(), Exit::kFailed);
}

}  // namespace
}  // namespace tq
