// SPDX-License-Identifier: Apache-2.0
// What keeps an export from doing harm: the brake, other people's feeds, collections that cannot be
// read.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Guard : public Edr {
 protected:
  void TearDown() override {
    EXPECT_THAT(cloud_.complaints, IsEmpty());
    Edr::TearDown();
  }
  // What both read: content() without a collection.
  Content without(const std::string& collection) {
    Content out = content();
    std::erase_if(out, [&](const auto& indicator) { return indicator.first == collection; });
    return out;
  }
  Content only(const std::string& collection) {
    Content out = content();
    std::erase_if(out, [&](const auto& indicator) { return indicator.first != collection; });
    return out;
  }
  void two_collections() {
    fill("Crimeware", 1, 900, "17");
    fill("Phishing", 1, 400, "18");
    settings_["data_collections"] = {"Crimeware", "Phishing"};
    ASSERT_TRUE(run().ok());
    writes();
  }
};

TEST_F(Guard, BrakeStopsBeforeMoreThanHalfOfTheReportsAreDeleted) {
  fill("Crimeware", 1, 3000);
  ASSERT_TRUE(run().ok());
  const Content before = content();
  const auto state = host_.state;
  writes();
  fill("Crimeware", 2500, 3000);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_EQ(outcome.field, "/data_collections");
  EXPECT_THAT(outcome.message,
              HasSubstr("an emptied or unshared data collection is the usual cause"));
  EXPECT_THAT(outcome.message, HasSubstr("--full"));
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(content(), before);
  EXPECT_EQ(host_.state, state);
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, BrakeStopsAnEmptiedCollection) {
  fill("Crimeware", 1, 300);
  ASSERT_TRUE(run().ok());
  crimeware().rows.clear();
  EXPECT_EQ(run().status, TQP_E_CONFIG);
  EXPECT_THAT(content(), SizeIs(300));
  ASSERT_TRUE(run(TQP_RUN_FULL).ok());
  EXPECT_THAT(content(), IsEmpty());
}

TEST_F(Guard, BrakeCountsNothingOfAReadThatBrokeOff) {
  fill("Crimeware", 1, 3000, "17");
  fill("Phishing", 1, 300, "18");
  settings_["data_collections"] = {"Crimeware", "Phishing"};
  ASSERT_TRUE(run().ok());
  crimeware().rows.clear();
  fill("Phishing", 1, 4000, "18");
  host_.setup.collections["Phishing"].fail_after_rows = 3900;
  EXPECT_THAT(run().message, HasSubstr("this run would delete"));
  EXPECT_EQ(content().size(), 3300u);
}

TEST_F(Guard, UnknownCollectionKeepsItsReportsAndTheOthersGoOn) {
  two_collections();
  host_.setup.collections.erase("Phishing");
  fill("Crimeware", 1, 950);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("Data collection \"Phishing\" was not found"));
  EXPECT_EQ(without("Phishing"), wanted());
  EXPECT_THAT(only("Phishing"), SizeIs(400));
  EXPECT_EQ(count(writes(), "DELETE"), 0u);
}

TEST_F(Guard, AMistypedNameDeletesNothing) {
  two_collections();
  settings_["data_collections"] = {"Crimeware", "Fishing"};
  EXPECT_EQ(run().status, TQP_E_CONFIG);
  EXPECT_THAT(only("Phishing"), SizeIs(400));
  settings_["data_collections"] = {"Crimeware"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, ACollectionThatWasMadeAnewAndCannotBeReadKeepsTheOldOnesReports) {
  two_collections();
  fill("Phishing", 1, 450, "19");  // deleted and made again: another saved search
  host_.setup.collections["Phishing"].fail_after_rows = 300;
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_THAT(only("Phishing"), SizeIs(400));
  host_.setup.collections["Phishing"].fail_after_rows = tqp::fake::kNever;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, ABrokenOffReadWritesNothingOfItsCollection) {
  two_collections();
  fill("Phishing", 200, 700, "18");
  host_.setup.collections["Phishing"].fail_after_rows = 350;
  fill("Crimeware", 5, 950);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
  EXPECT_THAT(outcome.message, HasSubstr("connection was reset"));
  EXPECT_EQ(without("Phishing"), [&] {
    Content crimeware;
    for (uint64_t id = 5; id <= 950; ++id) crimeware.emplace("Crimeware", id);
    return crimeware;
  }());
  EXPECT_THAT(only("Phishing"), SizeIs(400));
  host_.setup.collections["Phishing"].fail_after_rows = tqp::fake::kNever;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, ABreakInTheSecondReadFallsBackToTheFirst) {
  fill("Crimeware", 1, 3000, "17");
  fill("Phishing", 1, 100, "18");
  settings_["data_collections"] = {"Crimeware", "Phishing"};
  ASSERT_TRUE(run().ok());
  writes();
  for (auto& row : crimeware().rows) row.value = "x" + row.value;
  // The first read of Phishing is the whole one; the second breaks off.
  size_t reads = 0;
  cloud_.before = [&](const Sent& request) -> std::optional<Answer> {
    // The look for other people's reports stands between the two reads.
    if (request.method == "GET" && request.url.find("/reports") != std::string::npos &&
        ++reads == 1)
      host_.setup.collections["Phishing"].fail_after_rows = 50;
    return std::nullopt;
  };
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(reads, 1u);
  const auto sent = writes();
  EXPECT_EQ(count(sent, "POST", "/reports"), 0u);
  EXPECT_GT(count(sent, "PUT"), 5u);
  EXPECT_EQ(count(sent, "DELETE"), 0u);
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.feed("ThreatQ")->reports.begin()->second.body, HasSubstr("revision"));
}

TEST_F(Guard, AForeignFeedIsRefusedUnlessAdopted) {
  cloud_.add_feed("ThreatQ", "mine", 3);
  fill("Crimeware", 1, 500);
  const Outcome refused = run();
  EXPECT_EQ(refused.status, TQP_E_CONFIG);
  EXPECT_EQ(refused.field, "/feed_name");
  EXPECT_THAT(refused.message, HasSubstr("holds 3 reports of somebody else"));
  EXPECT_THAT(refused.message, HasSubstr("--adopt"));
  EXPECT_THAT(writes(), IsEmpty());
  ASSERT_TRUE(run(TQP_RUN_ADOPT).ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.feeds, SizeIs(1));
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Guard, AdoptingWaitsWithForeignReportsUntilEveryCollectionWasRead) {
  cloud_.add_feed("ThreatQ", "mine", 3);
  fill("Crimeware", 1, 500);
  settings_["data_collections"] = {"Crimeware", "Phishing"};
  EXPECT_EQ(run(TQP_RUN_ADOPT).status, TQP_E_CONFIG);
  EXPECT_THAT(cloud_.feed("ThreatQ")->reports, testing::Contains(testing::Key("other-0")));
  fill("Phishing", 1, 100, "18");
  ASSERT_TRUE(run().ok()) << "the mark is on it";
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.feed("ThreatQ")->reports, Not(testing::Contains(testing::Key("other-0"))));
}

TEST_F(Guard, AnEmptyFeedOfThatNameIsTaken) {
  cloud_.add_feed("ThreatQ", "made by hand", 0);
  fill("Crimeware", 1, 500);
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.feeds, SizeIs(1));
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, TakingAnEmptyFeedIsNoAdoption) {
  cloud_.add_feed("ThreatQ", "made by hand", 0);
  fill("Crimeware", 1, 500);
  settings_["data_collections"] = {"Crimeware", "Fishing"};
  EXPECT_EQ(run().status, TQP_E_CONFIG) << "a name is mistyped";
  Cloud::add_reports(*cloud_.feed("ThreatQ"), 2);  // people add theirs meanwhile
  settings_["data_collections"] = {"Crimeware"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.count("other-1"), 1u);
  settings_["report_tags"] = {"new"};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.count("other-1"), 1u);
}

TEST_F(Guard, AForeignReportThatCannotBeDeletedIsTriedAgain) {
  cloud_.add_feed("ThreatQ", "mine", 3);
  fill("Crimeware", 1, 500);
  host_.state["feed/bulk_refused"] = "1";
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.method == "DELETE" && request.url.find("other-1") != std::string::npos)
      return Answer{400, "no"};
    return std::nullopt;
  };
  ASSERT_TRUE(run(TQP_RUN_ADOPT).ok());
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.count("other-1"), 1u);
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.count("other-1"), 0u);
}

TEST_F(Guard, AnotherInstancesFeedIsRefusedEvenWhenEmpty) {
  cloud_.add_feed("ThreatQ", "exported by tqhost [tqhost:cb-test:0011223344556677]", 0);
  fill("Crimeware", 1, 10);
  EXPECT_THAT(run().message, HasSubstr("belongs to another instance of tqhost"));
}

TEST_F(Guard, AFeedThatAnotherInstanceAdoptedIsTheirs) {
  fill("Crimeware", 1, 10);
  ASSERT_TRUE(run().ok());
  cloud_.feed("ThreatQ")->summary = "[tqhost:other:0011223344556677]";
  writes();
  EXPECT_THAT(run().message, HasSubstr("belongs to another instance of tqhost"));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Guard, TwoFeedsOfTheNameAreToldApartByTheMark) {
  fill("Crimeware", 1, 500);
  ASSERT_TRUE(run().ok());
  cloud_.add_feed("ThreatQ", "of somebody else", 2);
  std::rotate(cloud_.feeds.begin(), cloud_.feeds.begin() + 1, cloud_.feeds.end());
  fill("Crimeware", 1, 520);
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.feeds[0].reports, SizeIs(2));
  EXPECT_EQ(cloud_.feeds[1].reports.size(), 2u);
}

TEST_F(Guard, TwoForeignFeedsOfTheNameAreRefused) {
  cloud_.add_feed("ThreatQ", "a", 0);
  cloud_.add_feed("ThreatQ", "b", 0);
  fill("Crimeware", 1, 10);
  EXPECT_THAT(run().message, HasSubstr("there are 2 feeds named \"ThreatQ\""));
  EXPECT_THAT(run(TQP_RUN_ADOPT).message, HasSubstr("there are 2 feeds named \"ThreatQ\""));
}

TEST_F(Guard, AnEditedSummaryIsMarkedAgain) {
  fill("Crimeware", 1, 100);
  ASSERT_TRUE(run().ok());
  cloud_.feed("ThreatQ")->summary = "do not touch";
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(count(writes(), "PUT", "/feedinfo"), 1u);
  EXPECT_THAT(cloud_.feed("ThreatQ")->summary, HasSubstr("[tqhost:cb-edr:"));
}

TEST_F(Guard, RenamingOntoAnotherFeedIsRefused) {
  fill("Crimeware", 1, 100);
  ASSERT_TRUE(run().ok());
  cloud_.add_feed("Taken", "x", 1);
  settings_["feed_name"] = "Taken";
  EXPECT_THAT(run().message, HasSubstr("cannot be renamed to \"Taken\""));
}

TEST_F(Guard, OtherPeoplesReportsInTheFeedAreKept) {
  fill("Crimeware", 1, 1500);
  ASSERT_TRUE(run().ok());
  Cloud::Report report;
  report.body = R"({"id":"theirs","timestamp":5,"title":"t","description":"d","severity":1})";
  cloud_.feed("ThreatQ")->reports.emplace("theirs", report);
  writes();
  settings_["report_tags"] = {"new"};  // everything changes: one piece would be cheaper
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(count(writes(), "POST", "/reports"), 0u);
  EXPECT_TRUE(host_.seen.logged("somebody put reports of their own into the feed"));
  EXPECT_EQ(cloud_.feed("ThreatQ")->reports.count("theirs"), 1u);
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, AVanishedFeedIsMadeAnewWithEverythingThatCanBeRead) {
  two_collections();
  cloud_.feeds.clear();
  cloud_.watchlists.clear();
  host_.setup.collections["Phishing"].fail_after_rows = 100;
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  EXPECT_EQ(without("Phishing").size(), 900u);
  host_.setup.collections["Phishing"].fail_after_rows = tqp::fake::kNever;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted()) << "what the ledger knew of the old feed counts no more";
}

TEST_F(Guard, AVanishedFeedsWatchlistIsMadeAnewToo) {
  fill("Crimeware", 1, 10);
  settings_["create_watchlist"] = true;
  ASSERT_TRUE(run().ok());
  cloud_.feeds.clear();
  ASSERT_TRUE(run().ok());
  ASSERT_THAT(cloud_.watchlists, SizeIs(2));
  EXPECT_EQ(cloud_.watchlists[1].feed_id, cloud_.feed("ThreatQ")->id);
}

TEST_F(Guard, ALostStateIsMadeUpByAdoptingAndSendsNothingTwice) {
  two_collections();
  const Content before = content();
  host_.state.clear();
  EXPECT_THAT(run().message, HasSubstr("belongs to another instance of tqhost"));
  ASSERT_TRUE(run(TQP_RUN_ADOPT).ok());
  const auto sent = writes();
  EXPECT_EQ(count(sent, "PUT", "/feedinfo"), 1u);
  EXPECT_THAT(sent, SizeIs(1)) << "the reports say themselves what they hold";
  EXPECT_EQ(content(), before);
  fill("Crimeware", 1, 905);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Guard, ADamagedStateIsNamed) {
  fill("Crimeware", 1, 10);
  host_.state["report/17/00/0000000000000000"] = "short";
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("report/17/00/0000000000000000 is damaged"));
}

}  // namespace
}  // namespace cb_edr
