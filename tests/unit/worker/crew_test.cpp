// SPDX-License-Identifier: Apache-2.0
// What the end of a worker means to the one who started it.
#include "worker/crew.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace tq {
namespace {

using testing::HasSubstr;

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

TEST(WorkerEnd, SaysWhatIsKnownOfHowItEnded) {
  WorkerEnd end;
  end.exit_status = 3;
  EXPECT_EQ(end.how(), "ended without a word, exit status 3");
  end.in_plugin = true;
  EXPECT_THAT(end.how(), HasSubstr("the plugin called _exit(3)"));
  end.exit_call = "exit";
  EXPECT_EQ(end.how(), "ended because the plugin called exit(3)");
  end.broken = "state.put: a key has at least one byte";
  EXPECT_THAT(end.how(), HasSubstr("; before that the plugin broke the contract: state.put"));
}

TEST(WorkerEnd, NamesAWorkerThatDidNotHeedItsStop) {
  WorkerEnd end;
  end.exit_status = kStopNotHeard;
  end.in_plugin = true;
  EXPECT_THAT(end.how(), HasSubstr("_exit(125)")) << "nobody had asked it to stop";
  end.stopped = true;
  EXPECT_THAT(end.how(), HasSubstr("did not heed"));
}

TEST(WorkerEnd, WhatItsShimEndedItForIsNamed) {
  ShimReport report;
  EXPECT_EQ(cause_of(report, 1024), "");
  report.cause = ShimCause::kMemory;
  report.used_kib = 1'230 << 10;
  EXPECT_EQ(cause_of(report, 1024), "it used 1,230 MB of limits.memory_mb 1,024");
  report.cause = ShimCause::kProcesses;
  report.processes = 800;
  WorkerEnd end;
  end.signal = SIGKILL;
  end.cause = cause_of(report, 1024);
  EXPECT_EQ(end.how(), "was ended: it was 800 processes, and may be 128");
}

}  // namespace
}  // namespace tq
