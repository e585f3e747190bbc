// SPDX-License-Identifier: Apache-2.0
// Answers with a good status code that are not the documented ones: nothing is believed that a look
// does not find.
#include "faulty.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Answer page(int32_t status = 200) {
  return {status, "<html>please log in</html>", {{"Content-Type", "text/html; charset=utf-8"}}};
}
Answer json(int32_t status, const std::string& body) {
  return {status, body, {{"Content-Type", "application/json"}}};
}

// What is no acknowledgement of a write of reports.
std::vector<Answer> strange() {
  return {page(),
          Answer{200, ""},
          json(200, "[]"),
          json(200, R"({"success": false})"),
          json(200, R"({"error": "quota"})"),
          json(200, R"({"id":"another","timestamp":7})"),
          json(202, R"({"success": true})"),
          json(203, R"({"success": true})"),
          json(206, R"({"success": true})"),
          Answer{204, ""},
          Answer{200, R"({"success": true})"}};  // of no content type
}

class Acknowledge : public Faulty {
 protected:
  void report_by_report() { host_.state["feed/bulk_refused"] = "1"; }
  size_t looks() {
    size_t n = 0;
    for (const Sent& request : host_.seen.requests)
      n += request.method == "GET" && request.url.find("/reports") != std::string::npos ? 1 : 0;
    return n;
  }
};

TEST_F(Acknowledge, AStrangeAnswerToAReportThatDoesNotStandIsNoSuccess) {
  report_by_report();
  ASSERT_TRUE(run().ok());
  for (const Answer& answer : strange()) {
    SCOPED_TRACE(std::to_string(answer.status) + " " + answer.body);
    small_change();
    cloud_.before = fault("PUT", "/reports/", answer, kAlways);
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
    EXPECT_THAT(outcome.message, HasSubstr("cannot write a report"));
    EXPECT_THAT(outcome.message, HasSubstr("not the documented answer"));
    EXPECT_THAT(outcome.message, HasSubstr("a look finds it undone"));
    EXPECT_NE(content(), wanted());
    cloud_.before = {};
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted()) << "it was not believed";
  }
}

TEST_F(Acknowledge, AStrangeAnswerToAReportThatStandsIsSettledByALook) {
  report_by_report();
  ASSERT_TRUE(run().ok());
  for (const Answer& answer : strange()) {
    SCOPED_TRACE(std::to_string(answer.status) + " " + answer.body);
    small_change();
    cloud_.after = fault("PUT", "/reports/", answer, kAlways);
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted());
    cloud_.after = {};
    writes();
    ASSERT_TRUE(run().ok());
    EXPECT_THAT(writes(), IsEmpty());
  }
}

TEST_F(Acknowledge, TheSameForAWriteInOnePiece) {
  for (const Answer& answer : strange()) {
    if (answer.body == R"({"success": true})" && answer.status == 200) continue;
    SCOPED_TRACE(std::to_string(answer.status) + " " + answer.body);
    settings_["report_tags"] = {"before " + answer.body, std::to_string(answer.status)};
    cloud_.before = fault("POST", "/reports", answer);
    ASSERT_TRUE(run().ok()) << "report by report";
    EXPECT_EQ(content(), wanted());
    EXPECT_GT(count(writes(), "PUT"), 1u);
    settings_["report_tags"] = {"after " + answer.body, std::to_string(answer.status)};
    cloud_.before = {};
    cloud_.after = fault("POST", "/reports", answer);
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted());
    EXPECT_EQ(count(writes(), "PUT"), 0u) << "one look found all of it";
    cloud_.after = {};
  }
}

TEST_F(Acknowledge, APortalThatAnswersEverythingLosesNothing) {
  ASSERT_TRUE(run().ok());
  const auto state = host_.state;
  small_change();
  // It comes between the requests: the run got as far as its writes.
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.method == "GET" && ends_with(request.url, "/feeds")) return std::nullopt;
    return page();
  };
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
  EXPECT_THAT(outcome.message, HasSubstr("HTTP 200 with text/html"));
  EXPECT_THAT(outcome.message, HasSubstr("cannot be seen"));
  EXPECT_EQ(host_.seen.count(TQP_COUNT_SENT), 1500u) << "of the first run";
  host_.setup.config = settings_.dump();
  const Outcome purged = host_.purge();
  EXPECT_EQ(purged.status, TQP_E_TRANSIENT) << purged;
  EXPECT_THAT(host_.state, Not(IsEmpty()));
  EXPECT_NE(cloud_.feed("ThreatQ"), nullptr);
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Acknowledge, ADeletionIsDoneWhenTheReportIsGone) {
  report_by_report();
  fill("Crimeware", 1, 3000);
  ASSERT_TRUE(run().ok());
  for (const Answer& answer : {page(), page(404), Answer{200, ""}, json(202, "{}")}) {
    SCOPED_TRACE(std::to_string(answer.status) + " " + answer.body);
    fill("Crimeware", 1, 2000);
    cloud_.before = fault("DELETE", "/reports/", answer, kAlways);
    EXPECT_EQ(run().status, TQP_E_TRANSIENT);
    EXPECT_NE(content(), wanted());
    cloud_.before = {};
    cloud_.after = fault("DELETE", "/reports/", answer, kAlways);
    ASSERT_TRUE(run().ok()) << "gone, whatever was answered";
    EXPECT_EQ(content(), wanted());
    cloud_.after = {};
    fill("Crimeware", 1, 3000);
    ASSERT_TRUE(run().ok());
  }
}

TEST_F(Acknowledge, TheFeedAndTheWatchlistAreLookedForToo) {
  settings_["create_watchlist"] = true;
  for (const Answer& answer : {page(), Answer{200, ""}, json(200, "{}"), json(202, "[]"),
                               json(200, R"({"id":"req-17","errorMessage":"quota"})")}) {
    SCOPED_TRACE(std::to_string(answer.status) + " " + answer.body);
    cloud_ = Cloud();
    cloud_.thorough = false;
    host_.state.clear();
    cloud_.before = fault("POST", "/feeds", answer);
    EXPECT_THAT(run().message, HasSubstr("cannot create a feed"));
    cloud_.before = fault("POST", "/watchlists", answer);
    cloud_.after = fault("POST", "/feeds", answer);
    EXPECT_THAT(run().message, HasSubstr("cannot create a watchlist"));
    EXPECT_EQ(content(), wanted()) << "the feed was found";
    cloud_.before = {};
    cloud_.after = fault("POST", "/watchlists", answer);
    ASSERT_TRUE(run().ok());
    EXPECT_THAT(cloud_.watchlists, SizeIs(1));
    EXPECT_THAT(cloud_.feeds, SizeIs(1));
    cloud_.feeds.front().summary = "edited";
    cloud_.after = {};
    cloud_.before = fault("PUT", "/feedinfo", answer);
    EXPECT_THAT(run().message, HasSubstr("cannot change the feed's description"));
    cloud_.before = {};
    cloud_.after = fault("PUT", "/feedinfo", answer);
    ASSERT_TRUE(run().ok());
    EXPECT_THAT(cloud_.feeds.front().summary, HasSubstr("[tqhost:cb-edr:"));
  }
}

TEST_F(Acknowledge, AGatewaysPageInThePlaceOfA404IsNotTheServices) {
  ASSERT_TRUE(run().ok());
  host_.setup.config = settings_.dump();
  cloud_.before = fault("GET", "/reports", page(404), kAlways);
  EXPECT_EQ(host_.purge().status, TQP_E_TRANSIENT);
  EXPECT_THAT(host_.state, Not(IsEmpty()));
  cloud_.before = {};
  small_change();
  report_by_report();
  cloud_.before = fault("PUT", "/reports/", page(404));
  EXPECT_THAT(run().message, Not(HasSubstr("has disappeared")));
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Acknowledge, AReadThatIsABehindIsPutUpWith) {
  report_by_report();
  ASSERT_TRUE(run().ok());
  small_change();
  cloud_.after = fault("PUT", "/reports/", {200, ""}, kAlways);
  // Each first look at a report shows what stood before.
  std::set<std::string> seen;
  const auto stood = cloud_.feed("ThreatQ")->reports;
  cloud_.before = [&](const Sent& request) -> std::optional<Answer> {
    if (request.method != "GET" || request.url.find("/reports/") == std::string::npos ||
        !seen.insert(request.url).second)
      return std::nullopt;
    return json(200, stood.at(request.url.substr(request.url.rfind('/') + 1)).body);
  };
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Acknowledge, ManyUndocumentedAnswersAreLookedAtTogether) {
  report_by_report();
  fill("Crimeware", 1, 9000);
  cloud_.after = fault("PUT", "/reports/", {200, ""}, kAlways);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_GT(cloud_.feed("ThreatQ")->reports.size(), 20u);
  EXPECT_EQ(looks(), 11u) << "ten reports, then all of them";
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
  // Changed ones that take over nothing from each other wait for the same look.
  settings_["report_tags"] = {"new"};
  const size_t before = looks();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_EQ(looks() - before, 11u);
}

TEST_F(Acknowledge, WhatIsLookedAtLaterProtectsWhatItTakesOver) {
  report_by_report();
  fill("Crimeware", 1, 9000);
  ASSERT_TRUE(run().ok());
  fill("Crimeware", 1, 9000, "99");  // the saved search was made anew: everything is new
  int puts = 0;
  cloud_.before = [&](const Sent& request) -> std::optional<Answer> {
    // The last ones have no effect and say so no more than the others.
    if (request.method != "PUT" || ++puts < 20) return std::nullopt;
    return Answer{200, ""};
  };
  cloud_.after = fault("PUT", "/reports/", {200, ""}, kAlways);
  watch();
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  cloud_.before = cloud_.after = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

}  // namespace
}  // namespace cb_edr
