// SPDX-License-Identifier: Apache-2.0
// How a worker ended, and whether its plugin's file is to blame.
#include <gtest/gtest.h>
#include <signal.h>

#include "worker/worker_process.hpp"

namespace tq {
namespace {

WorkerEnd died(PluginStage stage, int signal) {
  WorkerEnd end;
  end.stage = stage;
  end.signal = signal;
  return end;
}

WorkerEnd told(PluginStage stage, Status status) {
  WorkerEnd end;
  end.stage = stage;
  end.reported = true;
  end.status = status == Status::kOk ? "" : std::string(status_name(status));
  return end;
}

TEST(WorkerEnds, TheFileIsToBlameUpToCreate) {
  EXPECT_TRUE(died(PluginStage::kLoading, SIGSEGV).file_failed());
  EXPECT_TRUE(died(PluginStage::kCreating, SIGABRT).file_failed());
  EXPECT_TRUE(died(PluginStage::kCreating, 0).file_failed()) << "it called exit()";
  EXPECT_TRUE(told(PluginStage::kLoading, Status::kConfig).file_failed()) << "the loader's word";
  EXPECT_TRUE(told(PluginStage::kLoading, Status::kBug).file_failed());
  for (const Status status :
       {Status::kBug, Status::kData, Status::kTransient, Status::kUnsupported})
    EXPECT_TRUE(told(PluginStage::kCreating, status).file_failed()) << status_name(status);
}

TEST(WorkerEnds, SettingsLogInsAndStopsAreNotTheFilesFault) {
  for (const Status status : {Status::kConfig, Status::kAuth, Status::kCancelled, Status::kOk})
    EXPECT_FALSE(told(PluginStage::kCreating, status).file_failed()) << status_name(status);
  EXPECT_FALSE(told(PluginStage::kLoading, Status::kTransient).file_failed()) << "its copy is gone";
  EXPECT_FALSE(died(PluginStage::kCreating, SIGKILL).file_failed()) << "memory that is short";
  WorkerEnd end = died(PluginStage::kCreating, SIGKILL);
  end.overdue = true;
  EXPECT_TRUE(end.file_failed()) << "it hung";
  end = died(PluginStage::kCreating, SIGKILL);
  end.cause = "it used 1,230 MB of limits.memory_mb 1,024";
  EXPECT_TRUE(end.file_failed());
  end = died(PluginStage::kCreating, SIGABRT);
  end.stopped = true;
  EXPECT_FALSE(end.file_failed());
}

TEST(WorkerEnds, NothingBeforeOrBehindThatIsTheFilesFault) {
  for (const PluginStage stage :
       {PluginStage::kNone, PluginStage::kLoaded, PluginStage::kCreated}) {
    EXPECT_FALSE(died(stage, SIGABRT).file_failed());
    EXPECT_FALSE(told(stage, Status::kBug).file_failed());
  }
}

TEST(WorkerEnds, StagesHaveNamesThatComeBack) {
  for (const PluginStage stage :
       {PluginStage::kLoading, PluginStage::kLoaded, PluginStage::kCreating, PluginStage::kCreated})
    EXPECT_EQ(stage_from(stage_name(stage)), stage);
  EXPECT_EQ(stage_from("nonsense"), PluginStage::kNone);
}

}  // namespace
}  // namespace tq
