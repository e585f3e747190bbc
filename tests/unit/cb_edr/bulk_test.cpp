// SPDX-License-Identifier: Apache-2.0
// Writing a feed in one piece when the service does not take it, or does not say whether it has.
#include "faulty.hpp"

namespace cb_edr {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using Bulk = Faulty;

TEST_F(Bulk, TooLargeForOnePieceGoesReportByReportAndIsNotTriedAgain) {
  cloud_.before = fault("POST", "/reports", {413, ""}, kAlways);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  auto sent = writes();
  EXPECT_EQ(count(sent, "POST", "/reports"), 1u);
  settings_["report_tags"] = {"everything", "changes"};
  ASSERT_TRUE(run().ok());
  sent = writes();
  EXPECT_EQ(count(sent, "POST", "/reports"), 0u);
  EXPECT_EQ(count(sent, "PUT"), cloud_.feed("ThreatQ")->reports.size());
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 1u) << "--full tries again";
}

TEST_F(Bulk, TooLargePiecesResumeWhereTheyBrokeOff) {
  cloud_.before = [&, puts = 0](const Sent& request) mutable -> std::optional<Answer> {
    if (request.method == "POST" && ends_with(request.url, "/reports")) return Answer{413, ""};
    if (request.method == "PUT" && ++puts == 3) return broken_connection();
    return std::nullopt;
  };
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_THAT(cloud_.feed("ThreatQ")->reports, SizeIs(2));
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  const auto sent = writes();
  EXPECT_EQ(count(sent, "POST"), 0u);
  EXPECT_EQ(count(sent, "PUT"), cloud_.feed("ThreatQ")->reports.size() - 2);
}

TEST_F(Bulk, GatewayTimeOutAfterTheEffectIsSettledByOneLook) {
  for (Answer answer : {Answer{504, "<html>"}, Answer{502, ""}, broken_connection(), cut_off(),
                        Answer{200, R"({"errorMessage":"internal"})"}}) {
    settings_["report_tags"] = {"tag " + std::to_string(cloud_.feeds.size()) + answer.body,
                                std::to_string(answer.status)};
    cloud_.after = fault("POST", "/reports", answer);
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted());
    const auto sent = writes();
    EXPECT_EQ(count(sent, "POST", "/reports"), 1u);
    EXPECT_EQ(count(sent, "PUT"), 0u);
    ASSERT_TRUE(run().ok());
    EXPECT_THAT(writes(), IsEmpty());
    host_.state.erase("feed/bulk_refused");
  }
}

TEST_F(Bulk, GatewayTimeOutWithoutEffectIsWrittenReportByReport) {
  cloud_.before = fault("POST", "/reports", {504, ""});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(count(writes(), "PUT"), cloud_.feed("ThreatQ")->reports.size());
}

TEST_F(Bulk, ALookThatFindsAnEarlierAttemptTakesItForNothingElse) {
  // The service has what a run sent that knows nothing of it.
  cloud_.after = fault("POST", "/reports", {502, ""});
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    const bool report = request.url.find("/reports") != std::string::npos;
    if (report && request.method != "POST") return Answer{503, ""};
    return std::nullopt;
  };
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_EQ(content(), wanted());
  // Ids and timestamps of what is sent now are the same; the content is not.
  small_change();
  cloud_.before = fault("POST", "/reports", {502, ""});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Bulk, ALookThatFindsTheOldTimestampsIsNoProof) {
  ASSERT_TRUE(run().ok());
  writes();
  cloud_.before = fault("POST", "/reports", {502, ""});
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_EQ(count(writes(), "PUT"), cloud_.feed("ThreatQ")->reports.size());
}

TEST_F(Bulk, TimeOutOfAWriteThatReplacedEverythingAndTookReportsAway) {
  ASSERT_TRUE(run().ok());
  writes();
  settings_["severity"] = "from_score";
  cloud_.after = fault("POST", "/reports", {504, ""});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  const auto sent = writes();
  EXPECT_EQ(count(sent, "PUT") + count(sent, "DELETE"), 0u);
}

}  // namespace
}  // namespace cb_edr
