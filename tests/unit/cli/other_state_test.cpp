// SPDX-License-Identifier: Apache-2.0
// What is said of verifications after `state reset` and `state import`.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "cli/standing.hpp"
#include "core/record_json.hpp"
#include "worker/layout.hpp"
#include "worker/verification.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr int64_t kDayMs = 24LL * 60 * 60 * 1000;

class OtherState : public testing::Test {
 protected:
  OtherState() {
    std::string pattern = testing::TempDir() + "tq-other-XXXXXX";
    config_.state_dir = ::mkdtemp(pattern.data());
    instance_.name = "cb-prod";
    instance_.verify = VerifyEvery::kWeek;
    std::filesystem::create_directory(config_.state_dir / "cb-prod");
    VerifyRecord record;
    record.instance = "cb-prod";
    record.compared_ms = kNowMs - kDayMs;
    record.counts.missing = 2;
    EXPECT_TRUE(write_verify_record(file(), record).ok());
  }
  ~OtherState() override { std::filesystem::remove_all(config_.state_dir); }

  std::filesystem::path file() const {
    return verify_record_file(instance_folder(config_, instance_.name));
  }
  // Under a supervisor that has been there for half a year.
  std::string note(int64_t now_ms) {
    Standing standing;
    standing.verifiable = true;
    standing.live = {{"wanted", "runs"},
                     {"verify", {{"since", time_or_null(kNowMs - 180 * kDayMs)}}}};
    judge_verification(config_, instance_, standing, now_ms);
    EXPECT_EQ(standing.well, standing.verify_note.empty());
    return standing.verify_note;
  }

  HostConfig config_;
  InstanceConfig instance_;
};

TEST_F(OtherState, HasNoDriftAndIsOverdueOnlyAThirdPeriodLater) {
  EXPECT_THAT(note(kNowMs), HasSubstr("2 missing"));
  ASSERT_TRUE(note_other_state(file(), kNowMs).ok());
  EXPECT_EQ(note(kNowMs), "");
  EXPECT_EQ(note(kNowMs + 20 * kDayMs), "");
  EXPECT_THAT(note(kNowMs + 22 * kDayMs), HasSubstr("it was not verified for 22 days"));
}

}  // namespace
}  // namespace tq
