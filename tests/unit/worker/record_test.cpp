// SPDX-License-Identifier: Apache-2.0
#include "worker/record.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "core/file.hpp"

namespace tq {
namespace {

class StillWorld : public RealWorld {
 public:
  int64_t now_ms() const override { return 1'700'000'000'000 + static_cast<int64_t>(mono); }
  uint64_t mono_ms() const override { return mono; }

  uint64_t mono = 100'000;
};

class Keeper : public testing::Test {
 protected:
  Keeper() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tq-record-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "run.json";
    record_.instance = "cb-prod";
    record_.started_ms = 1'700'000'000'000;
    record_.pid = 7;
  }
  ~Keeper() override { std::filesystem::remove_all(folder_); }

  RunRecord on_disk() {
    const auto record = read_run_record(file_);
    EXPECT_TRUE(record.ok());
    return record ? *record : RunRecord();
  }

  std::filesystem::path folder_, file_;
  RunRecord record_;
  UniqueFd nowhere_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  Reporter reporter_{nowhere_.get()};
  std::unique_ptr<Log> log_ = Log::null();
  StillWorld world_;
  Cancel cancel_;
};

TEST_F(Keeper, RecordsARunFromBeginToEndWithItsCounts) {
  RunKeeper keeper(file_, record_, reporter_, *log_, world_);
  RunService run({}, world_, cancel_, *log_, keeper);
  keeper.listen_to(run);
  ASSERT_TRUE(keeper.begin().ok());
  EXPECT_EQ(on_disk().state, "running");
  EXPECT_EQ(on_disk().pid, 7);
  run.count(TQP_COUNT_READ, "", 5);
  run.count(TQP_COUNT_SKIPPED, "type URL", 2);
  ASSERT_TRUE(keeper.end(Exit::kDone, "done", nullptr).ok());
  const RunRecord record = on_disk();
  EXPECT_EQ(record.state, "done");
  EXPECT_EQ(record.counts.at("read"), 5u);
  EXPECT_EQ(record.skipped.at("type URL"), 2u);
  EXPECT_EQ(record.ended_ms, world_.now_ms());
  EXPECT_EQ(record.last_success_ms, world_.now_ms());
}

TEST_F(Keeper, IsWrittenAtMostEveryTwoSecondsWhileItRuns) {
  RunKeeper keeper(file_, record_, reporter_, *log_, world_);
  RunService run({}, world_, cancel_, *log_, keeper);
  keeper.listen_to(run);
  ASSERT_TRUE(keeper.begin().ok());
  world_.mono += 1000;
  run.progress(10, 100, "reading");
  EXPECT_EQ(on_disk().progress_done, 0u);
  world_.mono += 1000;
  run.progress(20, 100, "reading");
  EXPECT_EQ(on_disk().progress_done, 20u);
  world_.mono += 1000;
  run.progress(30, 100, "reading");
  EXPECT_EQ(on_disk().progress_done, 20u);
}

TEST_F(Keeper, CarriesTheLastSuccessOverAFailure) {
  RunKeeper first(file_, record_, reporter_, *log_, world_);
  ASSERT_TRUE(first.begin().ok());
  ASSERT_TRUE(first.end(Exit::kDone, "done", nullptr).ok());
  const int64_t success_ms = on_disk().last_success_ms;
  world_.mono += 5000;
  RunKeeper second(file_, record_, reporter_, *log_, world_);
  ASSERT_TRUE(second.begin().ok());
  log_->redactor().add_value("s3cr3t-token");
  const Error error{Status::kAuth, "refused s3cr3t-token", "/api_id"};
  ASSERT_TRUE(second.end(Exit::kFailed, "needs_attention", &error).ok());
  const RunRecord record = on_disk();
  EXPECT_EQ(record.last_success_ms, success_ms);
  EXPECT_EQ(record.error_status, "E_AUTH");
  EXPECT_EQ(record.error_message, "refused ***");
  EXPECT_EQ(record.error_field, "/api_id");
  EXPECT_EQ(record.exit_status, 1);
}

TEST_F(Keeper, ADryRunIsNoSuccessToRemember) {
  record_.dry = true;
  RunKeeper keeper(file_, record_, reporter_, *log_, world_);
  ASSERT_TRUE(keeper.begin().ok());
  ASSERT_TRUE(keeper.end(Exit::kDone, "done", nullptr).ok());
  EXPECT_EQ(on_disk().last_success_ms, 0);
}

TEST_F(Keeper, ACheckLeavesNoRecord) {
  RunKeeper keeper({}, record_, reporter_, *log_, world_);
  ASSERT_TRUE(keeper.begin().ok());
  keeper.progress(1, 2, "checking");
  ASSERT_TRUE(keeper.end(Exit::kDone, "done", nullptr).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace tq
