// SPDX-License-Identifier: Apache-2.0
#include "store/verify_record.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tq {
namespace {

VerifyRecord drifted() {
  VerifyRecord record;
  record.instance = "cb-prod";
  record.plugin = "cb_edr";
  record.version = "1.2.0";
  record.result = VerifyResult::kFailed;
  record.started_ms = 1'700'000'100'000;
  record.ended_ms = 1'700'000'160'000;
  record.pid = 4711;
  record.by_schedule = true;
  record.error_status = "E_TRANSIENT";
  record.error_message = "the remote is away";
  record.failures = 2;
  record.compared_ms = 1'700'000'000'000;
  record.marked = true;
  record.counts = {1200, 2, 1, 3};
  record.findings = {{"missing", 1, "report", "r1", "not in the feed"},
                     {"different", 2, "report", "", "their titles"}};
  record.left_out = 3;
  return record;
}

class VerifyRecordFile : public testing::Test {
 protected:
  const std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                      ("tq-verify-" + std::to_string(::getpid()) + ".json");
  ~VerifyRecordFile() override { std::filesystem::remove(file_); }
};

TEST_F(VerifyRecordFile, ArrivesAsItWasWritten) {
  ASSERT_TRUE(write_verify_record(file_, drifted()).ok());
  const auto read = read_verify_record(file_);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->instance, "cb-prod");
  EXPECT_EQ(read->version, "1.2.0");
  EXPECT_EQ(read->result, VerifyResult::kFailed);
  EXPECT_EQ(read->started_ms, 1'700'000'100'000);
  EXPECT_EQ(read->ended_ms, 1'700'000'160'000);
  EXPECT_EQ(read->pid, 4711);
  EXPECT_TRUE(read->by_schedule);
  EXPECT_FALSE(read->repair);
  EXPECT_EQ(read->error_message, "the remote is away");
  EXPECT_EQ(read->failures, 2u);
  EXPECT_EQ(read->compared_ms, 1'700'000'000'000);
  EXPECT_FALSE(read->compared_by_schedule);
  EXPECT_TRUE(read->marked);
  EXPECT_EQ(read->repaired_ms, 0);
  EXPECT_EQ(to_json(read->counts), to_json(drifted().counts));
  EXPECT_EQ(to_json(read->findings), to_json(drifted().findings));
  EXPECT_EQ(read->left_out, 3u);
}

TEST_F(VerifyRecordFile, DriftStandsUntilItIsRepaired) {
  VerifyRecord record = drifted();
  EXPECT_TRUE(record.drift_stands());
  record.repaired_ms = 1'700'000'200'000;
  EXPECT_FALSE(record.drift_stands());
  EXPECT_FALSE(VerifyRecord().drift_stands());
  record = VerifyRecord();
  record.counts.foreign = 7;
  EXPECT_FALSE(record.drift_stands()) << "what others put there is no drift";
}

TEST_F(VerifyRecordFile, ADamagedOneIsRefused) {
  for (const char* text : {"", "{}", "[]", R"({"tqhost_verify": 2})"}) {
    std::ofstream(file_, std::ios::trunc) << text;
    EXPECT_FALSE(read_verify_record(file_).ok()) << text;
  }
  std::ofstream(file_, std::ios::trunc)
      << R"({"tqhost_verify": 1, "last": 7, "compared": {"findings": [3], "counts": null}})";
  EXPECT_TRUE(read_verify_record(file_).ok()) << "what is of another type reads as nothing";
}

}  // namespace
}  // namespace tq
