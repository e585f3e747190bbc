// SPDX-License-Identifier: Apache-2.0
// What this instance made at Carbon Black Cloud goes away, what others made stays, and wherever it
// is cut off it can be repeated.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Purge : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    settings_["create_watchlist"] = true;
    fill("Crimeware", 1, 600);
    host_.state["feed/bulk_refused"] = "1";  // so that there are several reports
  }
  void TearDown() override {
    EXPECT_THAT(cloud_.complaints, IsEmpty());
    Edr::TearDown();
  }
  void export_once() {
    ASSERT_TRUE(run().ok());
    ASSERT_THAT(cloud_.feeds, SizeIs(1));
    ASSERT_THAT(cloud_.watchlists, SizeIs(1));
    writes();
  }
  Outcome purge() {
    host_.setup.flags = 0;
    host_.setup.config = settings_.dump();
    return host_.purge();
  }
  // "DELETE /.../feeds/Feed1" as "feeds/Feed1".
  std::vector<std::string> deleted() {
    std::vector<std::string> out;
    for (const Sent& request : writes())
      if (request.method == "DELETE")
        out.push_back(request.url.substr(request.url.find("ABCD1234/") + 9));
    return out;
  }
  void refuse(const std::string& url_part, int status) {
    cloud_.before = [=](const Sent& request) -> std::optional<Answer> {
      if (request.method != "DELETE" || request.url.find(url_part) == std::string::npos)
        return std::nullopt;
      return Answer{status, ""};
    };
  }
  void somebodys_report() {
    Cloud::Report report;
    report.body = R"({"id":"theirs","timestamp":5,"title":"t","description":"d","severity":1})";
    cloud_.feed("ThreatQ")->reports.emplace("theirs", report);
  }
};

TEST_F(Purge, DeletesWatchlistAndFeedAndForgetsEverything) {
  export_once();
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(deleted(), ElementsAre("watchlists/Watch2", "feeds/Feed1"));
  EXPECT_THAT(cloud_.feeds, IsEmpty());
  EXPECT_THAT(cloud_.watchlists, IsEmpty());
  EXPECT_THAT(host_.state, IsEmpty());
  EXPECT_TRUE(host_.seen.logged("the feed \"ThreatQ\" (Feed1) is deleted"));
}

TEST_F(Purge, TwiceIsAsGoodAsOnceAndBeforeTheFirstRunNothingIsAsked) {
  host_.state.clear();
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(host_.seen.requests, IsEmpty());
  host_.state["feed/bulk_refused"] = "1";
  export_once();
  ASSERT_TRUE(purge().ok());
  const size_t requests = host_.seen.requests.size();
  ASSERT_TRUE(purge().ok());
  EXPECT_EQ(host_.seen.requests.size(), requests);
}

TEST_F(Purge, LeavesWhatOthersMade) {
  cloud_.add_feed("Another", "of somebody else", 2);
  ASSERT_TRUE(run().ok());
  writes();
  cloud_.watchlists.push_back({"Theirs", cloud_.feed("ThreatQ")->id});
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(deleted(), ElementsAre("watchlists/Watch3", "feeds/Feed2"));
  EXPECT_THAT(cloud_.feeds, SizeIs(1));
  ASSERT_THAT(cloud_.watchlists, SizeIs(1));
  EXPECT_EQ(cloud_.watchlists[0].id, "Theirs");
  EXPECT_TRUE(host_.seen.logged("the watchlist \"w\" (Theirs) subscribes to the feed and is not"));
}

TEST_F(Purge, LeavesAWatchlistThatAPersonMadeAndTheRunUsed) {
  settings_["create_watchlist"] = false;
  ASSERT_TRUE(run().ok());
  cloud_.watchlists.push_back({"Theirs", cloud_.feed("ThreatQ")->id});
  settings_["create_watchlist"] = true;
  ASSERT_TRUE(run().ok());
  ASSERT_EQ(host_.state["feed/watchlist"], "Theirs");
  writes();
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(deleted(), ElementsAre("feeds/Feed1"));
  EXPECT_THAT(cloud_.watchlists, SizeIs(1));
}

TEST_F(Purge, AsksForNoWatchlistsWhenItWasToMakeNone) {
  settings_["create_watchlist"] = false;
  ASSERT_TRUE(run().ok());
  ASSERT_EQ(host_.state["feed/watchlist"], "told");
  writes();
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.url.find("/watchlists") == std::string::npos) return std::nullopt;
    return Answer{403, ""};
  };
  EXPECT_TRUE(purge().ok());
  EXPECT_THAT(cloud_.feeds, IsEmpty());
}

TEST_F(Purge, LeavesAFeedThatAnotherInstanceTookOver) {
  export_once();
  cloud_.feeds.at(0).summary = "[tqhost:other:0123456789abcdef]";
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(deleted(), IsEmpty());
  EXPECT_TRUE(host_.seen.logged("carries the mark of another instance"));
  EXPECT_FALSE(host_.seen.logged("any more"));
  EXPECT_THAT(host_.state, IsEmpty());
}

TEST_F(Purge, AFeedWhoseMarkAPersonRemovedIsDeletedWhenAllInItIsOurs) {
  export_once();
  cloud_.feeds.at(0).summary = "A person wrote this";
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(deleted(), ElementsAre("watchlists/Watch2", "feeds/Feed1"));
}

TEST_F(Purge, AFeedWhoseMarkAPersonRemovedStandsWithWhatIsNotCertainlyOurs) {
  export_once();
  cloud_.feeds.at(0).summary = "A person wrote this";
  // As another instance of tqhost writes it.
  Cloud::Report report;
  report.body =
      R"({"id":"theirs","timestamp":5,"title":"t","description":"d (revision 0123456789abcdef)."})";
  cloud_.feed("ThreatQ")->reports.emplace("theirs", report);
  const Outcome outcome = purge();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("holds 1 report of somebody else (and its summary has "
                                         "lost this instance's mark). Put that right"));
  ASSERT_THAT(cloud_.feeds, SizeIs(1));
  EXPECT_EQ(cloud_.feeds[0].reports.count("theirs"), 1u);
  EXPECT_THAT(host_.state, testing::Not(IsEmpty()));
}

TEST_F(Purge, ASecondFeedWithOurMarkIsToldAndLosesOurReportsToo) {
  export_once();
  somebodys_report();
  Cloud::Feed second = *cloud_.feed("ThreatQ");  // as after a creation whose answer was lost
  second.id = "Second";
  cloud_.feeds.push_back(second);
  ASSERT_TRUE(run().ok());
  EXPECT_TRUE(host_.seen.logged("a second feed carries this instance's mark"));
  EXPECT_EQ(purge().status, TQP_E_CONFIG);
  EXPECT_TRUE(host_.seen.logged("2 feeds are this instance's"));
  for (const Cloud::Feed& feed : cloud_.feeds) EXPECT_THAT(feed.reports, SizeIs(1)) << feed.id;
  for (Cloud::Feed& feed : cloud_.feeds) feed.reports.clear();
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(cloud_.feeds, IsEmpty());
}

TEST_F(Purge, AFeedOfAnotherOrganisationIsNotGone) {
  export_once();
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.url.find("/EFGH5678/") == std::string::npos) return std::nullopt;
    return Answer{200, R"({"results":[]})"};
  };
  settings_["org_key"] = "EFGH5678";
  const Outcome outcome = purge();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_EQ(outcome.field, "/org_key");
  EXPECT_THAT(outcome.message,
              HasSubstr("the feed (Feed1) was made in the organisation ABCD1234 at "
                        "defense.example.net, and the settings name EFGH5678 at"));
  EXPECT_FALSE(host_.seen.logged("any more"));
  EXPECT_EQ(host_.state["feed/id"], "Feed1");

  host_.state.erase("feed/home");  // of a state that an older version wrote
  ASSERT_TRUE(purge().ok());
  EXPECT_TRUE(host_.seen.logged("or these are not the settings that it was made with"));
  EXPECT_FALSE(host_.seen.logged("any more"));
}

TEST_F(Purge, AFeedThatAPersonDeletedIsANote) {
  export_once();
  cloud_.feeds.clear();
  ASSERT_TRUE(purge().ok());
  EXPECT_TRUE(host_.seen.logged(
      "no feed of this instance stands in the organisation ABCD1234 at defense.example.net"));
  EXPECT_THAT(host_.state, IsEmpty());
}

TEST_F(Purge, KeepsSomebodysReportsInItsFeedAndSaysSo) {
  export_once();
  somebodys_report();
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = purge();
    EXPECT_EQ(outcome.status, TQP_E_CONFIG);
    EXPECT_THAT(outcome.message,
                HasSubstr("the feed \"ThreatQ\" (Feed1) stands without this instance's reports, "
                          "because it holds 1 report of somebody else"));
    ASSERT_THAT(cloud_.feeds, SizeIs(1));
    EXPECT_THAT(cloud_.feeds[0].reports, SizeIs(1));
    EXPECT_THAT(content(), IsEmpty());
  }
  cloud_.feeds[0].reports.clear();
  EXPECT_TRUE(purge().ok());
  EXPECT_THAT(cloud_.feeds, IsEmpty());
}

TEST_F(Purge, LeavesAFeedWhoseTakeoverIsNotFinished) {
  cloud_.add_feed("ThreatQ", "of somebody else", 3);
  crimeware().fail_after_rows = 100;  // so the former owner's reports are still there
  EXPECT_FALSE(run(TQP_RUN_ADOPT).ok());
  host_.state["feed/adopting"] = "1";
  cloud_.feeds.at(0).summary = host_.state["feed/mark"] = "[tqhost:cb-edr:0123456789abcdef]";
  // The former owner may be an instance of tqhost, too.
  cloud_.feeds[0].reports.begin()->second.body =
      R"({"id":"other-0","timestamp":5,"title":"t","description":"d (revision 0123456789abcdef)."})";
  const Outcome outcome = purge();
  EXPECT_EQ(outcome.status, TQP_E_CONFIG);
  EXPECT_THAT(outcome.message, HasSubstr("because it holds 3 reports of somebody else (taking it "
                                         "over was begun and not finished)"));
  ASSERT_THAT(cloud_.feeds, SizeIs(1));
  EXPECT_THAT(cloud_.feeds[0].reports, SizeIs(3));
}

TEST_F(Purge, SaysWhatStillStandsAndEndsWhenThatIsPutRight) {
  export_once();
  refuse("/watchlists/", 403);
  const Outcome outcome = purge();
  EXPECT_EQ(outcome.status, TQP_E_AUTH);
  EXPECT_EQ(outcome.field, "/api_id");
  EXPECT_EQ(outcome.message,
            "the watchlist \"w\" (Watch2) still stands: the API key lacks org.watchlists DELETE; "
            "add it to the key's custom access level in Carbon Black Cloud (defense.example.net). "
            "Put that right and repeat it, or delete it in the console");
  EXPECT_THAT(cloud_.feeds, IsEmpty()) << "what can be deleted is deleted";
  EXPECT_THAT(cloud_.watchlists, SizeIs(1));
  cloud_.before = nullptr;
  ASSERT_TRUE(purge().ok());
  EXPECT_THAT(cloud_.watchlists, IsEmpty());
  EXPECT_THAT(host_.state, IsEmpty());
}

TEST_F(Purge, NamesEverythingThatStands) {
  export_once();
  refuse("", 403);
  EXPECT_THAT(purge().message, AllOf(HasSubstr("the watchlist \"w\" (Watch2) still stands"),
                                     HasSubstr("; the feed \"ThreatQ\" (Feed1) still stands")));
  EXPECT_THAT(host_.state, testing::Not(IsEmpty()));
}

TEST_F(Purge, AFeedThatIsNotThereIsDeleted) {
  for (const int status : {404, 400}) {
    export_once();
    cloud_.before = [=, this](const Sent& request) -> std::optional<Answer> {
      if (request.method != "DELETE" || request.url.find("/feeds/") == std::string::npos)
        return std::nullopt;
      cloud_.feeds.clear();  // somebody was quicker
      return Answer{status, ""};
    };
    ASSERT_TRUE(purge().ok()) << status;
    EXPECT_THAT(host_.state, IsEmpty());
    cloud_.before = nullptr;
  }
}

TEST_F(Purge, ARefusedFeedThatIsThereStands) {
  export_once();
  refuse("/feeds/", 400);
  EXPECT_EQ(purge().status, TQP_E_DATA);
  EXPECT_THAT(cloud_.feeds, SizeIs(1));
}

TEST_F(Purge, CutOffAnywhereItCanBeRepeated) {
  cloud_.thorough = false;
  for (const bool others : {false, true}) {
    host_.restart();
    cloud_ = Cloud();
    cloud_.thorough = false;
    host_.state = {{"feed/bulk_refused", "1"}};
    export_once();
    if (others) somebodys_report();
    const Cloud cloud = cloud_;
    const auto state = host_.state;
    for (uint64_t n = 1;; ++n) {
      cloud_ = cloud;
      host_.state = state;
      host_.restart();
      host_.setup.crash_at = n;
      purge();
      const bool crashed = host_.seen.crashed;
      host_.restart();
      ASSERT_EQ(purge().ok(), !others) << n;
      ASSERT_THAT(cloud_.watchlists, IsEmpty()) << n;
      ASSERT_THAT(content(), IsEmpty()) << n;
      ASSERT_THAT(cloud_.feeds, SizeIs(others ? 1 : 0)) << n;
      ASSERT_EQ(host_.state.empty(), !others) << n;
      if (!crashed) {
        EXPECT_GT(n, 8u);
        break;
      }
    }
  }
}

TEST_F(Purge, StoppedItIsNoFailureAndCanBeRepeated) {
  export_once();
  somebodys_report();
  host_.setup.cancel_at = host_.seen.polls + 3;
  EXPECT_EQ(purge().status, TQP_CANCELLED);
  host_.restart();
  EXPECT_EQ(purge().status, TQP_E_CONFIG);
  EXPECT_THAT(content(), IsEmpty());
}

}  // namespace
}  // namespace cb_edr
