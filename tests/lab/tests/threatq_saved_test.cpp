// SPDX-License-Identifier: Apache-2.0
// Data collections: who sees them, how they are made and run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

constexpr const char* kOther = "other@example.com:pw:OTHER";

class Saved : public testing::Test {
 protected:
  Saved()
      : lab({"--generate", "200", "--collection", "Crimeware", "--collection",
             "Hashes=MD5, SHA-256", "--user", kOther, "--oauth-client", "OID:OSEC"}) {}

  std::set<std::string> names() const {
    std::set<std::string> result;
    const Json list = lab.json("GET", "/api/search/query");
    for (const Json& each : list.at("data")) result.insert(each.at("name").get<std::string>());
    return result;
  }

  void become(const std::string& target, const std::string& body) {
    lab.token = Threatq::access_token(lab.raw_call("POST", target, body));
  }
  void become_client() {
    become("/api/token?grant_type=client_credentials&client_id=OID&client_secret=OSEC", "");
  }
  void become_other_user() {
    become("/api/token?grant_type=password&client_id=OTHER",
           R"({"email":"other@example.com","password":"pw"})");
  }

  Threatq lab;
};

TEST_F(Saved, CollectionsOfTheOptionsRunAsTheyAre) {
  const Json list = lab.json("GET", "/api/search/query").at("data");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].at("name"), "Crimeware");
  EXPECT_TRUE(list[1].at("json").contains("ui_query"));
  const Json hashes = lab.query("limit=500", list[1]["json"]["api_query"]);
  EXPECT_GT(hashes.at("total"), 0);
  for (const Json& row : hashes.at("data"))
    EXPECT_TRUE(row["type"]["name"] == "MD5" || row["type"]["name"] == "SHA-256");
  EXPECT_EQ(lab.query("limit=1", list[0]["json"]["api_query"]).at("total"), 200);
}

TEST_F(Saved, TheOwnerAndTheClientsSeeThemOthersDoNot) {
  EXPECT_EQ(names().size(), 2U);
  become_client();
  EXPECT_EQ(names().size(), 2U);
  become_other_user();
  EXPECT_TRUE(names().empty());
}

TEST_F(Saved, AnUnsharedCollectionIsNotInTheList) {
  lab.process.change(R"({"collection": {"name": "Crimeware", "private": true}})");
  EXPECT_EQ(names(), std::set<std::string>{"Hashes"});
  become_client();
  EXPECT_EQ(names(), std::set<std::string>{"Hashes"});
  lab.process.change(R"({"collection": {"name": "Crimeware", "private": false}})");
  EXPECT_EQ(names().size(), 2U);
  lab.process.change(R"({"collection": {"name": "Hashes", "delete": true}})");
  EXPECT_EQ(names(), std::set<std::string>{"Crimeware"});
}

TEST_F(Saved, OneIsMadeAndSeenByItsMakerOnly) {
  const Json made = lab.json(
      "POST", "/api/search/query",
      {{"name", "Mine"},
       {"json",
        {{"ui_query", Json::object()},
         {"api_query", {{"criteria", {{"type_name", "FQDN"}}}, {"filters", Json::object()}}}}}});
  EXPECT_EQ(made.at("data").at("name"), "Mine");
  EXPECT_EQ(names().count("Mine"), 1U);
  become_other_user();
  EXPECT_EQ(names().count("Mine"), 0U);
  const std::string hash = made["data"]["hash"].get<std::string>();
  EXPECT_EQ(lab.call("GET", "/api/search/query/" + hash).status, 404);
}

TEST_F(Saved, AnUnsavedSearchIsFoundAndRunByItsHash) {
  const Json made = lab.json(
      "POST", "/api/search/query",
      {{"name", nullptr},
       {"json",
        {{"ui_query", Json::object()}, {"api_query", {{"criteria", {{"type_name", "FQDN"}}}}}}}});
  const std::string hash = made.at("data").at("hash").get<std::string>();
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_EQ(names().size(), 2U) << "it is not in the list";
  EXPECT_EQ(lab.json("GET", "/api/search/query/" + hash + "?fields=name").at("data"),
            Json::parse(R"({"name":null})"));
  const Json page = lab.json(
      "GET", "/api/indicators/query/hash/" + hash + "?limit=5&sort=id&cursorMark=*&fields=id,type");
  ASSERT_EQ(page.at("data").size(), 5U);
  for (const Json& row : page["data"]) EXPECT_EQ(row.at("type"), "FQDN");
  EXPECT_TRUE(page.at("nextCursorMark").is_string());
  EXPECT_EQ(lab.call("GET", "/api/indicators/query/hash/0123").status, 404);
}

TEST_F(Saved, WhatCannotRunCannotBeSaved) {
  for (const char* body :
       {R"({"name":"x"})", R"({"name":"","json":{"api_query":{}}})", R"({"name":"x","json":7})",
        R"({"name":"x","json":{"api_query":{"criteria":{"score":1}}}})",
        R"({"name":"x","json":{"api_query":[1]}})"})
    EXPECT_EQ(lab.call("POST", "/api/search/query", body).status, 400) << body;
}

TEST_F(Saved, LeavesThatAreNotKnownAreKept) {
  const Json query = {{"criteria", {{"colour", 1}}}, {"more", true}};
  for (const Json& json : {Json({{"api_query", query}, {"view", "x"}}), query}) {
    const Json made = lab.json("POST", "/api/search/query", {{"name", "odd"}, {"json", json}});
    EXPECT_EQ(made.at("data").at("json"), json);
  }
}

TEST(OldSaved, TheJsonIsAText) {
  Threatq lab({"--collection", "C", "--answers", "old"});
  const Json list = lab.json("GET", "/api/search/query");
  const Json json = list.at("data")[0].at("json");
  ASSERT_TRUE(json.is_string());
  EXPECT_TRUE(Json::parse(json.get<std::string>()).contains("api_query"));
}

}  // namespace
}  // namespace lab
