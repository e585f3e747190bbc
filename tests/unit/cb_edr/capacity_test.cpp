// SPDX-License-Identifier: Apache-2.0
// A feed takes 10,000 reports at any time, whoever put them there: what the plugin does when it
// needs more, and how everything changes in a feed that is nearly full.
#include "faulty.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Capacity : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    cloud_.thorough = false;
    host_.state["feed/bulk_refused"] = "1";
  }
  // Other people's reports leave so many places beside what stands.
  void crowd(size_t places) {
    Cloud::Feed& feed = *cloud_.feed("ThreatQ");
    Cloud::add_reports(feed, cloud_.most_reports - feed.reports.size() - places);
  }
  size_t ours() { return cloud_.feed("ThreatQ")->reports.size() - others(); }
  size_t others() {
    size_t n = 0;
    for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports)
      n += report.collection == "somebody's" ? 1 : 0;
    return n;
  }
  // Of a first run: one indicator in ten passes the filter.
  void fill_pilot() {
    fill("Crimeware", 1, 1000);
    for (auto& row : crimeware().rows)
      if (row.id % 10 != 0) row.type = "URL";
  }
};

TEST_F(Capacity, TheShareThatPassesTheFilterIsLearntForEachCollection) {
  fill_pilot();
  ASSERT_TRUE(run().ok());
  host_.state["feed/others"] = "9960";
  fill("Hashes", 1, 12'000, "18");
  settings_["data_collections"] = {"Crimeware", "Hashes"};
  host_.seen.counts.clear();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(host_.state.at("cut/target_bits"), "9") << "40 places: a larger target at once";
  EXPECT_EQ(host_.state.at("cut/share/17"), "100/1000");
  EXPECT_EQ(host_.state.at("cut/share/18"), "12000/12000");
  EXPECT_EQ(host_.seen.count(TQP_COUNT_READ), 13'000u);
  EXPECT_EQ(content(), wanted());
}

TEST_F(Capacity, MoreThanForeseenIsReadAgainForLargerReports) {
  fill_pilot();
  ASSERT_TRUE(run().ok());
  crowd(29);
  host_.state["feed/others"] = std::to_string(others());
  fill("Crimeware", 1, 12'000);  // and all of them pass now
  host_.seen.counts.clear();
  for (const uint32_t flags : {0u, uint32_t{TQP_RUN_FULL}}) {
    ASSERT_TRUE(run(flags).ok());
    EXPECT_EQ(content(), wanted());
    EXPECT_LE(ours(), 30u);
  }
  EXPECT_EQ(host_.state.at("cut/target_bits"), "10");
  EXPECT_EQ(host_.seen.count(TQP_COUNT_READ), 2 * 12'000u) << "a row counts once a run";
  EXPECT_TRUE(host_.seen.logged("reading again for larger ones"));
}

TEST_F(Capacity, WhatNoTargetMakesPossibleIsRefusedWithWhoTakesThePlaces) {
  fill("Crimeware", 1, 100);
  ASSERT_TRUE(run().ok());
  crowd(1);
  host_.state["feed/others"] = std::to_string(others());
  fill("Crimeware", 1, 6000);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_UNSUPPORTED);
  EXPECT_THAT(outcome.message, HasSubstr("other people's reports take 9998"));
  EXPECT_THAT(content(), SizeIs(100));
}

TEST_F(Capacity, ManyShortReportsAreNotCutTheSameWayForEver) {
  fill("Crimeware", 1, 10);
  ASSERT_TRUE(run().ok());
  host_.state["feed/others"] = "9999";
  crowd(5);
  host_.state["feed/others"] = std::to_string(others());
  settings_["severity"] = "from_score";  // ten scores: ten reports, whatever the target
  EXPECT_EQ(run().status, TQP_E_UNSUPPORTED);
}

TEST_F(Capacity, PlacesThatPeopleGaveUpAreFoundAgain) {
  fill("Crimeware", 1, 100);
  ASSERT_TRUE(run().ok());
  host_.state["feed/others"] = "9998";  // they took them away since
  fill("Crimeware", 1, 6000);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(host_.state.at("feed/others"), "0");
  host_.state["feed/others"] = "9998";
  cloud_.feeds.clear();  // and the feed is to be made anew
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Capacity, AllReportsBecomeOthersInANearlyFullFeed) {
  fill("Crimeware", 1, 6000);
  ASSERT_TRUE(run().ok());
  const size_t before = ours();
  crowd(12);
  settings_["severity"] = "from_score";
  watch();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_GT(ours(), 12u) << "more came than there were places beside " << before;
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
  EXPECT_EQ(others(), std::stoull(host_.state.at("feed/others")));
}

TEST_F(Capacity, ASavedSearchThatWasMadeAnewTakesOverWithoutAGap) {
  fill("Crimeware", 1, 6000, "17");
  ASSERT_TRUE(run().ok());
  const size_t before = ours();
  ASSERT_GT(before, 10u);
  crowd(3);
  fill("Crimeware", 1, 6000, "99");
  watch();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(ours(), before);
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
}

TEST_F(Capacity, WhatANewSearchCouldNotTakeOverStaysWithTheOldOne) {
  fill("Crimeware", 1, 2000, "17");
  ASSERT_TRUE(run().ok());
  fill("Crimeware", 1, 2000, "99");
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.method != "PUT" || request.body.find("\"tq-900\"") == std::string::npos)
      return std::nullopt;
    return Answer{400, R"({"message":"no"})"};
  };
  watch();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(host_.seen.rejected, SizeIs(1));
  EXPECT_EQ(content().count({"Crimeware", 900}), 1u);
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Capacity, AFeedThatIsFullToTheLastPlaceChangesAllTheSame) {
  fill("Crimeware", 1, 3000, "17");
  ASSERT_TRUE(run().ok());
  crowd(0);
  fill("Crimeware", 1, 3000, "99");  // the saved search was made anew
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_TRUE(host_.seen.logged("a report is deleted a moment before"));
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
}

TEST_F(Capacity, AnAdoptedFullFeedGivesUpItsFormerOwnersReportsFirst) {
  cloud_.add_feed("ThreatQ", "of somebody else", cloud_.most_reports);
  fill("Crimeware", 1, 1000);
  ASSERT_TRUE(run(TQP_RUN_ADOPT).ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(others(), 0u);
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
}

TEST_F(Capacity, WhatDoesNotFitOnTheWayGoesInOnePiece) {
  host_.state.clear();
  fill("Crimeware", 1, 3000);
  ASSERT_TRUE(run().ok());
  // As many of our own that are gone as would fill the feed.
  for (int i = 0; i < 9'985; ++i) {
    char opening[24];
    std::snprintf(opening, sizeof opening, "%016x", 1'000'000 + i);
    std::string entry(40, '\1');
    host_.state["report/17/00/" + std::string(opening)] = entry;
  }
  writes();
  settings_["severity"] = "from_score";
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 1u);
  EXPECT_EQ(content(), wanted());
}

}  // namespace
}  // namespace cb_edr
