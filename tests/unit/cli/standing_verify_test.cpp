// SPDX-License-Identifier: Apache-2.0
// When an operator is told that an instance was not verified for too long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/standing.hpp"
#include "core/record_json.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNowMs = 1'800'000'000'000;
constexpr int64_t kDayMs = 24 * 60 * 60'000;

// What is told of an instance whose last run ended so, under a supervisor that has wanted to verify
// it for that long.
std::string told(const std::string& run_state, int64_t days, const std::string& wanted = "runs") {
  HostConfig config;
  config.state_dir = "/nonexistent/tqhost";
  InstanceConfig instance;
  instance.name = "cb-prod";
  Standing standing;
  standing.verifiable = true;
  standing.run.emplace().state = run_state;
  standing.live = {{"wanted", wanted},
                   {"verify", {{"since", format_time_utc(kNowMs - days * kDayMs)}, {"pid", 0}}}};
  judge_verification(config, instance, standing, kNowMs);
  EXPECT_EQ(standing.well, standing.verify_note.empty());
  return standing.verify_note;
}

TEST(StandingOfVerifications, TellsWhenItWasNotVerifiedForThreePeriods) {
  EXPECT_THAT(told("done", 22),
              HasSubstr("it was not verified for 22 days, though it is to be weekly"));
  EXPECT_THAT(told("done", 21), IsEmpty());
  EXPECT_THAT(told("failed", 22), HasSubstr("tqhost verify cb-prod does it now"));
}

TEST(StandingOfVerifications, SaysNothingOfOneThatNobodyCanOrWantsToVerify) {
  EXPECT_THAT(told("disabled", 40), IsEmpty()) << "switched off in ThreatQ";
  EXPECT_THAT(told("done", 40, "stopped"), IsEmpty());
  EXPECT_THAT(told("done", 40, "paused"), IsEmpty());
}

}  // namespace
}  // namespace tq
