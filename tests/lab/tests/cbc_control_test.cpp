// SPDX-License-Identifier: Apache-2.0
// What tests see and change behind the service's back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;

TEST(CbcControl, DumpHoldsReportsAsTheyWereSent) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  const std::string other = cbc.make_feed("other");
  const Json report = some_report("r");
  cbc.put(feed, report);
  const Json dump = Json::parse(cbc.process.dump("feed=" + feed));
  ASSERT_EQ(dump["feeds"].size(), 1U);
  EXPECT_EQ(dump["feeds"][0]["feedinfo"]["name"], "ours");
  EXPECT_EQ(dump["feeds"][0]["reports"], Json::array({report}));
  EXPECT_EQ(Json::parse(cbc.process.dump())["feeds"].size(), 2U);
}

TEST(CbcControl, SummaryDigestsContentAndNotItsForm) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.replace(feed, Json::array({some_report("a"), some_report("b")}));
  const Json first = cbc.summary();
  EXPECT_EQ(first["feeds"], 1);
  EXPECT_EQ(first["reports"], 2);
  EXPECT_EQ(first["iocs"], 2);
  const std::string reordered =
      "{\"reports\":" +
      nlohmann::json::parse(Json::array({some_report("b"), some_report("a")}).dump()).dump(2) + '}';
  cbc.call("POST", std::string(Cbc::kFeeds) + '/' + feed + "/reports", reordered);
  EXPECT_EQ(cbc.summary(), first);
  cbc.put(feed, some_report("a", 1'718'000'001));
  const Json later = cbc.summary();
  EXPECT_NE(later["sha256"], first["sha256"]);
  EXPECT_EQ(later["sha256_without_timestamps"], first["sha256_without_timestamps"]);
  Json retitled = some_report("a", 1'718'000'002);
  retitled["title"] = "other";
  cbc.put(feed, retitled);
  EXPECT_NE(cbc.summary()["sha256_without_timestamps"], first["sha256_without_timestamps"]);
}

TEST(CbcControl, OthersChangeFeedsToo) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  const Json add = {{"add_report", {{"feed", feed}, {"report", some_report("theirs")}}}};
  cbc.process.change(add.dump());
  EXPECT_EQ(cbc.summary()["reports"], 1);
  cbc.process.change(R"({"delete_report":{"feed":")" + feed + R"(","report":"theirs"}})");
  EXPECT_EQ(cbc.summary()["reports"], 0);
  cbc.process.change(R"({"delete_feed":")" + feed + "\"}");
  EXPECT_EQ(cbc.summary()["feeds"], 0);
  cbc.process.change(
      R"({"add_feed":{"feedinfo":{"name":"theirs","provider_url":"","summary":"","category":""},"reports":[]}})");
  EXPECT_EQ(cbc.summary()["feeds"], 1);
}

TEST(CbcControl, UnknownChangesAndFaultsAreRefused) {
  Cbc cbc;
  for (const char* what :
       {"{}", "[]", "x", R"({"unknown":1})", R"({"delete_feed":"none"})", R"({"delete_feed":1})",
        R"({"delete_report":{"feed":"none","report":"r"}})"}) {
    EXPECT_EQ(cbc.process.call("POST", "/__lab/change", what).status, 400) << what;
  }
  for (const char* what :
       {R"({"service":{}})", R"({"service":{"unknown":1}})", R"({"service":{"error_in_ok":-1}})"}) {
    EXPECT_EQ(cbc.process.call("POST", "/__lab/fault", what).status, 400) << what;
  }
}

TEST(CbcControl, AWriteFailsInA200) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.process.fault(R"({"service":{"error_in_ok":1}})");
  const RawAnswer answer = cbc.put(feed, some_report("r"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("errorMessage"));
  EXPECT_EQ(cbc.summary()["reports"], 0);
  cbc.put(feed, some_report("r"));
  EXPECT_EQ(cbc.summary()["reports"], 1);
}

TEST(CbcControl, ReadsAreStaleForAWhile) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.process.fault(R"({"service":{"stale_reads":1}})");
  cbc.put(feed, some_report("r"));
  const std::string path = std::string(Cbc::kFeeds) + '/' + feed + "/reports";
  EXPECT_EQ(Json::parse(cbc.call("GET", path).body)["results"].size(), 0U);
  EXPECT_EQ(Json::parse(cbc.call("GET", path).body)["results"].size(), 1U);
}

TEST(CbcControl, TheTokenIsRevoked) {
  Cbc cbc;
  cbc.process.fault(R"({"service":{"revoke_token":true}})");
  EXPECT_EQ(cbc.call("GET", Cbc::kFeeds).status, 401);
}

}  // namespace
}  // namespace lab
