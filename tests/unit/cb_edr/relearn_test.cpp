// SPDX-License-Identifier: Apache-2.0
// Runs that may not believe their state: after one that recorded nothing, or with an older state.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Relearn : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    cloud_.thorough = false;
    fill("Crimeware", 1, 3000);
    ASSERT_TRUE(run().ok());
    writes();
  }
  void expect_settled() {
    writes();
    ASSERT_TRUE(run().ok());
    EXPECT_THAT(writes(), IsEmpty());
  }
};

TEST_F(Relearn, WhatAnUnrecordedRunSentIsTakenBackWhenTheCollectionWentBack) {
  const auto before = crimeware().rows;
  const Content was = content();
  std::erase_if(crimeware().rows, [](const auto& row) { return row.id > 500 && row.id < 900; });
  ASSERT_TRUE(run(TQP_RUN_NO_RECORD).ok());
  EXPECT_NE(content(), was);
  crimeware().rows = before;
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_EQ(content(), was);
  expect_settled();
}

TEST_F(Relearn, ReportsThatOnlyAnUnrecordedRunMadeGoAndBlockNothing) {
  const auto before = crimeware().rows;
  std::erase_if(crimeware().rows, [](const auto& row) { return row.id == 582; });
  settings_["severity"] = "from_score";
  host_.state["feed/bulk_refused"] = "1";
  ASSERT_TRUE(run(TQP_RUN_NO_RECORD).ok());
  host_.state.erase("feed/bulk_refused");
  crimeware().rows = before;
  settings_.erase("severity");
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_EQ(content(), wanted());
  // In one piece again: nothing in the feed is taken for somebody else's.
  settings_["report_tags"] = {"new"};
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 1u);
}

TEST_F(Relearn, ReportsOfPeopleAreNoneOfOurs) {
  Cloud::Report report;
  report.body = R"({"id":"theirs","timestamp":5,"title":"t","severity":1,)"
                R"("description":"copied (revision 0123456789abcdef)."})";
  cloud_.feed("ThreatQ")->reports.emplace("theirs", report);
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.count("theirs"), 1u);
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Relearn, AnUnrecordedRunDoesNotPassTheBrake) {
  crimeware().rows.clear();
  const Outcome outcome = run(TQP_RUN_NO_RECORD);
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("this run would delete"));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Relearn, WhatTheStateSaysToHaveChangedIsSentAlthoughItStands) {
  crimeware().rows.erase(crimeware().rows.begin(), crimeware().rows.begin() + 300);
  ASSERT_TRUE(run(TQP_RUN_NO_RECORD).ok());
  EXPECT_EQ(content(), wanted());
  writes();
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_THAT(writes(), Not(IsEmpty())) << "what it would have sent";
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.complaints, IsEmpty()) << "with newer timestamps";
  expect_settled();
}

TEST_F(Relearn, AnOlderStateIsMadeUpFor) {
  const auto older = host_.state;
  fill("Crimeware", 200, 4500);
  ASSERT_TRUE(run().ok());
  host_.state = older;  // restored from a backup
  fill("Crimeware", 300, 4400);
  watch();
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.complaints, IsEmpty());
  expect_settled();
}

TEST_F(Relearn, TheBrakeCountsReportsThatTheStateDoesNotKnow) {
  const auto older = host_.state;
  fill("Crimeware", 1, 20'000);
  ASSERT_TRUE(run().ok());
  host_.state = older;
  crimeware().rows.resize(100);
  writes();
  EXPECT_EQ(run(TQP_RUN_RELEARN).status, TQP_E_CONFIG);
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Relearn, ARepairIsNotTakenBackByALook) {
  std::string& body = cloud_.feed("ThreatQ")->reports.begin()->second.body;
  body.replace(body.find("\"severity\":5"), 12, "\"severity\":6");
  host_.setup.config = settings_.dump();
  ASSERT_TRUE(host_.verify(true).outcome.ok());
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_EQ(count(writes(), "PUT"), 1u);
  EXPECT_EQ(host_.verify().count(TQP_FOUND_DIFFERENT), 0u);
}

TEST_F(Relearn, AnEmptyListDuringARepairCostsNoMemory) {
  const auto reports = cloud_.feed("ThreatQ")->reports;
  cloud_.feed("ThreatQ")->reports.clear();
  host_.setup.config = settings_.dump();
  ASSERT_TRUE(host_.verify(true).outcome.ok());
  cloud_.feed("ThreatQ")->reports = reports;  // it was a look that showed nothing
  crimeware().rows.resize(1200);
  EXPECT_EQ(run().status, TQP_E_CONFIG) << "the brake still knows what stood";
  crimeware().rows = rows(1, 2500);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.complaints, IsEmpty()) << "with newer timestamps";
}

TEST_F(Relearn, WithNothingChangedSendsNothing) {
  ASSERT_TRUE(run(TQP_RUN_RELEARN).ok());
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(content(), wanted());
}

}  // namespace
}  // namespace cb_edr
