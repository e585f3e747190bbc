// SPDX-License-Identifier: Apache-2.0
// The feed calls: access, permissions, what each call does and answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;

std::string at(const std::string& feed, const std::string& rest = "") {
  return std::string(Cbc::kFeeds) + '/' + feed + rest;
}

TEST(Feeds, HealthchecksNeedNoToken) {
  const Cbc cbc;
  for (const char* path :
       {"/threathunter/feedmgr/healthcheck", "/threathunter/watchlistmgr/healthcheck"}) {
    const RawAnswer answer = raw(cbc.process.host_and_port(), "GET", path);
    EXPECT_EQ(answer.status, 204);
    EXPECT_FALSE(answer.header("Content-Length"));
  }
}

TEST(Feeds, TheTokenIsSecretSlashId) {
  const Cbc cbc;
  const std::string host = cbc.process.host_and_port();
  EXPECT_EQ(raw(host, "GET", Cbc::kFeeds, "X-Auth-Token: SECRET/ID\r\n").status, 200);
  EXPECT_EQ(raw(host, "GET", Cbc::kFeeds, "X-Auth-Token: ID/SECRET\r\n").status, 401);
  EXPECT_EQ(raw(host, "GET", Cbc::kFeeds, "Authorization: Bearer SECRET/ID\r\n").status, 401);
  EXPECT_EQ(raw(host, "GET", Cbc::kFeeds).status, 401);
  EXPECT_EQ(cbc.call("GET", "/threathunter/feedmgr/v2/orgs/OTHER/feeds").status, 403);
}

TEST(Feeds, EachCallNeedsItsPermission) {
  const std::vector<std::string> operations = {"READ", "CREATE", "UPDATE", "DELETE"};
  for (const std::string& missing : operations) {
    Cbc cbc;
    const std::string feed = cbc.make_feed();
    cbc.put(feed, some_report("r"));
    cbc.process.fault(R"({"service":{"remove_permission":"org.feeds:)" + missing + "\"}}");
    const auto expected = [&missing](const char* operation) {
      return missing == operation ? 403 : 200;
    };
    EXPECT_EQ(cbc.call("GET", Cbc::kFeeds).status, expected("READ"));
    EXPECT_EQ(cbc.call("GET", at(feed)).status, expected("READ"));
    EXPECT_EQ(cbc.call("GET", at(feed, "/feedinfo")).status, expected("READ"));
    EXPECT_EQ(cbc.call("GET", at(feed, "/reports")).status, expected("READ"));
    EXPECT_EQ(cbc.put(feed, some_report("r")).status, expected("UPDATE"));
    EXPECT_EQ(cbc.replace(feed, Json::array({some_report("r")})).status, expected("UPDATE"));
    const std::string body =
        R"({"feedinfo":{"name":"x","provider_url":"","summary":"","category":""},"reports":[]})";
    EXPECT_EQ(cbc.call("POST", Cbc::kFeeds, body).status, expected("CREATE"));
    EXPECT_EQ(cbc.call("DELETE", at(feed, "/reports/r")).status, missing == "DELETE" ? 403 : 204);
    EXPECT_EQ(cbc.call("DELETE", at(feed)).status, missing == "DELETE" ? 403 : 204);
    EXPECT_THAT(cbc.process.requests(), HasSubstr("the key lacks org.feeds:" + missing));
  }
}

TEST(Feeds, GivenPermissionsAreAllThereAre) {
  const Cbc cbc({"--permission", "org.feeds:READ"});
  EXPECT_EQ(cbc.call("GET", Cbc::kFeeds).status, 200);
  EXPECT_EQ(cbc.call("POST", Cbc::kFeeds, "{}").status, 403);
  EXPECT_EQ(cbc.call("GET", std::string(Cbc::kWatch) + "/watchlists").status, 403);
}

TEST(Feeds, AFeedIsMadeListedAndRead) {
  const Cbc cbc;
  const std::string body =
      R"({"feedinfo":{"name":"n","provider_url":"u","summary":"s","category":"c","alertable":false},"reports":[)" +
      some_report("r").dump() + "]}";
  const Json made = Json::parse(cbc.call("POST", Cbc::kFeeds, body).body);
  EXPECT_GE(made["id"].get<std::string>().size(), 20U);
  EXPECT_EQ(made["owner"], "ABCD1234");
  EXPECT_EQ(made["access"], "private");
  EXPECT_EQ(made["alertable"], false);
  EXPECT_TRUE(made["source_label"].is_null());
  const Json list =
      Json::parse(cbc.call("GET", std::string(Cbc::kFeeds) + "?include_public=true").body);
  EXPECT_EQ(list, Json({{"results", Json::array({made})}}));  // feedinfo only, no reports inside
  EXPECT_EQ(cbc.call("GET", std::string(Cbc::kFeeds) + "?page=1").status, 200);
  const std::string id = made["id"];
  const Json whole = Json::parse(cbc.call("GET", at(id)).body);
  EXPECT_EQ(whole["feedinfo"], made);
  ASSERT_EQ(whole["reports"].size(), 1U);
  EXPECT_TRUE(whole["reports"][0]["link"].is_null());
  EXPECT_EQ(whole["reports"][0]["iocs_total_count"], 1);
  EXPECT_EQ(Json::parse(cbc.call("GET", at(id, "/reports")).body)["results"], whole["reports"]);
  EXPECT_EQ(Json::parse(cbc.call("GET", at(id, "/reports/r")).body), whole["reports"][0]);
}

TEST(Feeds, FeedinfoIsChecked) {
  const Cbc cbc;
  const auto create = [&cbc](const std::string& patch) {
    Json info = {{"name", "n"}, {"provider_url", ""}, {"summary", ""}, {"category", ""}};
    info.merge_patch(Json::parse(patch));
    return cbc
        .call("POST", Cbc::kFeeds, Json({{"feedinfo", info}, {"reports", Json::array()}}).dump())
        .status;
  };
  EXPECT_EQ(create("{}"), 200);
  EXPECT_EQ(create("{}"), 200);  // names need not be unique
  EXPECT_EQ(create(R"({"owner":"ABCD1234","access":"private"})"), 200);
  EXPECT_EQ(create(R"({"access":"public"})"), 400);
  EXPECT_EQ(create(R"({"name":""})"), 400);
  EXPECT_EQ(create(R"({"alertable":"yes"})"), 400);
  for (const char* name : {"name", "provider_url", "summary", "category"}) {
    EXPECT_EQ(create("{\"" + std::string(name) + "\":null}"), 400) << name;
  }
  EXPECT_EQ(cbc.call("POST", std::string(Cbc::kFeeds) + "/public", "{}").status, 403);
}

TEST(Feeds, FeedinfoIsChangedAsAWhole) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  Json info = Json::parse(cbc.call("GET", at(feed, "/feedinfo")).body);
  info["summary"] = "new";
  EXPECT_EQ(cbc.call("PUT", at(feed, "/feedinfo"), info.dump()).status, 200);
  EXPECT_EQ(Json::parse(cbc.call("GET", at(feed, "/feedinfo")).body), info);
  info["access"] = "public";
  EXPECT_EQ(cbc.call("PUT", at(feed, "/feedinfo"), info.dump()).status, 400);
}

TEST(Feeds, WhatTheServiceMakesItselfIsTakenAndNotLookedAt) {
  const Cbc cbc;
  const Json info = {{"name", "n"},    {"provider_url", ""}, {"summary", ""},
                     {"category", ""}, {"owner", "OTHER"},   {"id", "mine"},
                     {"more", 1},      {"reports_count", 7}};
  const RawAnswer answer =
      cbc.call("POST", std::string(Cbc::kFeeds) + "?dry=1",
               Json({{"feedinfo", info}, {"reports", Json::array()}, {"more", 1}}).dump());
  ASSERT_EQ(answer.status, 200);
  const Json made = Json::parse(answer.body);
  EXPECT_EQ(made["owner"], "ABCD1234");
  EXPECT_NE(made["id"], "mine");
  EXPECT_FALSE(made.contains("more"));
  const std::string feed = made["id"];
  EXPECT_EQ(cbc.call("PUT", at(feed, "/feedinfo"), info.dump()).status, 200);
  EXPECT_EQ(Json::parse(cbc.call("GET", at(feed, "/feedinfo")).body)["id"], feed);
}

TEST(Feeds, BulkReplacesAll) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.put(feed, some_report("foreign"));
  const RawAnswer answer = cbc.replace(feed, Json::array({some_report("b"), some_report("c")}));
  EXPECT_EQ(answer.body, R"({"success":true})");
  const Json reports = Json::parse(cbc.call("GET", at(feed, "/reports")).body)["results"];
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0]["id"], "b");
  EXPECT_EQ(cbc.replace(feed, Json::array()).status, 200);
  EXPECT_EQ(Json::parse(cbc.call("GET", at(feed, "/reports")).body)["results"].size(), 0U);
}

TEST(Feeds, ARefusedBulkChangesNothing) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.put(feed, some_report("a"));
  const Json before = cbc.summary();
  Json bad = some_report("b");
  bad["severity"] = 11;
  EXPECT_EQ(cbc.replace(feed, Json::array({some_report("c"), bad})).status, 400);
  EXPECT_EQ(cbc.summary(), before);
}

TEST(Feeds, PutMakesAndChangesButTimestampsRise) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  Json report = some_report("r");
  const RawAnswer made = cbc.put(feed, report);
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(Json::parse(made.body)["id"], "r");
  EXPECT_EQ(cbc.put(feed, report).status, 200);  // a repeat of equal bytes
  report["title"] = "changed";
  const RawAnswer refused = cbc.put(feed, report);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("errorMessage"));
  EXPECT_THAT(refused.body, HasSubstr("is not above the stored"));
  report["timestamp"] = 1'718'000'001;
  EXPECT_EQ(cbc.put(feed, report).status, 200);
  EXPECT_EQ(cbc.call("PUT", at(feed, "/reports/other"), report.dump()).status, 400);
}

TEST(Feeds, TimestampsMayStayWhenLenient) {
  const Cbc cbc({"--lenient-timestamps"});
  const std::string feed = cbc.make_feed();
  Json report = some_report("r");
  EXPECT_EQ(cbc.put(feed, report).status, 200);
  report["title"] = "changed";
  EXPECT_EQ(cbc.put(feed, report).status, 200);
}

TEST(Feeds, WhatIsNotThereIs404) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.put(feed, some_report("r"));
  EXPECT_EQ(cbc.call("DELETE", at(feed, "/reports/r")).status, 204);
  EXPECT_EQ(cbc.call("DELETE", at(feed, "/reports/r")).status, 404);
  EXPECT_EQ(cbc.call("GET", at(feed, "/reports/r")).status, 404);
  EXPECT_EQ(cbc.call("DELETE", at(feed)).status, 204);
  EXPECT_EQ(cbc.call("DELETE", at(feed)).status, 404);
  EXPECT_EQ(cbc.call("GET", at(feed, "/reports")).status, 404);
  EXPECT_EQ(cbc.put(feed, some_report("r")).status, 404);
  EXPECT_EQ(cbc.replace(feed, Json::array()).status, 404);
  EXPECT_EQ(cbc.call("GET", "/threathunter/feedmgr/v1/feed").status, 404);
  EXPECT_EQ(cbc.call("GET", "/api/feedmgr/v2/orgs/ABCD1234/feeds").status, 404);
  EXPECT_EQ(cbc.call("PUT", Cbc::kFeeds, "{}").status, 405);
}

TEST(Feeds, BodiesMustSayThatTheyAreJson) {
  const Cbc cbc;
  const std::string path = at(cbc.make_feed(), "/reports");
  const std::string token = "X-Auth-Token: SECRET/ID\r\n";
  const auto post = [&](const std::string& type) {
    return raw(cbc.process.host_and_port(), "POST", path, token + type, R"({"reports":[]})").status;
  };
  EXPECT_EQ(post("Content-Type: application/json\r\n"), 200);
  EXPECT_EQ(post("Content-Type: application/json; charset=utf-8\r\n"), 200);
  EXPECT_EQ(post("Content-Type: text/plain\r\n"), 400);
  EXPECT_EQ(post(""), 400);
}

TEST(Feeds, LargeBodiesAre413) {
  const Cbc cbc({"--max-body-mb", "1"});
  const std::string feed = cbc.make_feed();
  Json report = some_report("r");
  report["description"] = std::string(2 * 1024 * 1024, 'x');
  EXPECT_EQ(cbc.put(feed, report).status, 413);
  EXPECT_EQ(cbc.put(feed, some_report("r")).status, 200);
}

TEST(Feeds, SlowBodiesAre504) {
  const Cbc cbc({"--gateway-timeout-ms", "100"});
  const std::string body = R"({"reports":[]})";
  RawConnection connection(cbc.process.host_and_port());
  connection.send(
      "POST " + at(cbc.make_feed(), "/reports") +
      " HTTP/1.1\r\nHost: lab\r\nX-Auth-Token: SECRET/ID\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 5));
  usleep(200'000);
  connection.send(body.substr(5));
  const RawAnswer answer = connection.receive();
  EXPECT_EQ(answer.status, 504);
  EXPECT_THAT(answer.body, HasSubstr("<html>"));
}

TEST(Feeds, TheRateIsLimitedAndAskingMeanwhileExtendsTheBlock) {
  const Cbc cbc({"--rate", "3", "--rate-window", "1"});
  const auto ask = [&cbc] { return cbc.call("GET", Cbc::kFeeds); };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask().status, 200);
  RawAnswer refused = ask();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  usleep(600'000);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask().status, 429);
  usleep(600'000);  // 1.2 s after the first: free by now, had nobody asked meanwhile
  EXPECT_EQ(ask().status, 429);
  usleep(1'100'000);
  EXPECT_EQ(ask().status, 200);
}

}  // namespace
}  // namespace lab
