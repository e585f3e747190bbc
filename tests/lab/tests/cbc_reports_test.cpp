// SPDX-License-Identifier: Apache-2.0
// Which report documents the simulated service takes and which it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;

class Reports : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cbc_ = new Cbc;
    feed_ = new std::string(cbc_->make_feed());
  }
  static void TearDownTestSuite() {
    delete feed_;
    delete cbc_;
  }

  // The refusal of a report that differs from a good one by this merge patch; "" when it was taken.
  static std::string refusal(const std::string& patch) {
    Json report = some_report("r");
    report.merge_patch(Json::parse(patch));
    const RawAnswer answer = cbc_->replace(*feed_, Json::array({report}));
    if (answer.status == 200) return "";
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("message"));
    return answer.header("X-Lab-Reason").value_or("?");
  }

  // Both spellings go unescaped into the one report of a bulk.
  static std::string text_refusal(const std::string& report_text) {
    const RawAnswer answer =
        cbc_->call("POST", std::string(Cbc::kFeeds) + '/' + *feed_ + "/reports",
                   "{\"reports\":[" + report_text + "]}");
    return answer.status == 200 ? "" : answer.header("X-Lab-Reason").value_or("?");
  }

  static Cbc* cbc_;
  static std::string* feed_;
};

Cbc* Reports::cbc_ = nullptr;
std::string* Reports::feed_ = nullptr;

TEST_F(Reports, GoodOnesAreTaken) {
  EXPECT_EQ(refusal("{}"), "");
  EXPECT_EQ(refusal(R"({"severity":1})"), "");
  EXPECT_EQ(refusal(R"({"severity":10,"tags":["a","b"],"visibility":"visible"})"), "");
  EXPECT_EQ(refusal(R"({"link":"https://tq.example.com/","tags":[]})"), "");
  EXPECT_EQ(refusal(R"({"id":"TS-Report-7"})"), "");
  EXPECT_EQ(
      refusal(
          R"({"iocs_v2":[{"id":"q","match_type":"query","values":["netconn_ipv4:192.0.2.0/24"]}]})"),
      "");
  EXPECT_EQ(
      refusal(
          R"({"iocs_v2":[{"id":"x","match_type":"regex","field":"netconn_domain","values":["^A.*"]}]})"),
      "");
}

TEST_F(Reports, MembersAreChecked) {
  EXPECT_THAT(refusal(R"({"severity":0})"), HasSubstr("outside 1..10"));
  EXPECT_THAT(refusal(R"({"severity":11})"), HasSubstr("outside 1..10"));
  EXPECT_THAT(refusal(R"({"severity":"5"})"), HasSubstr("severity"));
  EXPECT_THAT(refusal(R"({"severity":5.5})"), HasSubstr("severity"));
  EXPECT_THAT(refusal(R"({"id":""})"), HasSubstr("empty report id"));
  EXPECT_THAT(refusal(R"({"id":7})"), HasSubstr("id"));
  EXPECT_THAT(refusal(R"({"title":""})"), HasSubstr("empty title"));
  EXPECT_THAT(refusal(R"({"timestamp":0})"), HasSubstr("Unix seconds"));
  EXPECT_THAT(refusal(R"({"timestamp":-1})"), HasSubstr("Unix seconds"));
  EXPECT_THAT(refusal(R"({"timestamp":1718000000000})"), HasSubstr("Unix seconds"));
  EXPECT_THAT(refusal(R"({"timestamp":1718000000.5})"), HasSubstr("timestamp"));
  EXPECT_THAT(refusal(R"({"timestamp":"1718000000"})"), HasSubstr("timestamp"));
  EXPECT_THAT(refusal(R"({"link":"https://threatq/"})"), HasSubstr("link"));
  EXPECT_THAT(refusal(R"({"tags":"a"})"), HasSubstr("tags"));
  EXPECT_THAT(refusal(R"({"tags":[1]})"), HasSubstr("tags"));
  EXPECT_THAT(refusal(R"({"extra":1})"), HasSubstr("unknown report member"));
  EXPECT_THAT(refusal(R"({"iocs_total_count":1})"), HasSubstr("unknown report member"));
  for (const char* name : {"id", "timestamp", "title", "description", "severity", "iocs_v2"}) {
    EXPECT_THAT(refusal("{\"" + std::string(name) + "\":null}"), HasSubstr("is missing")) << name;
  }
}

TEST_F(Reports, NullMembersAreRefused) {
  std::string good = some_report("r").dump();
  good.pop_back();
  EXPECT_EQ(text_refusal(good + "}"), "");
  for (const char* name : {"link", "tags", "visibility", "iocs"}) {
    EXPECT_NE(text_refusal(good + ",\"" + name + "\":null}"), "") << name;
  }
}

TEST_F(Reports, MembersThatStandTwiceAreRefused) {
  std::string good = some_report("r").dump();
  good.pop_back();
  EXPECT_THAT(text_refusal(good + ",\"title\":\"again\"}"), HasSubstr("stands twice"));
}

TEST_F(Reports, IocsAreChecked) {
  const auto ioc = [](const std::string& patch) {
    Json entry = some_ioc("i");
    entry.merge_patch(Json::parse(patch));
    return refusal(Json({{"iocs_v2", Json::array({entry})}}).dump());
  };
  EXPECT_EQ(ioc("{}"), "");
  EXPECT_EQ(ioc(R"({"link":"https://tq.example.com/indicators/1/details"})"), "");
  EXPECT_THAT(refusal(R"({"iocs_v2":[]})"), HasSubstr("is empty"));
  EXPECT_THAT(refusal(R"({"iocs_v2":[7]})"), HasSubstr("iocs_v2"));
  EXPECT_THAT(ioc(R"({"id":""})"), HasSubstr("empty IOC id"));
  EXPECT_THAT(ioc(R"({"id":null})"), HasSubstr("is missing"));
  EXPECT_THAT(ioc(R"({"match_type":"equals"})"), HasSubstr("match_type"));
  EXPECT_THAT(ioc(R"({"match_type":null})"), HasSubstr("is missing"));
  EXPECT_THAT(ioc(R"({"field":null})"), HasSubstr("is missing"));
  EXPECT_EQ(ioc(R"({"field":"process_name","values":["Any Value.exe"]})"), "");
  EXPECT_THAT(ioc(R"({"match_type":"query"})"), HasSubstr("query with a \"field\""));
  EXPECT_THAT(ioc(R"({"match_type":"query","field":null,"values":["a","b"]})"),
              HasSubstr("exactly one"));
  EXPECT_THAT(ioc(R"({"values":[]})"), HasSubstr("is empty"));
  EXPECT_THAT(ioc(R"({"values":"bad.example.com"})"), HasSubstr("values"));
  EXPECT_THAT(ioc(R"({"values":["bad.example.com."]})"), HasSubstr("trailing dot"));
  EXPECT_THAT(ioc(R"({"field":"netconn_ipv6","values":["ff02::fb"]})"),
              HasSubstr("32 upper-case hex"));
  EXPECT_THAT(ioc(R"({"link":"https://threatq/"})"), HasSubstr("link"));
  EXPECT_THAT(ioc(R"({"extra":1})"), HasSubstr("unknown IOC member"));
}

TEST_F(Reports, RepeatedIocIdsAreTakenAsTheServiceTakesThemAndCounted) {
  Json report = some_report("r");
  report["iocs_v2"].push_back(some_ioc("i1", "other.example.com"));
  EXPECT_EQ(cbc_->replace(*feed_, Json::array({report})).status, 200);
  EXPECT_EQ(cbc_->summary()["repeated_ioc_ids"], 1);
  EXPECT_EQ(cbc_->replace(*feed_, Json::array({some_report("r")})).status, 200);
  EXPECT_EQ(cbc_->summary()["repeated_ioc_ids"], 0);
}

TEST_F(Reports, OldIocsBecomeNewOnes) {
  Json report = some_report("old");
  report.erase("iocs_v2");
  report["iocs"] = {{"md5", {std::string(32, 'a')}},
                    {"ipv4", {"192.0.2.7"}},
                    {"dns", {"bad.example.com"}},
                    {"query", {{{"index_type", "events"}, {"search_query", "a:b"}}}}};
  ASSERT_EQ(cbc_->put(*feed_, report).status, 200);
  const Json read =
      Json::parse(cbc_->call("GET", std::string(Cbc::kFeeds) + '/' + *feed_ + "/reports/old").body);
  ASSERT_EQ(read.at("iocs_v2").size(), 4U);
  EXPECT_EQ(read["iocs_v2"][1].at("field"), "netconn_ipv4");
  EXPECT_EQ(read["iocs_v2"][3].at("match_type"), "query");
  EXPECT_TRUE(read.at("iocs").is_null());
}

TEST_F(Reports, SecondsMayBeFarInTheFuture) {
  EXPECT_EQ(refusal(R"({"timestamp":32472144000})"), "");  // 2999-01-01
}

TEST_F(Reports, ReportIdsAreUniqueInABulk) {
  const RawAnswer answer = cbc_->replace(*feed_, Json::array({some_report("a"), some_report("a")}));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("stands twice"));
}

TEST_F(Reports, BrokenJsonIsRefused) {
  const std::string path = std::string(Cbc::kFeeds) + '/' + *feed_ + "/reports";
  const std::string good = "{\"reports\":[" + some_report("r").dump() + "]}";
  EXPECT_EQ(cbc_->call("POST", path, good).status, 200);
  EXPECT_EQ(cbc_->call("POST", path, good + "x").status, 400);
  EXPECT_EQ(cbc_->call("POST", path, good + good).status, 400);
  EXPECT_EQ(cbc_->call("POST", path, "[]").status, 400);
  EXPECT_EQ(cbc_->call("POST", path, "{}").status, 400);
  EXPECT_EQ(cbc_->call("POST", path, R"({"reports":[],"more":1})").status, 200);
  EXPECT_EQ(cbc_->call("POST", path, R"({"reports":[null]})").status, 400);
  for (std::size_t cut = 1; cut < good.size(); ++cut) {
    ASSERT_EQ(cbc_->call("POST", path, good.substr(0, cut)).status, 400) << good.substr(0, cut);
  }
}

TEST_F(Reports, MoreThanTheRecommendedIocsAreTakenAndCounted) {
  Json report = some_report("big");
  report["iocs_v2"].clear();
  for (int i = 0; i < 1'001; ++i) report["iocs_v2"].push_back(some_ioc("i" + std::to_string(i)));
  EXPECT_EQ(cbc_->replace(*feed_, Json::array({report, some_report("small")})).status, 200);
  const Json summary = cbc_->summary();
  EXPECT_EQ(summary["over_recommended"], 1);
  EXPECT_EQ(summary["iocs"], 1'002);
  for (int i = 1'001; i < 10'001; ++i)
    report["iocs_v2"].push_back(some_ioc("i" + std::to_string(i)));
  EXPECT_EQ(cbc_->replace(*feed_, Json::array({report})).status, 400);
}

TEST_F(Reports, AFeedHoldsTenThousand) {
  const std::string feed = cbc_->make_feed("full");
  Json reports = Json::array();
  for (int i = 0; i < 10'000; ++i) reports.push_back(some_report("r" + std::to_string(i)));
  EXPECT_EQ(cbc_->replace(feed, reports).status, 200);
  EXPECT_EQ(cbc_->put(feed, some_report("one-more")).status, 400);
  EXPECT_EQ(cbc_->put(feed, some_report("r7", 1'718'000'001)).status, 200);
  reports.push_back(some_report("one-more"));
  EXPECT_EQ(cbc_->replace(feed, reports).status, 400);
}

TEST(FullFeed, TakesNoNewReportWhateverTheWayAtAnyTime) {
  Cbc cbc;
  const std::string feed = cbc.make_feed();
  cbc.process.change(R"({"max_reports":3})");
  Json reports = Json::array();
  for (const char* id : {"a", "b", "c"}) {
    EXPECT_EQ(cbc.put(feed, some_report(id)).status, 200);
    reports.push_back(some_report(id));
  }
  EXPECT_EQ(cbc.put(feed, some_report("d")).status, 400);
  EXPECT_EQ(cbc.put(feed, some_report("c", 1'718'000'001)).status, 200) << "no new one";
  reports.push_back(some_report("d"));
  EXPECT_EQ(cbc.replace(feed, reports).status, 400);
  const Json add = {{"add_report", {{"feed", feed}, {"report", some_report("d")}}}};
  EXPECT_EQ(cbc.process.call("POST", "/__lab/change", add.dump()).status, 400);
  EXPECT_EQ(cbc.summary()["reports"], 3);
  EXPECT_EQ(cbc.call("DELETE", std::string(Cbc::kFeeds) + '/' + feed + "/reports/a").status, 204);
  EXPECT_EQ(cbc.put(feed, some_report("d")).status, 200);
  for (const char* wrong : {"0", "10001", "-1", "\"3\""})
    EXPECT_EQ(
        cbc.process.call("POST", "/__lab/change", "{\"max_reports\":" + std::string(wrong) + "}")
            .status,
        400)
        << wrong;
}

}  // namespace
}  // namespace lab
