// SPDX-License-Identifier: Apache-2.0
// Changes of one indicator and of what hangs on it, links, and changes of many at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

class Single : public testing::Test {
 protected:
  Single() : made(lab.put("FQDN", "a.example.com")), path(lab.path_of(made)) {}

  Json get(const std::string& with) const {
    return lab.json("GET", path + "?with=" + with).at("data");
  }

  Threatq lab;
  const Json made;
  const std::string path;
};

TEST_F(Single, IsReadWithWhatIsAskedFor) {
  const Json plain = lab.json("GET", path).at("data");
  EXPECT_EQ(plain.at("value"), "a.example.com");
  EXPECT_FALSE(plain.contains("score"));
  const Json all = get("attributes,sources,score,status,type,tags,attributes.sources,watchlist");
  EXPECT_EQ(all.at("type").at("name"), "FQDN");
  EXPECT_EQ(all.at("score").at("generated_score"), "0.00");
  EXPECT_TRUE(all["score"].at("manual_score").is_null());
  EXPECT_TRUE(all.at("sources")[0].at("pivot").at("id").is_number());
  EXPECT_EQ(lab.call("GET", path + "?with=colour&limit=1").status, 200);
  EXPECT_EQ(lab.call("GET", "/api/indicators/999999").status, 404);
}

TEST_F(Single, StatusChangesInAllForms) {
  const auto status = [&] { return get("status").at("status").at("name"); };
  EXPECT_EQ(lab.call("PUT", path, R"({"status":"Active"})").status, 200);
  EXPECT_EQ(status(), "Active");
  lab.call("PUT", path, R"({"status_id":4,"sources":[{"name":"S"}]})");
  EXPECT_EQ(status(), "Review");
  lab.call("PUT", path + "?status=Expired");
  EXPECT_EQ(status(), "Expired");
  lab.call("PUT", path + "?status_id=5");
  EXPECT_EQ(status(), "Whitelisted");
  EXPECT_EQ(lab.call("PUT", path, R"({"status":"Great"})").status, 400);
  EXPECT_EQ(lab.call("PUT", path + "?limit=1", R"({"colour":"red"})").status, 200);
  EXPECT_EQ(lab.call("PUT", path).status, 200);
  EXPECT_EQ(status(), "Whitelisted") << "nothing was to be changed";
}

TEST_F(Single, ValueTypeAndDescriptionChange) {
  const Json changed =
      lab.json("PUT", path,
               {{"value", "192.0.2.9"}, {"type", "IP Address"}, {"description", "<p>moved</p>"}});
  EXPECT_EQ(changed.at("data").at("value"), "192.0.2.9");
  EXPECT_EQ(get("type").at("type").at("name"), "IP Address");
  EXPECT_EQ(get("").at("description"), "<p>moved</p>");
  EXPECT_EQ(lab.put("IP Address", "192.0.2.9").at("id"), made.at("id"));
  EXPECT_NE(lab.put("FQDN", "a.example.com").at("id"), made.at("id"));
  EXPECT_EQ(lab.call("PUT", path, R"({"value":"a.example.com","type":"FQDN"})").status, 400)
      << "that is another one now";
}

TEST_F(Single, ManualScoreIsSetAndTakenBack) {
  const std::string scores = "/api/indicator/" + made["id"].dump() + "/scores";
  EXPECT_EQ(lab.json("PUT", scores, {{"manual_score", 9}}).at("data").at("manual_score"), 9);
  EXPECT_EQ(lab.query("limit=1").at("data")[0].at("score"), 9);
  lab.call("PUT", scores, R"({"manual_score":null})");
  EXPECT_EQ(lab.query("limit=1").at("data")[0].at("score"), 0);
  for (const char* body : {R"({"manual_score":11})", R"({"manual_score":"high"})", "{}"})
    EXPECT_EQ(lab.call("PUT", scores, body).status, 400) << body;
}

TEST_F(Single, AttributesComeChangeAndGo) {
  const Json one =
      lab.json("POST", path + "/attributes", {{"name", "Confidence"}, {"value", "80"}});
  EXPECT_EQ(one.at("total"), 1);
  EXPECT_TRUE(one.at("data")[0].at("attribute_id").is_number());
  const Json more =
      lab.json("POST", path + "/attributes",
               {{{"name", "Confidence"}, {"value", "80"}},
                {{"name", "Family"}, {"value", "Q"}, {"published_at", "2024-05-01 10:00:00"}}});
  EXPECT_EQ(more.at("total"), 1) << "one was there";
  const std::string row = path + "/attributes/" + one["data"][0]["id"].dump();
  EXPECT_EQ(lab.json("PUT", row, {{"value", "90"}}).at("data").at("value"), "90");
  EXPECT_EQ(lab.call("DELETE", row).status, 204);
  EXPECT_EQ(lab.call("DELETE", row).status, 404);
  EXPECT_EQ(get("attributes").at("attributes").size(), 1U);
}

TEST_F(Single, SourcesTagsAndCommentsComeAndGo) {
  const Json source = lab.json("POST", path + "/sources", {{"name", "Feed"}, {"tlp", "RED"}});
  EXPECT_EQ(source.at("data")[0].at("tlp_id"), 1);
  EXPECT_EQ(lab.call("DELETE", path + "/sources/" + source["data"][0]["pivot"]["id"].dump()).status,
            204);
  EXPECT_EQ(get("sources").at("sources").size(), 1U);

  lab.json("POST", path + "/tags", {{"name", "x"}});
  const Json tags = lab.json("POST", path + "/tags", {{{"name", "y"}}, {{"name", "z"}}});
  EXPECT_EQ(tags.at("data").size(), 2U);
  EXPECT_EQ(lab.call("DELETE", path + "/tags/" + tags["data"][0]["id"].dump()).status, 204);
  EXPECT_EQ(lab.json("GET", path + "/tags").at("total"), 2);

  EXPECT_EQ(lab.json("POST", path + "/comments", {{"value", "look"}}).at("data").at("value"),
            "look");
  EXPECT_EQ(lab.json("GET", path + "/comments").at("total"), 1);
}

TEST_F(Single, RelatedChangesTouchAndOwnChangesUpdate) {
  Threatq old({"--generate", "1"});
  const Json before = old.query("limit=1").at("data")[0];
  old.call("POST", old.path_of(before) + "/tags", R"({"name":"x"})");
  const Json touched = old.query("limit=1").at("data")[0];
  EXPECT_EQ(touched.at("updated_at"), before.at("updated_at"));
  EXPECT_GT(touched.at("touched_at"), before.at("touched_at"));
  old.call("PUT", old.path_of(before), R"({"status":"Under Investigation"})");
  EXPECT_GT(old.query("limit=1").at("data")[0].at("updated_at"), before.at("updated_at"));
}

TEST_F(Single, LinksGoBothWays) {
  const Json event =
      lab.json("POST", "/api/events", {{"title", "Spear phish"}, {"type", "Incident"}}).at("data");
  const Json link = lab.json("POST", path + "/events", {{"id", event.at("id")}});
  const std::string pivot = link.at("data")[0].at("pivot").at("id").dump();
  const std::string back = "/api/events/" + event["id"].dump() + "/indicators";
  EXPECT_EQ(lab.json("GET", back).at("data")[0].at("value"), "a.example.com");
  EXPECT_EQ(lab.json("POST", path + "/events", {{{"id", event.at("id")}}})["data"][0]["pivot"]["id"]
                .dump(),
            pivot)
      << "linked already";
  EXPECT_EQ(lab.call("POST", path + "/events", R"({"id":999})").status, 400);
  EXPECT_EQ(lab.call("DELETE", path + "/events", "[" + pivot + "]").status, 204);
  EXPECT_EQ(lab.json("GET", back).at("total"), 0);
}

TEST_F(Single, IsDeleted) {
  EXPECT_EQ(lab.call("DELETE", path).status, 204);
  EXPECT_EQ(lab.call("GET", path).status, 404);
  EXPECT_EQ(lab.call("DELETE", path).status, 404);
  EXPECT_NE(lab.put("FQDN", "a.example.com").at("id"), made.at("id"));
}

TEST(ListedIndicators, AreFilteredAndPaged) {
  Threatq lab;
  for (const char* value : {"one.example.com", "two.example.com", "three.example.org"})
    lab.put("FQDN", value);
  const auto list = [&](const std::string& query) {
    return lab.json("GET", "/api/indicators" + query);
  };
  EXPECT_EQ(list("").at("total"), 3);
  EXPECT_EQ(list("?value=two.example.com").at("data").size(), 1U);
  EXPECT_EQ(list("?value=%25.example.com").at("total"), 2);
  EXPECT_EQ(list("?limit=1&offset=1&with=type").at("data")[0].at("type").at("name"), "FQDN");
  const Json first = list("?limit=1").at("data")[0].at("id");
  EXPECT_EQ(list("?id=" + first.dump()).at("total"), 1);
  EXPECT_EQ(list("?id=%3E" + first.dump()).at("total"), 2);
  EXPECT_EQ(list("?sort=-id").at("data")[0].at("value"), "three.example.org");
  EXPECT_EQ(list("?colour=red").at("total"), 3);
}

TEST(Bulk, StatusAndDelete) {
  Threatq lab({"--generate", "100"});
  const Json md5 = {{"criteria", {{"type_name", "MD5"}}}, {"filters", Json::object()}};
  const std::size_t count = lab.values(md5["criteria"]).size();
  lab.json("POST", "/api/bulk/status",
           {{"query", {{"indicator", md5}}}, {"statuses", {{"indicator", 5}}}});
  EXPECT_EQ(lab.values({{"type_name", "MD5"}, {"status_name", "Whitelisted"}}).size(), count);
  lab.json("POST", "/api/indicators/bulk-delete", Json::array({md5}));
  EXPECT_EQ(lab.dump()["indicators"].size(), 100 - count);
  EXPECT_EQ(lab.call("POST", "/api/indicators/bulk-delete", "[{}]").status, 400) << "everything";
}

// A leaf that is not known says nothing, and nothing means everything.
TEST(Bulk, OfNothingThatIsKnownIsRefused) {
  Threatq lab({"--generate", "100"});
  const Json md5 = {{"type_name", "MD5"}}, colour = {{"colour", "red"}};
  for (const Json& criteria :
       {Json::object(), colour, Json{{"value", {{"+like", "x"}}}}, Json{{"score", {{"+eq", 5}}}},
        Json{{"created_at", {{"+on", "2024-01-01 00:00:00"}}}}, Json{{"+and", {colour, colour}}},
        Json{{"+or", {md5, colour}}}, Json{{"+or", Json::array()}}}) {
    const Json query = {{"criteria", criteria}};
    EXPECT_EQ(lab.call("POST", "/api/indicators/bulk-delete", Json::array({query}).dump()).status,
              400)
        << criteria;
    const Json change = {{"query", {{"indicator", query}}}, {"statuses", {{"indicator", 5}}}};
    EXPECT_EQ(lab.call("POST", "/api/bulk/status", change.dump()).status, 400) << criteria;
  }
  EXPECT_EQ(lab.dump()["indicators"].size(), 100U);
  const Json query = {{"criteria", colour}, {"filters", {{"+and", {md5, colour}}}}};
  const std::size_t count = lab.values(md5).size();
  lab.json("POST", "/api/indicators/bulk-delete", Json::array({query}));
  EXPECT_EQ(lab.dump()["indicators"].size(), 100 - count);
}

}  // namespace
}  // namespace lab
