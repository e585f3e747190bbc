// SPDX-License-Identifier: Apache-2.0
// What a verification finds, and its record.
#include "worker/verification.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "core/file.hpp"
#include "services/host_ctx.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class StillWorld : public RealWorld {
 public:
  int64_t now_ms() const override { return now; }
  int64_t now = 1'700'000'000'000;
};

void found(const tqp_findings* findings, int32_t how, uint64_t n, std::string_view value = {},
           std::string_view detail = {}) {
  findings->found(findings->ctx, how, n, borrow("report"), borrow(value), borrow(detail));
}

class Verifying : public testing::Test {
 protected:
  Verifying() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tq-verify-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "verify.json";
    about_.instance = "cb-prod";
    about_.plugin = "cb_edr";
    about_.pid = 7;
  }
  ~Verifying() override { std::filesystem::remove_all(folder_); }

  VerifyRecord on_disk() {
    const auto record = read_verify_record(file_);
    EXPECT_TRUE(record.ok());
    return record ? *record : VerifyRecord();
  }
  void drift(bool repair = false) {
    about_.repair = repair;
    Verification verification(file_, about_, *log_, world_);
    ASSERT_TRUE(verification.begin().ok());
    found(verification.findings(), TQP_FOUND_MISSING, 1, "r1", "not there");
    const auto result = verification.end({});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(*result, VerifyResult::kDrift);
    about_.repair = false;
  }
  void fail() {
    Verification verification(file_, about_, *log_, world_);
    ASSERT_TRUE(verification.begin().ok());
    EXPECT_FALSE(verification.end(Error{Status::kTransient, "the remote is away"}).ok());
  }

  std::filesystem::path folder_, file_;
  VerifyRecord about_;
  std::unique_ptr<Log> log_ = Log::null();
  StillWorld world_;
};

TEST_F(Verifying, CountsAllAndKeepsTheFirstThatAreNotTheSame) {
  Findings findings(*log_);
  found(findings.table(), TQP_FOUND_SAME, 5'000'000'000);
  found(findings.table(), TQP_FOUND_FOREIGN, 40);
  for (int i = 0; i < 1100; ++i) found(findings.table(), TQP_FOUND_MISSING, 1, std::to_string(i));
  found(findings.table(), TQP_FOUND_DIFFERENT, 0, "nothing");
  EXPECT_EQ(verify_counts_note(findings.counts()),
            "5,000,000,000 same, 1,100 missing, 0 different, 40 foreign");
  ASSERT_THAT(findings.kept(), SizeIs(1000));
  EXPECT_EQ(findings.kept()[0].how, "foreign");
  EXPECT_EQ(findings.kept()[0].number, 40u);
  EXPECT_EQ(findings.kept()[999].value, "998");
  EXPECT_EQ(findings.left_out(), 101u);
}

TEST_F(Verifying, ASumStaysWithinItsBounds) {
  Findings findings(*log_);
  found(findings.table(), TQP_FOUND_MISSING, UINT64_MAX);
  found(findings.table(), TQP_FOUND_MISSING, 2);
  EXPECT_EQ(findings.counts().missing, UINT64_MAX);
}

TEST_F(Verifying, TextsAreCleanedThenCut) {
  log_->redactor().add_value("s3cr3t-token-of-some-length");
  Findings findings(*log_);
  const std::string detail = std::string(500, 'x') + "s3cr3t-token-of-some-length";
  found(findings.table(), TQP_FOUND_MISSING, 1, "a\x1b[2Jb\nc", detail);
  const VerifyFinding& one = findings.kept().at(0);
  EXPECT_EQ(one.value, "a?[2Jb?c");
  EXPECT_EQ(one.detail, std::string(500, 'x') + "***");
  found(findings.table(), TQP_FOUND_MISSING, 1, std::string(100'000, 'y'));
  EXPECT_LE(findings.kept().at(1).value.size(), 300u);
}

TEST_F(Verifying, APieceOfASecretAtTheEndOfWhatIsLookedAtIsHidden) {
  std::string secret;
  for (int i = 0; secret.size() < 1092; ++i) secret += std::to_string(i * 7919) + "k";
  secret.resize(1092);  // 16 KiB hold 15 of it and its first bytes
  log_->redactor().add_value(secret);
  Findings findings(*log_);
  std::string detail;
  for (int i = 0; i < 20; ++i) detail += secret;
  found(findings.table(), TQP_FOUND_MISSING, 1, "r1", detail);
  EXPECT_THAT(findings.kept().at(0).detail, testing::Not(HasSubstr(secret.substr(0, 3))));
}

TEST_F(Verifying, AKindThatThisHostDoesNotKnowIsAFailure) {
  Verification verification(file_, about_, *log_, world_);
  ASSERT_TRUE(verification.begin().ok());
  found(verification.findings(), 9, 1, "r1");
  const auto result = verification.end({});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("(9)"));
  EXPECT_EQ(on_disk().result, VerifyResult::kFailed);
}

TEST_F(Verifying, AnotherThreadTellsNothing) {
  Findings findings(*log_);
  std::thread([&] { found(findings.table(), TQP_FOUND_MISSING, 1, "r1"); }).join();
  EXPECT_EQ(findings.counts().missing, 0u);
}

TEST_F(Verifying, AFailureKeepsWhatWasFoundBefore) {
  drift();
  const int64_t compared_ms = world_.now;
  world_.now += 1'000;
  fail();
  fail();
  const VerifyRecord record = on_disk();
  EXPECT_EQ(record.result, VerifyResult::kFailed);
  EXPECT_EQ(record.failures, 2u);
  EXPECT_EQ(record.error_message, "the remote is away");
  EXPECT_EQ(record.compared_ms, compared_ms);
  EXPECT_TRUE(record.drift_stands());

  Verification same(file_, about_, *log_, world_);
  ASSERT_TRUE(same.begin().ok());
  found(same.findings(), TQP_FOUND_SAME, 3);
  ASSERT_TRUE(same.end({}).ok());
  EXPECT_FALSE(on_disk().drift_stands());
  EXPECT_EQ(on_disk().failures, 0u);
  EXPECT_EQ(on_disk().error_message, "");
}

TEST_F(Verifying, StoppedOnesCountAsNothing) {
  fail();
  Verification verification(file_, about_, *log_, world_);
  ASSERT_TRUE(verification.begin().ok());
  ASSERT_TRUE(verification.end_not_done("stopped").ok());
  EXPECT_EQ(on_disk().result, VerifyResult::kNotDone);
  EXPECT_EQ(on_disk().failures, 1u);
}

TEST_F(Verifying, ADeadWorkersRecordIsClosedByItsParentAndNoOther) {
  Verification verification(file_, about_, *log_, world_);
  ASSERT_TRUE(verification.begin().ok());
  WorkerEnd other;
  other.pid = 8;
  ASSERT_TRUE(close_verify_record(file_, other, "the worker died", world_.now).ok());
  EXPECT_EQ(on_disk().result, VerifyResult::kGoingOn);
  WorkerEnd end;
  end.pid = 7;
  ASSERT_TRUE(close_verify_record(file_, end, "the worker died", world_.now).ok());
  EXPECT_EQ(on_disk().result, VerifyResult::kFailed);
  EXPECT_EQ(on_disk().error_message, "the worker died");
  EXPECT_EQ(on_disk().failures, 1u);
  ASSERT_TRUE(close_verify_record(file_, end, "again", world_.now).ok());
  EXPECT_EQ(on_disk().failures, 1u);
}

TEST_F(Verifying, OneThatNobodyClosedCountsWithTheNext) {
  Verification verification(file_, about_, *log_, world_);
  ASSERT_TRUE(verification.begin().ok());
  fail();
  EXPECT_EQ(on_disk().failures, 2u);
}

TEST_F(Verifying, OnlyWhatWasMarkedIsRepairedByARun) {
  drift();
  ASSERT_TRUE(note_repaired(file_, world_.now + 5).ok());
  EXPECT_TRUE(on_disk().drift_stands());
  drift(/*repair=*/true);
  ASSERT_TRUE(note_repaired(file_, world_.now + 5).ok());
  EXPECT_FALSE(on_disk().drift_stands());
  EXPECT_EQ(on_disk().repaired_ms, world_.now + 5);
  EXPECT_TRUE(note_repaired(folder_ / "absent.json", 1).ok());
}

TEST_F(Verifying, WhatIsMarkedStaysSoUntilARunHasWrittenIt) {
  drift(/*repair=*/true);
  drift();  // before a run has ended well
  EXPECT_TRUE(on_disk().marked);
  ASSERT_TRUE(note_repaired(file_, world_.now + 5).ok());
  EXPECT_FALSE(on_disk().drift_stands());
  drift();
  EXPECT_FALSE(on_disk().marked) << "what drifted since then nobody has marked";
  EXPECT_TRUE(on_disk().drift_stands());
}

TEST_F(Verifying, OfAnotherStateNothingWasFound) {
  drift(/*repair=*/true);
  fail();
  ASSERT_TRUE(note_other_state(file_, world_.now + 5).ok());
  const VerifyRecord record = on_disk();
  EXPECT_EQ(record.plugin, "cb_edr");
  EXPECT_EQ(record.result, VerifyResult::kNotDone);
  EXPECT_EQ(record.failures, 0u);
  EXPECT_EQ(record.compared_ms, 0);
  EXPECT_FALSE(record.drift_stands());
  EXPECT_THAT(record.findings, SizeIs(0));
  EXPECT_EQ(record.other_state_ms, world_.now + 5);
  drift();
  EXPECT_EQ(on_disk().other_state_ms, world_.now + 5) << "later ones keep the time";
  ASSERT_TRUE(note_other_state(folder_ / "absent.json", 1).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "absent.json"));
}

TEST_F(Verifying, OneThatCouldNotBeginLeavesARecord) {
  const Error error{Status::kConfig, "the state is damaged", "/x"};
  ASSERT_TRUE(note_failed_verification(file_, about_, error, world_.now).ok());
  EXPECT_EQ(on_disk().failures, 1u);
  EXPECT_EQ(on_disk().error_status, "E_CONFIG");
}

}  // namespace
}  // namespace tq
