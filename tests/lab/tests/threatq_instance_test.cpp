// SPDX-License-Identifier: Apache-2.0
// What the instance is like, other kinds, legacy exports and searches, unknown calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

TEST(Instance, NamesItsKindsTypesAndStatuses) {
  Threatq lab;
  const Json objects = lab.json("GET", "/api/objects").at("data");
  EXPECT_EQ(objects[0].at("collection"), "indicators");
  EXPECT_EQ(objects[0].at("types").size(), 34U);
  EXPECT_EQ(objects.size(), 19U);
  const Json types = lab.json("GET", "/api/indicator/types");
  EXPECT_EQ(types.at("total"), 34);
  std::set<int> ids;
  for (const Json& type : types["data"]) ids.insert(type.at("id").get<int>());
  EXPECT_EQ(ids.size(), 34U) << "each its own";
  const Json fqdn = lab.json("GET", "/api/indicator/types?name=FQDN").at("data");
  ASSERT_EQ(fqdn.size(), 1U);
  EXPECT_NE(fqdn[0].at("id"), 11) << "not the id of a well-known instance";
  EXPECT_EQ(lab.json("GET", "/api/indicator/types/" + fqdn[0]["id"].dump()).at("data"), fqdn[0]);
  EXPECT_EQ(lab.json("GET", "/api/indicator/types?limit=2&offset=1").at("data").size(), 2U);
  EXPECT_EQ(lab.json("GET", "/api/indicator/statuses/4").at("data").at("name"), "Review");
  EXPECT_GT(lab.json("GET", "/api/indicator/statuses").at("total"), 5);
  EXPECT_EQ(lab.call("GET", "/api/indicator/types/999").status, 404);
}

TEST(Instance, KnowsItsCallerProxyAndOperations) {
  Threatq lab({"--proxy", "http://proxy.example.com:3128"});
  EXPECT_EQ(lab.json("GET", "/api/users/current").at("data").at("email"), "tq@example.com");
  EXPECT_EQ(lab.json("GET", "/api/configuration/proxy").at("data").at("https_proxy"),
            "http://proxy.example.com:3128");
  lab.process.change(R"({"proxy": null})");
  EXPECT_TRUE(lab.json("GET", "/api/configuration/proxy").at("data").at("https_proxy").is_null());
  lab.process.fault(R"({"service":{"old_answers":true}})");
  EXPECT_TRUE(lab.json("GET", "/api/configuration/proxy").at("data").is_array());
  const Json plugin = lab.json("GET", "/api/plugins?with=action.objectType").at("data")[0];
  const std::string path = "/api/plugins/" + plugin.at("id").dump();
  EXPECT_EQ(lab.json("GET", path + "?with=action,objectType").at("data"), plugin);
  EXPECT_EQ(lab.call("POST", path + "/execute",
                     R"({"action":"lookup","id":1,"type":"indicator","parameters":{}})")
                .status,
            200);
}

TEST(Instance, UnknownCallsAreRefused) {
  Threatq lab;
  EXPECT_EQ(lab.call("GET", "/api/nothing").status, 404);
  EXPECT_EQ(lab.call("GET", "/").status, 404);
  EXPECT_EQ(lab.call("POST", "/api/colours/query", "{}").status, 404);
  EXPECT_EQ(lab.call("GET", "/api/indicators/query").status, 405);
  EXPECT_EQ(lab.call("PATCH", "/api/indicators", "{}").status, 405);
  const Json errors = Json::parse(lab.call("GET", "/api/nothing").body).at("errors");
  EXPECT_TRUE(errors[0].is_string());
}

TEST(OtherKinds, AreMadeFoundAndDeleted) {
  Threatq lab;
  const Json made = lab.json("POST", "/api/adversaries", {{"name", "Cozy Bear"}}).at("data");
  EXPECT_TRUE(made.is_object()) << "one object, not a list";
  const Json consumed =
      lab.json("POST", "/api/adversaries/consume",
               {{{"name", "Cozy Bear"}, {"tags", {"apt"}}}, {{"name", "Fancy Bear"}}});
  EXPECT_EQ(consumed.at("data")[0].at("id"), made.at("id"));
  EXPECT_EQ(lab.json("GET", "/api/adversaries?name=%25bear").at("total"), 2);
  EXPECT_EQ(lab.json("POST", "/api/adversaries/query?limit=10",
                     {{"criteria", {{"value", {{"+contains", "fancy"}}}}}})
                .at("total"),
            1);
  EXPECT_EQ(
      lab.call("POST", "/api/adversaries/query", R"({"criteria":{"score":{"+gte":1}}})").status,
      400)
      << "a leaf of indicators only";
  const std::string path = "/api/adversaries/" + made["id"].dump();
  EXPECT_EQ(lab.call("DELETE", path).status, 204);
  EXPECT_EQ(lab.call("GET", path).status, 404);
}

TEST(Searches, OfTheOlderKinds) {
  Threatq lab;
  lab.put("FQDN", "evil.example.com");
  lab.put("Filename", "evil.exe");
  lab.json("POST", "/api/events", {{"title", "Evil event"}});
  const Json words = lab.json("GET", "/api/search?query=evil&limit=10").at("data");
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[0].at("object"), "indicator");
  EXPECT_EQ(words[2].at("object"), "event");
  const Json type = lab.json("GET", "/api/indicator/types?name=Filename").at("data")[0].at("id");
  const Json conditions = {{{"field", "indicator_type"}, {"operator", "is"}, {"value", type}},
                           {{"field", "indicator_value"}, {"operator", "like"}, {"value", "evil"}}};
  const Json found = lab.json("POST", "/api/search/advanced?limit=5&offset=0",
                              {{"indicators", Json::array({conditions})}});
  EXPECT_EQ(found.at("total"), 1);
  EXPECT_EQ(found.at("data")[0].at("type").at("id"), type);
  const Json unknown = {{{"field", "colour"}, {"operator", "is"}, {"value", 1}}};
  EXPECT_EQ(lab.json("POST", "/api/search/advanced", {{"indicators", Json::array({unknown})}})
                .at("total"),
            2)
      << "it says nothing";
  EXPECT_EQ(Json::parse(lab.process.dump("summary=1")).at("unknown_leaves"),
            Json::array({"indicators.\"colour\" \"is\""}));
  EXPECT_EQ(lab.call("POST", "/api/search/advanced", R"({"indicators":[[1]]})").status, 400);
}

class Export : public testing::Test {
 protected:
  Export()
      : lab({"--generate", "50", "--export", "4:exptoken", "--export", "5:other:Hashes",
             "--collection", "Hashes=MD5"}) {}

  Json rows(const std::string& query, int id = 4) const {
    const RawAnswer answer =
        lab.raw_call("GET", "/api/export/" + std::to_string(id) + "?token=" + query);
    return answer.status == 200 ? Json::parse(answer.body) : Json(answer.status);
  }

  Threatq lab;
};

TEST_F(Export, NeedsItsOwnTokenAndNoBearer) {
  EXPECT_EQ(rows("exptoken").size(), 50U);
  EXPECT_EQ(rows("wrong"), 401);
  EXPECT_EQ(rows("exptoken", 9), 404);
  EXPECT_EQ(rows("exptoken&colour=red&sort=value").size(), 50U);
  for (const Json& row : rows("other", 5)) EXPECT_EQ(row.at("type"), "MD5");
}

TEST_F(Export, ComesInPagesById) {
  std::size_t read = 0;
  std::string last = "0";
  for (Json page = rows("exptoken&limit=20&sort=id"); !page.empty();
       page = rows("exptoken&limit=20&sort=id&id=%3E" + last)) {
    read += page.size();
    last = page.back().at("id").dump();
  }
  EXPECT_EQ(read, 50U);
}

TEST_F(Export, DifferentialTellsEachChangeOnceToEachReader) {
  EXPECT_EQ(rows("exptoken&differential=A&limit=1").size(), 1U) << "sets the position";
  EXPECT_TRUE(rows("exptoken&differential=A").empty());
  lab.process.change(R"({"touch": 2, "newest": 3})");
  EXPECT_EQ(rows("exptoken").size(), 53U) << "without it nothing moves";
  EXPECT_EQ(rows("exptoken&differential=A&limit=4").size(), 4U);
  EXPECT_EQ(rows("exptoken&differential=A&limit=4").size(), 1U) << "what the limit left over";
  EXPECT_TRUE(rows("exptoken&differential=A").empty());
  EXPECT_EQ(rows("exptoken&differential=B").size(), 53U) << "another reader's first call";
}

}  // namespace
}  // namespace lab
