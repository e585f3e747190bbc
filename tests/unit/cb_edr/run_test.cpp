// SPDX-License-Identifier: Apache-2.0
// Whole runs without trouble.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Run : public Edr {
 protected:
  void TearDown() override {
    EXPECT_THAT(cloud_.complaints, IsEmpty());
    Edr::TearDown();
  }
};

TEST_F(Run, FirstOneMakesTheFeedAndWritesItInOnePiece) {
  fill("Crimeware", 1, 1500);
  settings_["report_tags"] = {"threatq", "a \"b\""};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  const auto sent = writes();
  EXPECT_EQ(count(sent, "POST", "/feeds"), 1u);
  EXPECT_EQ(count(sent, "POST", "/reports"), 1u);
  EXPECT_EQ(sent.size(), 2u);
  EXPECT_TRUE(host_.seen.logged(
      "Feed \"ThreatQ\" is in place; subscribe a watchlist to it, or set create_watchlist"));
  EXPECT_EQ(host_.seen.count(TQP_COUNT_READ), 1500u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SENT), 1500u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_UNCHANGED), 0u);
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) {
    const Json json = Json::parse(report.body);
    EXPECT_EQ(json.at("tags"), settings_.at("report_tags"));
    EXPECT_EQ(json.at("severity"), 5);
    EXPECT_EQ(json.at("link"), "https://tq.example.com/indicators/");
    const Json& ioc = json.at("iocs_v2").at(0);
    EXPECT_EQ(ioc.at("link"), "https://tq.example.com/indicators/" +
                                  ioc.at("id").get<std::string>().substr(3) + "/details");
  }
}

TEST_F(Run, SecondOneWritesNothingAndSaysNothingTwice) {
  fill("Crimeware", 1, 1500);
  ASSERT_TRUE(run().ok());
  host_.seen.log.clear();
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(host_.seen.count(TQP_COUNT_UNCHANGED), 1500u);
  EXPECT_FALSE(host_.seen.logged("subscribe a watchlist"));
}

TEST_F(Run, AnIndicatorThatWasOnlyTouchedIsNotSentAgain) {
  fill("Crimeware", 1, 800);
  ASSERT_TRUE(run().ok());
  writes();
  for (auto& row : crimeware().rows) row.updated_ms += 100'000'000;
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Run, AdditionsAtTheEndWriteTheLastReports) {
  fill("Crimeware", 1, 3000);
  ASSERT_TRUE(run().ok());
  const auto before = cloud_.feed("ThreatQ")->reports;
  writes();
  fill("Crimeware", 1, 3100);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_LE(writes().size(), 3u);
  size_t same = 0;
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) {
    const auto found = before.find(id);
    same += found != before.end() && found->second.body == report.body ? 1 : 0;
  }
  EXPECT_GE(same, before.size() - 1);
}

TEST_F(Run, OldestThatExpiredAndRandomRemovalsWriteWhatIsBesideThem) {
  fill("Crimeware", 1, 3000);
  ASSERT_TRUE(run().ok());
  auto& all = crimeware().rows;
  writes();
  all.erase(all.begin(), all.begin() + 200);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_LE(writes().size(), 6u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_DELETED), 200u);

  all.erase(all.begin() + 1500);
  all.erase(all.begin() + 700);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_LE(writes().size(), 8u);
  EXPECT_EQ(content().size(), 2798u);
}

TEST_F(Run, TimestampsRiseWithEveryChangeAndOnlyThen) {
  fill("Crimeware", 1, 400);
  ASSERT_TRUE(run().ok());
  const auto before = cloud_.feed("ThreatQ")->reports;
  crimeware().rows.erase(crimeware().rows.begin() + 200);  // no updated_at is newer
  ASSERT_TRUE(run().ok());
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) {
    const auto found = before.find(id);
    if (found == before.end()) continue;
    const bool changed = report.body != found->second.body;
    EXPECT_EQ(report.timestamp_s, found->second.timestamp_s + (changed ? 1 : 0));
  }
}

TEST_F(Run, SeverityFromScoreMakesReportsOfTheirOwn) {
  fill("Crimeware", 1, 3000);
  settings_["severity"] = "from_score";
  crimeware().rows[0].score = -1;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) {
    const int severity = Json::parse(report.body).at("severity").get<int>();
    for (const uint64_t indicator : report.ids)
      EXPECT_EQ(severity, indicator == 1 ? 1 : std::max<int>(1, static_cast<int>(indicator % 11)));
  }
  // Back to one severity: other reports, nothing lost, no brake.
  settings_["severity"] = 7;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Run, SettingsOfTheReportsChangeAllOfThemInOnePiece) {
  fill("Crimeware", 1, 3000);
  ASSERT_TRUE(run().ok());
  writes();
  settings_["report_tags"] = {"new"};
  settings_["threatq_hostname"] = "[2001:db8::1]:8443";
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 1u);
  const auto& report = cloud_.feed("ThreatQ")->reports.begin()->second;
  EXPECT_THAT(report.body, HasSubstr("\"tags\":[\"new\"]"));
  EXPECT_THAT(report.body, HasSubstr("https://[2001:db8::1]:8443/indicators/"));
}

TEST_F(Run, WithoutALinkableHostThereAreNoLinks) {
  fill("Crimeware", 1, 10);
  settings_["threatq_hostname"] = "threatq";
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.feed("ThreatQ")->reports.begin()->second.body, Not(HasSubstr("\"link\"")));
  EXPECT_TRUE(host_.seen.logged("the reports have no links"));
}

TEST_F(Run, SeveralCollectionsShareOneFeedAndMayShareIndicators) {
  fill("Crimeware", 1, 700, "17");
  fill("Phishing", 500, 1200, "18");
  settings_["data_collections"] = {"Crimeware", "Phishing"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(content().size(), 1401u);
}

TEST_F(Run, ACollectionThatLeftTheSettingsLeavesTheFeed) {
  fill("Crimeware", 1, 900, "17");
  fill("Phishing", 1, 300, "18");
  settings_["data_collections"] = {"Crimeware", "Phishing"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(host_.state.at("collection/18"), "Phishing");
  settings_["data_collections"] = {"Crimeware"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(host_.state.count("collection/18"), 0u);
}

TEST_F(Run, ARenamedCollectionKeepsItsReports) {
  fill("Crimeware", 1, 900);
  ASSERT_TRUE(run().ok());
  std::set<std::string> before, after;
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) before.insert(id);
  fill("Criminals", 1, 900);
  host_.setup.collections.erase("Crimeware");
  settings_["data_collections"] = {"Criminals"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) after.insert(id);
  EXPECT_EQ(after, before);
}

TEST_F(Run, LeavesOutWhatTheServiceCannotMatchAndCountsWhy) {
  auto& rows = crimeware().rows;
  rows = {{1, "MD5", "D41D8CD98F00B204E9800998ECF8427E"},
          {2, "URL", "https://a.example/"},
          {3, "URL", "https://b.example/"},
          {4, "MD5", "too short"},
          {5, "IP Address", "192.0.2.0/24"},
          {6, "IP Address", "192.0.2.1"}};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content().size(), 2u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SENT), 2u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SKIPPED, "type URL"), 2u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SKIPPED, "not an MD5 (32 hex digits)"), 1u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SKIPPED, "a CIDR block, not one IP address"), 1u);
}

TEST_F(Run, AnEmptyCollectionMakesAnEmptyFeed) {
  fill("Crimeware", 1, 0);
  ASSERT_TRUE(run().ok());
  ASSERT_NE(cloud_.feed("ThreatQ"), nullptr);
  EXPECT_THAT(content(), IsEmpty());
}

TEST_F(Run, AboveTheBulkLimitItWritesReportByReport) {
  fill("Crimeware", 1, 9000);  // about 1.3 MB
  settings_["bulk_limit_mb"] = 1;
  cloud_.thorough = false;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  const auto sent = writes();
  EXPECT_EQ(count(sent, "POST", "/reports"), 0u);
  EXPECT_EQ(count(sent, "PUT"), cloud_.feed("ThreatQ")->reports.size());
}

TEST_F(Run, MostlyChangedIsWrittenInOnePieceAfterASecondRead) {
  fill("Crimeware", 1, 3000, "17");
  fill("Phishing", 1, 5, "18");
  settings_["data_collections"] = {"Crimeware", "Phishing"};
  ASSERT_TRUE(run().ok());
  const auto before = cloud_.feed("ThreatQ")->reports;
  writes();
  for (auto& row : crimeware().rows) row.value = "x" + row.value;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 1u);
  EXPECT_EQ(host_.seen.count(TQP_COUNT_READ), 2u * 3005u) << "the second read is not counted";
  for (const auto& [id, report] : cloud_.feed("ThreatQ")->reports) {
    if (report.collection != "Phishing") continue;
    EXPECT_EQ(report.body, before.at(id).body) << "unchanged to the byte";
  }
}

TEST_F(Run, DryListsTheEffectsAndHasNone) {
  fill("Crimeware", 1, 1500);
  ASSERT_TRUE(run(TQP_RUN_DRY).ok());
  EXPECT_THAT(cloud_.feeds, IsEmpty());
  EXPECT_THAT(host_.state, IsEmpty());
  auto sent = writes();
  EXPECT_EQ(sent.size(), 2u);
  for (const Sent& request : sent) EXPECT_TRUE(request.skipped);

  settings_["create_watchlist"] = true;
  ASSERT_TRUE(run().ok());
  const auto state = host_.state;
  const auto before = content();
  crimeware().rows.erase(crimeware().rows.begin() + 100, crimeware().rows.begin() + 900);
  writes();
  ASSERT_TRUE(run(TQP_RUN_DRY).ok());
  sent = writes();
  EXPECT_GT(count(sent, "PUT") + count(sent, "DELETE"), 1u);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(host_.state, state);
}

TEST_F(Run, NoRecordSendsEverythingAndTheNextOneSendsWhatItWouldHave) {
  fill("Crimeware", 1, 1500);
  ASSERT_TRUE(run().ok());
  const auto state = host_.state;
  crimeware().rows.erase(crimeware().rows.begin(), crimeware().rows.begin() + 300);
  ASSERT_TRUE(run(TQP_RUN_NO_RECORD).ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(host_.state, state);
  EXPECT_TRUE(host_.seen.logged("never for production"));
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(writes(), Not(IsEmpty()));
  // One that changes a report whose timestamp the unrecorded run had raised.
  ASSERT_TRUE(run(TQP_RUN_NO_RECORD).ok());
  crimeware().rows.pop_back();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
  cloud_.complaints.clear();  // about that timestamp
}

TEST_F(Run, NoRecordNeedsAFeedThatIsRecorded) {
  fill("Crimeware", 1, 10);
  const Outcome outcome = run(TQP_RUN_NO_RECORD);
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("run once without it first"));
  EXPECT_THAT(cloud_.feeds, IsEmpty());
}

TEST_F(Run, HistoricalIsRefused) {
  host_.setup.historical_ms = 0;
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_UNSUPPORTED);
  EXPECT_THAT(outcome.message, HasSubstr("--historical has no meaning"));
  EXPECT_THAT(host_.seen.requests, IsEmpty());
}

TEST_F(Run, FullSendsEverythingAgainAndRecordsIt) {
  fill("Crimeware", 1, 1500);
  ASSERT_TRUE(run().ok());
  writes();
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 1u);
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Run, WatchlistIsMadeOnce) {
  fill("Crimeware", 1, 10);
  settings_["create_watchlist"] = true;
  ASSERT_TRUE(run().ok());
  ASSERT_TRUE(run().ok());
  ASSERT_THAT(cloud_.watchlists, SizeIs(1));
  EXPECT_EQ(cloud_.watchlists[0].feed_id, cloud_.feed("ThreatQ")->id);
  cloud_.watchlists.clear();  // a person deleted it: not ours to make again
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.watchlists, IsEmpty());
}

TEST_F(Run, WatchlistMayBeAskedForLaterOrBeThereAlready) {
  fill("Crimeware", 1, 10);
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.watchlists, IsEmpty());
  settings_["create_watchlist"] = true;
  cloud_.watchlists.push_back({"Theirs", cloud_.feed("ThreatQ")->id});
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.watchlists, SizeIs(1));
}

TEST_F(Run, CheckProvesReadAndWritesNothing) {
  fill("Crimeware", 1, 500);
  host_.setup.config = settings_.dump();
  ASSERT_TRUE(host_.check().ok());
  EXPECT_TRUE(host_.seen.logged("org.feeds READ is proven"));
  EXPECT_TRUE(host_.seen.logged("not proven"));
  EXPECT_TRUE(host_.seen.logged("data collection \"Crimeware\" is there"));
  EXPECT_THAT(writes(), IsEmpty());
  settings_["data_collections"] = {"Crimeware", "Nothing"};
  host_.setup.config = settings_.dump();
  const Outcome outcome = host_.check();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("Data collection \"Nothing\" was not found"));
}

TEST_F(Run, FeedIsNamedAfterTheInstanceUnlessItIsTheUsualOne) {
  fill("Crimeware", 1, 10);
  host_.setup.instance = "cb-test";
  ASSERT_TRUE(run().ok());
  EXPECT_NE(cloud_.feed("ThreatQ cb-test"), nullptr);
  // A new name renames the feed: watchlists that subscribe to it go on.
  const std::string id = cloud_.feed("ThreatQ cb-test")->id;
  settings_["feed_name"] = "Threats";
  ASSERT_TRUE(run().ok());
  ASSERT_NE(cloud_.feed("Threats"), nullptr);
  EXPECT_EQ(cloud_.feed("Threats")->id, id);
  EXPECT_THAT(cloud_.feeds, SizeIs(1));
}

TEST_F(Run, AnotherTargetMovesBoundariesAndNothingIsMissingOnTheWay) {
  fill("Crimeware", 1, 4000);
  cloud_.thorough = false;
  host_.state = {{"feed/bulk_refused", "1"}, {"cut/kept", "4000000"}};
  settings_["data_collections"] = {"Crimeware", "Not there"};  // so what was there last time counts
  EXPECT_EQ(run().status, TQP_E_CONFIG);
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(host_.state.at("cut/target_bits"), "10");
  const size_t large = cloud_.feed("ThreatQ")->reports.size();

  settings_["data_collections"] = {"Crimeware"};
  watch();
  ASSERT_TRUE(run().ok()) << "no brake: reports go, indicators stay";
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(host_.state.at("cut/target_bits"), "8");
  EXPECT_GT(cloud_.feed("ThreatQ")->reports.size(), large);

  host_.state["cut/kept"] = "4000000";
  settings_["data_collections"] = {"Crimeware", "Not there"};
  watch();
  EXPECT_EQ(run().status, TQP_E_CONFIG);
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.size(), large);
}

}  // namespace
}  // namespace cb_edr
