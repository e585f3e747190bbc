// SPDX-License-Identifier: Apache-2.0
// What Carbon Black Cloud answers when it does not do what was asked, and what the plugin makes of
// it.
#include "faulty.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(Faulty, WrongCredentials) {
  cloud_.before = fault("GET", "/feeds", {401, ""});
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_AUTH);
  EXPECT_EQ(outcome.http_status, 401);
  EXPECT_EQ(outcome.field, "/api_secret_key");
  EXPECT_THAT(outcome.message, HasSubstr("refused the API ID and the API Secret Key"));
  EXPECT_THAT(outcome.message, Not(HasSubstr("ABCDEFGHIJ")));
}

TEST_F(Faulty, MissingPermissionIsNamed) {
  const struct {
    const char *method, *path, *permission;
  } cases[] = {{"GET", "/feeds", "org.feeds READ"},
               {"POST", "/feeds", "org.feeds CREATE"},
               {"POST", "/reports", "org.feeds UPDATE"},
               {"GET", "/watchlists", "org.watchlists READ"},
               {"POST", "/watchlists", "org.watchlists CREATE"},
               {"PUT", "/reports/", "org.feeds UPDATE"},
               {"DELETE", "/reports/", "org.feeds DELETE"}};
  settings_["create_watchlist"] = true;
  for (const auto& c : cases) {
    if (std::string(c.method) == "PUT") {
      cloud_.before = {};
      ASSERT_TRUE(run().ok());
      crimeware().rows.erase(crimeware().rows.begin() + 142);  // closes the first report
    }
    cloud_.before = fault(c.method, c.path, {403, R"({"error_code":"FORBIDDEN"})"});
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, TQP_E_AUTH) << c.permission;
    EXPECT_EQ(outcome.field, "/api_id");
    EXPECT_THAT(outcome.message, HasSubstr(std::string("the API key lacks ") + c.permission));
  }
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Faulty, UnknownOrganizationIsASettingsMatter) {
  for (const int status : {400, 404}) {
    cloud_.before = fault("GET", "/feeds", {status, "<html>nothing</html>"});
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, TQP_E_CONFIG);
    EXPECT_EQ(outcome.field, "/org_key");
    EXPECT_THAT(outcome.message, Not(HasSubstr("<html>")));
  }
}

TEST_F(Faulty, ServerErrorsAreTriedAFewTimes) {
  cloud_.before = fault("GET", "/feeds", {500, ""}, 3);
  ASSERT_TRUE(run().ok());
  small_change();
  cloud_.before = fault("PUT", "/reports/", {409, R"({"message":"busy"})"}, 2);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  small_change();
  cloud_.before = fault("PUT", "/reports/", {500, R"({"message":"no luck"})"}, kAlways);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_TRANSIENT);
  EXPECT_EQ(outcome.http_status, 500);
  EXPECT_THAT(outcome.message, HasSubstr("HTTP 500 (\"no luck\")"));
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Faulty, ARateLimitThatStaysEndsTheRunWithItsTime) {
  ASSERT_TRUE(run().ok());
  small_change();
  writes();
  cloud_.before = fault("PUT", "/reports/", {429, "", {{"Retry-After", "90"}}}, kAlways);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_LIMITED);
  EXPECT_EQ(outcome.retry_after_ms, 90'000u);
  EXPECT_EQ(count(writes(), "PUT"), 1u) << "the host has tried again already";
}

TEST_F(Faulty, ARateLimitEndsTheRunAlsoWhenTheTimeIsADate) {
  cloud_.before = fault("POST", "/reports",
                        {429,
                         "",
                         {{"Retry-After", "Sun, 06 Nov 1994 08:51:07 GMT"},
                          {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}},
                        kAlways);
  const Outcome outcome = run();
  EXPECT_EQ(outcome.status, TQP_E_LIMITED);
  EXPECT_EQ(outcome.retry_after_ms, 90'000u);
  EXPECT_EQ(count(writes(), "POST"), 2u)
      << "that of the feed and one of the reports: the host has tried again already";
  cloud_.before = fault("GET", "/feeds", {429, "", {{"Retry-After", "soon"}}}, kAlways);
  EXPECT_EQ(run().retry_after_ms, 60'000u);
  cloud_.before = fault("GET", "/feeds",
                        {429, "", {{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}}, kAlways);
  EXPECT_EQ(run().retry_after_ms, 86'400'000u) << "the host waits no longer";
}

TEST_F(Faulty, ARefusedReportIsADeadLetterAndTheOthersGoOn) {
  cloud_.before = [&, puts = 0](const Sent& request) mutable -> std::optional<Answer> {
    if (request.method == "POST" && ends_with(request.url, "/reports")) return Answer{400, ""};
    if (request.method == "PUT" && ++puts == 2) return Answer{400, R"({"message":"a bad IOC"})"};
    return std::nullopt;
  };
  ASSERT_TRUE(run().ok());
  ASSERT_THAT(host_.seen.rejected, SizeIs(1));
  EXPECT_EQ(host_.seen.rejected[0].type, "report");
  EXPECT_THAT(host_.seen.rejected[0].reason, HasSubstr("a bad IOC"));
  EXPECT_LT(content().size(), 1500u);
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted()) << "offered again";
}

TEST_F(Faulty, WhatARefusedReportShouldHaveTakenOverStaysWhereItIs) {
  ASSERT_TRUE(run().ok());
  // 582 closes a report: without it, its neighbours change, and ends after the next are new.
  std::erase_if(crimeware().rows, [](const auto& row) { return row.id == 582; });
  watch();
  for (int refused = 1; refused <= 3; ++refused) {
    cloud_.before = [&, puts = 0](const Sent& request) mutable -> std::optional<Answer> {
      if (request.method == "PUT" && ++puts == refused) return Answer{422, ""};
      return std::nullopt;
    };
    ASSERT_TRUE(run().ok());
  }
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Faulty, ARefusalOfOneSeverityKeepsWhatLeavesAnother) {
  settings_["severity"] = "from_score";
  ASSERT_TRUE(run().ok());
  crimeware().rows.at(15).score = 6;  // was 5
  cloud_.before = fault("PUT", "/reports/", {400, ""});
  watch();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(host_.seen.rejected, SizeIs(1));
  cloud_.before = {};
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
}

TEST_F(Faulty, ARestoredStateIsMadeUpForByTheServicesTimestamp) {
  ASSERT_TRUE(run().ok());
  const auto old = host_.state;
  small_change();
  ASSERT_TRUE(run().ok());
  host_.state = old;
  crimeware().rows.erase(crimeware().rows.begin() + 720);
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(host_.seen.rejected, IsEmpty());
}

TEST_F(Faulty, WhatARestoredStateDoesNotKnowGoesWithAdopt) {
  ASSERT_TRUE(run().ok());
  const auto old = host_.state;
  const auto rows = crimeware().rows;
  std::erase_if(crimeware().rows, [](const auto& row) { return row.id == 861; });  // other reports
  ASSERT_TRUE(run().ok());
  host_.state = old;
  crimeware().rows = rows;
  ASSERT_TRUE(run(TQP_RUN_ADOPT).ok());
  EXPECT_EQ(content(), wanted());
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Faulty, AFeedThatVanishesInBetweenIsMadeAnewByTheNextRun) {
  for (const int status : {404, 400}) {
    cloud_.feeds.clear();
    ASSERT_TRUE(run().ok());
    small_change();
    const size_t rejected = host_.seen.rejected.size();
    cloud_.before = [&](const Sent& request) -> std::optional<Answer> {
      if (request.method != "PUT") return std::nullopt;
      cloud_.feeds.clear();
      return Answer{status, ""};
    };
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, TQP_E_TRANSIENT) << status;
    EXPECT_THAT(outcome.message, HasSubstr("the next run makes it again"));
    EXPECT_EQ(host_.seen.rejected.size(), rejected);
    cloud_.before = {};
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted());
  }
}

TEST_F(Faulty, DeletingWhatIsNotThereIsDone) {
  ASSERT_TRUE(run().ok());
  auto& rows = crimeware().rows;
  std::erase_if(rows, [](const auto& row) { return row.id >= 862 && row.id <= 1164; });
  cloud_.after = [&](const Sent& request) -> std::optional<Answer> {
    if (request.method == "DELETE") return Answer{404, ""};
    return std::nullopt;
  };
  ASSERT_TRUE(run().ok());
  EXPECT_GE(count(writes(), "DELETE"), 1u);
  writes();
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Faulty, AnswersThatBelieTheirStatusAreFailures) {
  ASSERT_TRUE(run().ok());
  for (const Answer& answer :
       {Answer{200, R"({"errorMessage":"quota"})"}, cut_off(), Answer{200, R"({"id":"x",)"},
        Answer{200, R"({"id":"x"} and more)"}}) {
    small_change();
    cloud_.before = fault("PUT", "/reports/", answer);
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, TQP_E_TRANSIENT) << answer.body;
    EXPECT_THAT(outcome.message, HasSubstr("cannot write a report"));
    cloud_.before = {};
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(content(), wanted());
  }
}

TEST_F(Faulty, AnswersWithoutADocumentAreGoodWhenTheReportStands) {
  ASSERT_TRUE(run().ok());
  for (const Answer& answer :
       {Answer{200, ""}, Answer{204, ""}, Answer{201, "OK"}, Answer{200, "[1]"}}) {
    small_change();
    cloud_.after = fault("PUT", "/reports/", answer, kAlways);
    ASSERT_TRUE(run().ok()) << answer.body;
    EXPECT_EQ(content(), wanted());
  }
}

TEST_F(Faulty, AFeedListThatIsCutMakesNoSecondFeed) {
  ASSERT_TRUE(run().ok());
  Answer cut{200, R"({"results":[)"};
  cut.cut = true;
  for (const Answer& answer :
       {cut, Answer{200, R"({"results":[)"}, Answer{200, "{}"}, Answer{200, R"({"results":[]}x)"},
        Answer{200, R"({"results":[7]})"}, Answer{200, ""}, Answer{200, "<html>login</html>"}}) {
    cloud_.before = fault("GET", "/feeds", answer);
    EXPECT_EQ(run().status, TQP_E_TRANSIENT) << answer.body;
    EXPECT_THAT(cloud_.feeds, SizeIs(1));
  }
}

TEST_F(Faulty, ALostAnswerToTheCreationMakesNoSecondFeed) {
  for (const Answer& answer : {broken_connection(), Answer{500, ""}, cut_off(), Answer{200, ""}}) {
    cloud_ = Cloud();
    cloud_.thorough = false;
    host_.state.clear();
    cloud_.after = fault("POST", "/feeds", answer);
    const bool refused = answer.failure || answer.status >= 400;
    EXPECT_EQ(run().status, refused ? TQP_E_TRANSIENT : TQP_OK) << "a look finds what was made";
    ASSERT_TRUE(run().ok());
    EXPECT_THAT(cloud_.feeds, SizeIs(1));
    EXPECT_EQ(content(), wanted());
  }
}

TEST_F(Faulty, ALostAnswerToTheWatchlistMakesNoSecondOne) {
  settings_["create_watchlist"] = true;
  cloud_.after = fault("POST", "/watchlists", {500, ""});
  EXPECT_EQ(run().status, TQP_E_TRANSIENT);
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(cloud_.watchlists, SizeIs(1));
}

TEST_F(Faulty, AStateThatCannotBeWrittenEndsTheRun) {
  host_.setup.commit_failure = tqp::Error{TQP_E_TRANSIENT, "the disk is full"};
  EXPECT_THAT(run().message, HasSubstr("the disk is full"));
  host_.setup.commit_failure.reset();
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(content(), wanted());
  EXPECT_THAT(cloud_.feeds, SizeIs(1));
}

}  // namespace
}  // namespace cb_edr
