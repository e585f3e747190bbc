// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

std::string watch(const std::string& rest) { return std::string(Cbc::kWatch) + rest; }

TEST(Watchlists, OneSubscribesToAFeed) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  const Json wanted = {{"name", "w"},
                       {"description", "d"},
                       {"tags_enabled", true},
                       {"alerts_enabled", true},
                       {"classifier", {{"key", "feed_id"}, {"value", feed}}}};
  const RawAnswer answer = cbc.call("POST", watch("/watchlists"), wanted.dump());
  ASSERT_EQ(answer.status, 200);
  const Json made = Json::parse(answer.body);
  const std::string id = made["id"];
  EXPECT_GT(made["create_timestamp"], 0);
  EXPECT_EQ(Json::parse(cbc.call("GET", watch("/watchlists")).body)["results"],
            Json::array({made}));
  EXPECT_EQ(Json::parse(cbc.call("GET", watch("/watchlists/" + id)).body), made);
  EXPECT_EQ(cbc.call("DELETE", watch("/watchlists/" + id + "/alert")).status, 204);
  EXPECT_EQ(cbc.call("PUT", watch("/watchlists/" + id + "/tag"), "null").status, 200);
  const Json changed = Json::parse(
      cbc.call("PUT", watch("/watchlists/" + id), R"({"name":"x","description":null})").body);
  EXPECT_EQ(changed["name"], "x");
  EXPECT_EQ(changed["description"], "d");
  EXPECT_EQ(changed["alerts_enabled"], false);
  EXPECT_EQ(cbc.call("DELETE", watch("/watchlists/" + id)).status, 204);
  EXPECT_EQ(cbc.call("GET", watch("/watchlists/" + id)).status, 404);
}

TEST(Watchlists, DocumentsAreChecked) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  const std::string classifier = R"("classifier":{"key":"feed_id","value":")" + feed + "\"}";
  const auto create = [&cbc](const std::string& body) {
    return cbc.call("POST", watch("/watchlists"), body).status;
  };
  EXPECT_EQ(create(R"({"name":"w",)" + classifier + "}"), 200);
  EXPECT_EQ(create(R"({"name":"w","report_ids":["a"]})"), 200);
  EXPECT_EQ(create(R"({"name":"w"})"), 400);
  EXPECT_EQ(create("{" + classifier + "}"), 400);
  EXPECT_EQ(create(R"({"name":"w","report_ids":["a"],)" + classifier + "}"), 400);
  EXPECT_EQ(create(R"({"name":"w","classifier":{"key":"feed_id","value":"none"}})"), 400);
  EXPECT_EQ(create(R"({"name":"w","classifier":{"key":"feed","value":")" + feed + "\"}}"), 400);
  EXPECT_EQ(create(R"({"name":"w","more":1,)" + classifier + "}"), 200);
  EXPECT_EQ(create(R"({"name":"w","alerts_enabled":"yes",)" + classifier + "}"), 400);
}

TEST(Watchlists, CreatingNeedsItsPermission) {
  const Cbc cbc({"--permission", "org.feeds:CREATE", "--permission", "org.watchlists:READ"});
  EXPECT_EQ(cbc.call("GET", watch("/watchlists")).status, 200);
  EXPECT_EQ(cbc.call("POST", watch("/watchlists"), "{}").status, 403);
}

TEST(Watchlists, FeedReportsAndIocsAreIgnored) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.put(feed, some_report("r-1"));
  const std::string report = watch("/reports/" + feed + "-r-1");
  for (const std::string& path : {report + "/ignore", report + "/iocs/i1/ignore"}) {
    EXPECT_EQ(cbc.call("GET", path).body, R"({"ignored":false})");
    EXPECT_EQ(cbc.call("PUT", path, "null").body, R"({"ignored":true})");
    EXPECT_EQ(cbc.call("GET", path).body, R"({"ignored":true})");
    EXPECT_EQ(cbc.call("DELETE", path).status, 204);
    EXPECT_EQ(cbc.call("GET", path).body, R"({"ignored":false})");
  }
  EXPECT_EQ(cbc.call("GET", report + "/iocs/none/ignore").status, 404);
  EXPECT_EQ(cbc.call("GET", watch("/reports/" + feed + "-none/ignore")).status, 404);
  EXPECT_EQ(cbc.call("GET", watch("/reports/r-1/ignore")).status, 404);
}

TEST(Watchlists, FeedReportsHaveCustomSeverities) {
  const Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.put(feed, some_report("r"));
  const std::string path = watch("/reports/" + feed + "-r/severity");
  EXPECT_EQ(cbc.call("GET", path).status, 404);
  const std::string wanted = R"({"report_id":")" + feed + R"(-r","severity":8})";
  EXPECT_EQ(cbc.call("PUT", path, wanted).body, wanted);
  EXPECT_EQ(cbc.call("GET", watch("/reports/severity")).body, "{\"results\":[" + wanted + "]}");
  EXPECT_EQ(cbc.call("PUT", path, R"({"report_id":")" + feed + R"(-r","severity":11})").status,
            400);
  EXPECT_EQ(cbc.call("DELETE", path).status, 204);
}

}  // namespace
}  // namespace lab
