// SPDX-License-Identifier: Apache-2.0
// One report that cannot be written or deleted, run after run, and all the others that can.
#include "faulty.hpp"

namespace cb_edr {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FailingReport : public Faulty {
 protected:
  void SetUp() override {
    Faulty::SetUp();
    host_.state["feed/bulk_refused"] = "1";
  }
  // The report that holds this indicator is always answered so.
  static Cloud::Fault always(uint64_t indicator, const Answer& answer) {
    const std::string ioc = "\"tq-" + std::to_string(indicator) + "\"";
    return [=](const Sent& request) -> std::optional<Answer> {
      if (request.method != "PUT" || request.body.find(ioc) == std::string::npos)
        return std::nullopt;
      return answer;
    };
  }
  bool stands(uint64_t indicator) { return content().count({"Crimeware", indicator}) > 0; }
};

TEST_F(FailingReport, StopsNoOtherAndIsADeadLetterAfterThreeRuns) {
  for (const int status : {500, 502, 503, 504, 409}) {
    SCOPED_TRACE(status);
    cloud_.feeds.clear();
    host_.state = {{"feed/bulk_refused", "1"}};
    host_.seen.rejected.clear();
    host_.seen.accepted.clear();
    cloud_.before = always(700, {status, R"({"message":"no luck"})"});
    for (int runs = 1; runs <= 2; ++runs) {
      const Outcome outcome = run();
      EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
      EXPECT_EQ(outcome.http_status, status);
      EXPECT_THAT(outcome.message, HasSubstr("no luck"));
      EXPECT_FALSE(stands(700));
      EXPECT_TRUE(stands(1) && stands(1500)) << "those before it and behind it";
      EXPECT_THAT(host_.seen.rejected, IsEmpty());
    }
    EXPECT_TRUE(run().ok()) << "told as a dead letter from now on";
    ASSERT_THAT(host_.seen.rejected, SizeIs(1));
    EXPECT_EQ(host_.seen.rejected[0].type, "report");
    EXPECT_THAT(host_.seen.rejected[0].reason, HasSubstr("no luck"));
    cloud_.before = {};
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted());
    EXPECT_THAT(host_.seen.accepted,
                Contains(testing::Field(&tqp::RefusedItem::value, host_.seen.rejected[0].value)));
  }
}

TEST_F(FailingReport, FiveDifferentOnesInARowEndTheRun) {
  fill("Crimeware", 1, 6000);
  cloud_.before = fault("PUT", "/reports/", {500, ""}, kAlways);
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  std::set<std::string> tried;
  for (const Sent& request : writes())
    if (request.method == "PUT") tried.insert(request.url);
  EXPECT_THAT(tried, SizeIs(5));
  // It is the service: however often, no sound report becomes a dead letter, and the tries end.
  for (int runs = 0; runs < 12; ++runs) {
    EXPECT_EQ(run().status, TQP_E_TRANSIENT);
    tried.clear();
    for (const Sent& request : writes())
      if (request.method == "PUT") tried.insert(request.url);
    EXPECT_LE(tried.size(), 25u);
  }
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(FailingReport, KeepsWhatItShouldHaveTakenOver) {
  ASSERT_TRUE(run().ok());
  // 582 closes a report: without it other reports take over what its neighbours held.
  std::erase_if(crimeware().rows, [](const auto& row) { return row.id == 582; });
  cloud_.before = always(700, {503, ""});
  watch();
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_TRUE(stands(700));
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(FailingReport, WithoutAnAnswerEndsTheRunTheFirstTimeOnly) {
  cloud_.before = always(700, broken_connection());
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_FALSE(stands(1));
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_TRUE(stands(1)) << "it was this report's, not the network's";
  EXPECT_TRUE(run().ok());
  EXPECT_THAT(host_.seen.rejected, SizeIs(1));
}

TEST_F(FailingReport, WhatAnErrorAnswerHidIsFoundByALook) {
  cloud_.after = fault("PUT", "/reports/", {504, ""}, 2);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(FailingReport, ADeletionThatFailsStopsNoOther) {
  fill("Crimeware", 1, 4000);
  ASSERT_TRUE(run().ok());
  const size_t before = cloud_.feed("ThreatQ")->reports.size();
  fill("Crimeware", 1, 2100);
  int deletions = 0;
  cloud_.before = [&](const Sent& request) -> std::optional<Answer> {
    if (request.method == "DELETE" && deletions++ == 0) return Answer{502, ""};
    return std::nullopt;
  };
  EXPECT_EQ(run().http_status, 502);
  EXPECT_GT(deletions, 2);
  EXPECT_LT(cloud_.feed("ThreatQ")->reports.size(), before);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

}  // namespace
}  // namespace cb_edr
