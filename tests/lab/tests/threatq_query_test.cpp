// SPDX-License-Identifier: Apache-2.0
// The query language and the forms of rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Five indicators, each of its own kind.
class Query : public testing::Test {
 protected:
  Query() {
    lab.put("FQDN", "bad.example.com", {{"status", "Active"}, {"tags", {"apt"}}});
    lab.put("FQDN", "Worse.example.org", {{"status", "Review"}});
    lab.put("MD5", "0123456789abcdef0123456789abcdef", {{"status", "Active"}});
    lab.put("IP Address", "192.0.2.7", {{"status", "Expired"}});
    const Json last = lab.put("URL", "http://example.net/x", {{"description", "a Dropper"}});
    lab.call("PUT", "/api/indicator/" + last["id"].dump() + "/scores", R"({"manual_score":8})");
  }

  RawAnswer ask(const std::string& body, const std::string& parameters = "limit=10") const {
    return lab.call("POST", "/api/indicators/query?" + parameters, body);
  }

  Threatq lab;
  const std::string kMd5 = "0123456789abcdef0123456789abcdef";
};

TEST_F(Query, FindsByTypeStatusAndValue) {
  EXPECT_THAT(lab.values({{"type_name", "MD5"}}), ElementsAre(kMd5));
  EXPECT_THAT(lab.values({{"type", "IP Address"}}), ElementsAre("192.0.2.7"));
  EXPECT_THAT(lab.values({{"status_name", "Active"}}), ElementsAre("bad.example.com", kMd5));
  EXPECT_THAT(lab.values({{"value", "192.0.2.7"}}), ElementsAre("192.0.2.7"));
  EXPECT_THAT(lab.values({{"value", {{"is", "192.0.2.7"}}}}), ElementsAre("192.0.2.7"));
  EXPECT_THAT(lab.values({{"value", {{"+contains", "example.o"}}}}),
              ElementsAre("Worse.example.org"));
  EXPECT_THAT(lab.values({{"type_name", "fqdn"}}), IsEmpty()) << "names are exact";
}

TEST_F(Query, FindsWhatMentionsAWord) {
  EXPECT_THAT(lab.values({{"mentions", "dropper"}}), ElementsAre("http://example.net/x"));
  EXPECT_THAT(lab.values({{"mentions", "apt"}}), ElementsAre("bad.example.com"));
}

TEST_F(Query, FindsByScore) {
  EXPECT_THAT(lab.values({{"score", {{"+gte", 8}}}}), ElementsAre("http://example.net/x"));
  EXPECT_EQ(lab.values({{"score", {{"+lte", 7}}}}).size(), 4U);
  EXPECT_THAT(lab.values({{"score", {{"+gte", 9}, {"+lte", 10}}}}), IsEmpty());
}

TEST_F(Query, FindsByDateWithBothEndsOut) {
  for (const char* field : {"created_at", "updated_at", "touched_at"}) {
    EXPECT_EQ(lab.values({{field, {{"+gt", "2024-01-01 00:00:00"}, {"+lt", "NOW"}}}}).size(), 5U)
        << field;
    EXPECT_THAT(lab.values({{field, {{"+lt", "2024-01-01 00:00:00"}}}}), IsEmpty()) << field;
  }
  const Json first = lab.query("limit=1&sort=id", {{"fields", {"updated_at"}}})["data"][0];
  for (const std::string& value : lab.values({{"updated_at", {{"+gt", first["updated_at"]}}}}))
    EXPECT_NE(value, "bad.example.com");
}

TEST_F(Query, GroupsNestAndKeysOfOneObjectAllHold) {
  const Json types = {{"+or", {{{"type_name", "MD5"}}, {{"type_name", "FQDN"}}}}};
  EXPECT_EQ(lab.values(types).size(), 3U);
  EXPECT_EQ(lab.values({{"+and", {types, {{"status_name", "Active"}}}}}).size(), 2U);
  EXPECT_THAT(lab.values({{"type_name", "FQDN"}, {"status_name", "Review"}}),
              ElementsAre("Worse.example.org"));
  const Json mixed = {{"+or", {{{"type_name", "MD5"}}, {{"value", "192.0.2.7"}}}}};
  EXPECT_THAT(lab.values(mixed), ElementsAre(kMd5, "192.0.2.7"));
  EXPECT_EQ(lab.values({{"+and", Json::array()}}).size(), 5U);
}

TEST_F(Query, CriteriaAndFiltersBothHold) {
  const Json found = lab.query("limit=10", {{"criteria", {{"type_name", "FQDN"}}},
                                            {"filters", {{"status_name", "Active"}}}});
  EXPECT_EQ(found.at("total"), 1);
  EXPECT_EQ(found.at("data")[0].at("value"), "bad.example.com");
}

TEST_F(Query, WhatIsNotKnownSaysNothing) {
  for (const char* criteria : {R"({"color":"red"})", R"({"+not":[]})", R"({"value":{"+like":"x"}})",
                               R"({"attribute":{"name":"a","value":["b"]}})"})
    EXPECT_EQ(lab.values(Json::parse(criteria)).size(), 5U) << criteria;
  EXPECT_EQ(lab.query("limit=10&page=2&sort=colour&with=colour", {{"query", Json::object()}})
                .at("data")
                .size(),
            5U);
  const Json row = lab.query("limit=1", {{"fields", {"id", "colour", "x.y"}}}).at("data")[0];
  EXPECT_EQ(row.size(), 1U) << "there is no such field to answer";
  EXPECT_EQ(lab.query("limit=1&sort=id&cursorMark=*&offset=5").at("data").size(), 1U);
}

TEST_F(Query, BoundsAreInOrOut) {
  EXPECT_EQ(lab.values({{"score", {{"+gt", 7}}}}), lab.values({{"score", {{"+gte", 8}}}}));
  EXPECT_EQ(lab.values({{"score", {{"+lt", 8}}}}), lab.values({{"score", {{"+lte", 7}}}}));
  const Json first = lab.query("limit=1&sort=id", {{"fields", {"created_at"}}})["data"][0];
  EXPECT_EQ(lab.values({{"created_at", {{"+gte", first["created_at"]}}}}).size(), 5U);
}

TEST_F(Query, DatesMayBeFarOffOrFromNow) {
  EXPECT_EQ(lab.values({{"created_at", {{"+lt", "2999-01-01 00:00:00"}}}}).size(), 5U);
  EXPECT_EQ(lab.values({{"created_at", {{"+gt", "2999-01-01 00:00:00"}}}}).size(), 0U);
  EXPECT_EQ(lab.values({{"created_at", {{"+gt", "NOW-7DAYS"}, {"+lt", "NOW+1HOUR"}}}}).size(), 5U);
  EXPECT_EQ(lab.values({{"created_at", {{"+lt", "NOW-1YEAR"}}}}).size(), 0U);
  for (const char* wrong : {"NOW-", "NOW7DAYS", "NOW-7PARSECS", "NOW--1DAY"})
    EXPECT_EQ(ask(Json({{"criteria", {{"created_at", {{"+gt", wrong}}}}}}).dump()).status, 400);
}

TEST_F(Query, WhatHasAWrongShapeIsRefused) {
  for (const char* body : {R"({"criteria":{"created_at":{"+gt":"2024-01-01T00:00:00Z"}}})",
                           R"({"criteria":{"created_at":{"+gt":1700000000}}})",
                           R"({"criteria":{"type_name":["MD5"]}})", R"({"criteria":{"+and":{}}})",
                           R"({"criteria":[{"type_name":"MD5"}]})", R"({"fields":"id"})",
                           R"({"fields":[]})", R"([1])", "{", "criteria=x"})
    EXPECT_EQ(ask(body).status, 400) << body;
  for (const char* parameters :
       {"limit=x", "limit=-1", "offset=x", "sort=id&cursorMark=nonsense", "cursorMark=*"})
    EXPECT_EQ(ask("{}", parameters).status, 400) << parameters;
}

TEST_F(Query, AnErrorNamesTheFieldAndHasTheFirstShape) {
  const RawAnswer answer = ask(R"({"filters":{"score":"red"}})");
  const Json errors = Json::parse(answer.body).at("data").at("errors");
  EXPECT_THAT(errors.at("filters")[0].get<std::string>(), HasSubstr("score"));
  EXPECT_THAT(answer.header("X-Lab-Reason").value_or(""), HasSubstr("score"));
}

TEST(ErrorShape, IsChosen) {
  Threatq list({"--errors", "list"});
  const char* bad = R"({"filters":{"score":"red"}})";
  EXPECT_TRUE(
      Json::parse(list.call("POST", "/api/indicators/query", bad).body)["errors"][0].is_array());
  Threatq fields({"--errors", "fields"});
  EXPECT_TRUE(
      Json::parse(fields.call("GET", "/api/nothing").body)["data"]["errors"]["request"].is_array());
}

TEST_F(Query, WithoutFieldsTheRowIsFlat) {
  const Json row = lab.query("limit=1", {{"criteria", {{"value", "bad.example.com"}}}})["data"][0];
  EXPECT_EQ(row.at("type").at("name"), "FQDN");
  EXPECT_EQ(row.at("type").at("id"), row.at("type_id"));
  EXPECT_EQ(row.at("status").at("name"), "Active");
  EXPECT_TRUE(row.at("score").is_number_integer());
  EXPECT_EQ(row.at("hash"), "84e678f388dd9c2f4dc7a77a7d21f4e5");
  EXPECT_EQ(row.at("sources")[0].at("name"), "tq@example.com");
  EXPECT_EQ(row.at("sources")[0].at("source_type"), "users");
  EXPECT_TRUE(row.at("attributes").is_array());
  EXPECT_TRUE(row.at("adversaries").is_array());
}

TEST_F(Query, WithFieldsTheRowHasThemOnly) {
  const Json body = {{"criteria", {{"value", "bad.example.com"}}},
                     {"fields", {"id", "type", "status", "score", "tags", "sources.name"}}};
  const Json row = lab.query("limit=1", body)["data"][0];
  EXPECT_EQ(row.size(), 6U);
  EXPECT_EQ(row.at("type"), "FQDN");
  EXPECT_EQ(row.at("status"), "Active");
  EXPECT_EQ(row.at("tags"), Json::array({"apt"}));
  EXPECT_EQ(row.at("sources"), Json::parse(R"([{"name":"tq@example.com"}])"));
}

TEST_F(Query, StarIsTheDefaultSetWithoutRelatedRows) {
  const Json star = lab.query("limit=1", {{"fields", {"*"}}})["data"][0];
  EXPECT_TRUE(star.at("type").is_object());
  EXPECT_FALSE(star.contains("attributes"));
  const Json more = lab.query("limit=1", {{"fields", {"*", "attributes.name"}}})["data"][0];
  EXPECT_TRUE(more.contains("attributes"));
}

TEST(OldAnswers, IgnoreFields) {
  Threatq objects({"--generate", "5", "--answers", "old"});
  const Json flat = objects.query("limit=1", {{"fields", {"id"}}})["data"][0];
  EXPECT_TRUE(flat.at("type").is_object());
  EXPECT_TRUE(flat.contains("attributes"));
  Threatq names({"--generate", "5", "--answers", "old-names"});
  const Json named = names.query("limit=1", {{"fields", {"id"}}})["data"][0];
  EXPECT_TRUE(named.at("type").is_string());
  EXPECT_TRUE(named.contains("attributes"));
}

}  // namespace
}  // namespace lab
