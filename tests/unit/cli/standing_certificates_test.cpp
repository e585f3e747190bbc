// SPDX-License-Identifier: Apache-2.0
// What an operator is told of certificates that a setting says not to verify.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/standing.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StandingOfCertificates : public testing::Test {
 protected:
  const std::vector<Finding>& judged() {
    judge_certificates(config_, instance_, standing_);
    EXPECT_TRUE(standing_.well) << "somebody wants it so";
    return standing_.findings;
  }

  HostConfig config_;
  InstanceConfig instance_;
  Standing standing_;
};

TEST_F(StandingOfCertificates, SaysNothingOfWhatIsVerified) {
  EXPECT_THAT(judged(), IsEmpty());
  instance_.threatq.emplace().host = "tq.example";
  standing_.run.emplace();
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(StandingOfCertificates, NamesThreatQAndItsSetting) {
  instance_.threatq.emplace().host = "tq.example";
  instance_.threatq->verify_tls = false;
  ASSERT_THAT(judged(), SizeIs(1));
  EXPECT_FALSE(standing_.findings[0].bad);
  EXPECT_THAT(standing_.findings[0].what,
              HasSubstr("ThreatQ at https://tq.example is not verified, because the setting "
                        "threatq.verify_tls"));
}

TEST_F(StandingOfCertificates, OfPlainHttpThereIsNone) {
  instance_.threatq.emplace().host = "http://127.0.0.1:8080";
  instance_.threatq->verify_tls = false;
  EXPECT_THAT(judged(), IsEmpty());
}

TEST_F(StandingOfCertificates, TellsWhatTheLastRunNoted) {
  standing_.run.emplace().notes = {"the certificate of https://epo.example is not verified"};
  ASSERT_THAT(judged(), SizeIs(1));
  EXPECT_THAT(standing_.findings[0].what, HasSubstr("as of its last run, the certificate of"));
}

}  // namespace
}  // namespace tq
