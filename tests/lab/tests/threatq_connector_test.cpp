// SPDX-License-Identifier: Apache-2.0
// Connector records: what clients may write, what people and older versions leave in them, and
// their private OAuth clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Connectors, StartSwitchedOffAndAreToggled) {
  Threatq lab({"--connector", "Carbon Black"});
  const Json found =
      lab.json("GET", "/api/connectors?name=Carbon%20Black&with=category,tlp").at("data");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at("is_active"), false);
  EXPECT_EQ(found[0].at("category").at("name"), "Labs");
  const std::string path = "/api/connectors/" + found[0]["id"].dump();
  EXPECT_EQ(lab.json("PUT", path, {{"is_active", true}}).at("data").at("is_active"), true);
  EXPECT_EQ(lab.json("GET", path).at("data").at("is_active"), true);
  EXPECT_EQ(lab.json("POST", path + "/notifications/toggle", {{"is_notifiable", "1"}})
                .at("data")
                .at("is_notifiable"),
            "1");
  EXPECT_TRUE(lab.json("GET", "/api/connectors?name=None").at("data").empty());
  EXPECT_EQ(lab.call("PUT", path, R"({"is_active":"maybe"})").status, 400);
  EXPECT_EQ(lab.call("PUT", path + "?limit=1", R"({"colour":1})").status, 200);
  EXPECT_FALSE(lab.json("GET", path + "?with=colour").at("data").contains("colour"));
}

TEST(Connectors, AreMadeAndFilledByAPerson) {
  Threatq lab;
  const Json made = lab.json("POST", "/api/connectors",
                             {{"name", "Ours"},
                              {"namespace", "tq.ours"},
                              {"category", "Labs"},
                              {"custom_fields", {{"key", {{"label", "Key"}, {"value", ""}}}}}});
  const std::string path = "/api/connectors/" + made.at("data").at("id").dump();
  lab.process.change(R"({"connector":{"name":"Ours","is_active":true,"values":{"key":"abc"}}})");
  const Json filled = lab.json("GET", path).at("data");
  EXPECT_EQ(filled.at("is_active"), true);
  EXPECT_EQ(filled.at("custom_fields").at("key").at("label"), "Key");
  EXPECT_EQ(filled["custom_fields"]["key"].at("value"), "abc");
  lab.json("PUT", path,
           {{"custom_fields", {{"more", {{"label", "More"}}}}}, {"last_import_count", 7}});
  const Json later = lab.json("GET", path).at("data");
  EXPECT_EQ(later.at("custom_fields").size(), 2U);
  EXPECT_EQ(later["custom_fields"]["key"]["value"], "abc") << "the user's value stays";
  EXPECT_EQ(later.at("last_import_count"), 7);
  EXPECT_EQ(lab.call("POST", "/api/connectors", R"({"name":"Ours"})").status, 400);
}

class ConnectorForm : public testing::Test {
 protected:
  ConnectorForm() {
    const Json made = lab.json("POST", "/api/connectors",
                               {{"name", "Ours"},
                                {"namespace", "tqp.ours"},
                                {"category", "Labs"},
                                {"indicator_status_id", 4},
                                {"custom_fields",
                                 {{"host", field("text", "mine")},
                                  {"key", field("password", "s3cret")},
                                  {"port", field("number", 8443)},
                                  {"on", field("checkbox", true)}}}});
    path = "/api/connectors/" + made.at("data").at("id").dump();
  }

  static Json field(const std::string& kind, const Json& value) {
    return {{"label", "A field"}, {"kind", kind}, {"required", false},
            {"default", nullptr}, {"help", ""},   {"options", Json::array()},
            {"mask", false},      {"order", 1},   {"value", value}};
  }
  Json record() const { return lab.json("GET", path).at("data"); }
  int put(const Json& members) const { return lab.call("PUT", path, members.dump()).status; }
  int put_field(const char* key, const Json& members) const {
    return put({{"custom_fields", {{key, members}}}});
  }
  void change(Json what) {
    what["name"] = "Ours";
    lab.process.change(Json{{"connector", what}}.dump());
  }

  Threatq lab;
  std::string path;
};

TEST_F(ConnectorForm, WritesAreByKeyAndMember) {
  EXPECT_EQ(put_field("host", {{"label", "Host"}}), 200);
  EXPECT_EQ(put_field("more", field("text", nullptr)), 200);
  EXPECT_EQ(put_field("port", nullptr), 200);
  const Json fields = record().at("custom_fields");
  EXPECT_EQ(fields.at("host").at("label"), "Host");
  EXPECT_EQ(fields["host"].at("value"), "mine");
  EXPECT_TRUE(fields.contains("more"));
  EXPECT_FALSE(fields.contains("port"));
}

TEST_F(ConnectorForm, WritesMayReplaceAllFields) {
  lab.process.change(R"({"form_fields":{"replace":true}})");
  EXPECT_EQ(put_field("host", field("text", "new")), 200);
  EXPECT_EQ(record().at("custom_fields").size(), 1U);
  EXPECT_EQ(put({{"last_import_count", 1}}), 200);
  EXPECT_EQ(record().at("custom_fields").size(), 1U) << "other members are not fields";
}

TEST_F(ConnectorForm, SecretsMayBeHiddenAndAsterisksAreTakenAtTheirWord) {
  lab.process.change(R"({"form_fields":{"hide":true}})");
  EXPECT_EQ(record().at("custom_fields").at("key").at("value"), "********");
  EXPECT_EQ(record().at("custom_fields").at("host").at("value"), "mine");
  const Json answer = lab.json("PUT", path, {{"last_import_count", 1}}).at("data");
  EXPECT_EQ(answer.at("custom_fields").at("key").at("value"), "********");
  const auto kept = [this] {
    return Json::parse(lab.process.dump()).at("connectors").at(0).at("custom_fields").at("key");
  };
  EXPECT_EQ(kept().at("value"), "s3cret");
  EXPECT_EQ(put_field("key", {{"value", "********"}}), 200);
  EXPECT_EQ(kept().at("value"), "********");
  EXPECT_EQ(lab.process.call("POST", "/__lab/change", R"({"form_fields":{"hide":"yes"}})").status,
            400);
}

TEST_F(ConnectorForm, WhatStandsAlreadyMayBeSentAgain) {
  change({{"values", {{"port", "many"}}}});
  Json fields = record().at("custom_fields");
  EXPECT_EQ(put({{"custom_fields", fields}}), 200);
  fields["port"]["label"] = "Port";
  EXPECT_EQ(put({{"custom_fields", fields}}), 200);
  EXPECT_EQ(record().at("custom_fields").at("port").at("value"), "many");
  fields["port"]["value"] = "more";
  EXPECT_EQ(put({{"custom_fields", fields}}), 400);
  change({{"record", {{"custom_fields", {{"host", "flat"}}}}}});
  EXPECT_EQ(put_field("host", "flat"), 200);
}

TEST_F(ConnectorForm, WhatNoFormCouldShowIsRefused) {
  const Json before = record().at("custom_fields");
  for (const Json& wrong :
       {Json("flat"), Json({{"colour", "red"}}), Json({{"kind", "slider"}}), Json({{"label", ""}}),
        Json({{"required", "Y"}}), Json({{"options", "a,b"}}), Json({{"order", -1}}),
        Json({{"value", 5}}), Json({{"value", {{"secret", "name"}}}})})
    EXPECT_EQ(put_field("host", wrong), 400) << wrong;
  EXPECT_EQ(put_field("port", {{"value", "many"}}), 400);
  EXPECT_EQ(put_field("port", {{"value", "8444"}}), 200);
  EXPECT_EQ(put_field("port", {{"value", 8443}}), 200);
  EXPECT_EQ(put_field("on", {{"value", "maybe"}}), 400);
  EXPECT_EQ(put_field("new", {{"kind", "text"}}), 400) << "no label";
  Json choice = field("select", "b");
  choice["options"] = {{{"value", "a"}, {"label", "A"}}};
  EXPECT_EQ(put_field("choice", choice), 400);
  EXPECT_EQ(record().at("custom_fields"), before);
  choice["value"] = "a";
  EXPECT_EQ(put_field("choice", choice), 200);
  EXPECT_EQ(put({{"category", "Commercial"}}), 400);
  EXPECT_EQ(put({{"last_import_at", "yesterday"}}), 400);
  EXPECT_EQ(put({{"last_import_at", "2026-11-23 08:30:00"}, {"last_import_count", 7}}), 200);
  EXPECT_EQ(lab.call("POST", "/api/connectors", R"({"name":"New","is_active":true})").status, 400);
  EXPECT_EQ(lab.call("POST", "/api/connectors", R"({"name":"Ours"})").status, 400);
}

TEST_F(ConnectorForm, ValuesAreInNoReason) {
  const RawAnswer answer =
      lab.call("PUT", path, R"({"custom_fields":{"port":{"value":"s3cret"}}})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("port"));
  EXPECT_THAT(answer.body, Not(HasSubstr("s3cret")));
}

TEST_F(ConnectorForm, APersonTypesAnything) {
  change({{"values", {{"port", "many"}, {"host", ""}}}});
  EXPECT_EQ(record().at("custom_fields").at("port").at("value"), "many");
  EXPECT_EQ(record().at("custom_fields").at("host").at("value"), "");
  EXPECT_EQ(lab.process
                .call("POST", "/__lab/change",
                      R"({"connector":{"name":"Ours","values":{"colour":"red"}}})")
                .status,
            400)
      << "the form has no such field";
}

TEST_F(ConnectorForm, TheSwitchHasEveryWireForm) {
  for (const Json& form : {Json(true), Json(false), Json(1), Json(0), Json("1"), Json("0"),
                           Json("False"), Json("N"), Json(""), Json()}) {
    change({{"is_active", form}});
    EXPECT_EQ(record().at("is_active"), form);
  }
}

TEST_F(ConnectorForm, RecordsOfOlderVersionsAreKeptAsTheyAre) {
  change({{"record", {{"custom_fields", {{"host", "flat"}}}, {"indicator_status_id", "4"}}}});
  EXPECT_EQ(record().at("custom_fields"), Json({{"host", "flat"}}));
  EXPECT_EQ(put_field("host", field("text", "flat")), 200);
  EXPECT_EQ(record().at("custom_fields").at("host").at("value"), "flat");

  change({{"record", {{"custom_fields", R"({"host":{"label":"Host","value":"text"}})"}}}});
  EXPECT_TRUE(record().at("custom_fields").is_string());
  EXPECT_EQ(put_field("host", {{"help", "Where"}}), 200);
  EXPECT_EQ(record().at("custom_fields").at("host").at("value"), "text");
}

TEST_F(ConnectorForm, APersonDeletesIt) {
  change({{"delete", true}});
  EXPECT_EQ(lab.call("GET", path).status, 404);
  EXPECT_TRUE(lab.json("GET", "/api/connectors?name=Ours").at("data").empty());
  const Json again = lab.json("POST", "/api/connectors", {{"name", "Ours"}});
  EXPECT_NE("/api/connectors/" + again.at("data").at("id").dump(), path) << "no id twice";
}

TEST_F(ConnectorForm, HasAnOauthClientOfItsOwn) {
  const Json pair = lab.json("POST", path + "/gate_oauth2_client").at("data");
  const std::string id = pair.at("client_id"), secret = pair.at("client_secret");
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(secret.size(), 64U);
  EXPECT_EQ(lab.json("POST", path + "/gate_oauth2_client").at("data"), pair) << "the same again";
  EXPECT_FALSE(record().at("gate_oauth2_client_id").is_null());
  lab.token = Threatq::access_token(lab.raw_call(
      "POST",
      "/api/token?grant_type=client_credentials&client_id=" + id + "&client_secret=" + secret));
  EXPECT_EQ(record().at("name"), "Ours");
  EXPECT_EQ(put({{"last_import_count", 1}}), 200) << "with the rights of whoever asked for it";
  EXPECT_EQ(lab.call("POST", "/api/connectors/99/gate_oauth2_client").status, 404);
}

TEST(Connectors, WithoutPrivateOauth) {
  Threatq lab({"--connector", "Ours", "--no-private-oauth"});
  EXPECT_EQ(lab.call("GET", "/api/connectors/1").status, 200);
  EXPECT_EQ(lab.call("POST", "/api/connectors/1/gate_oauth2_client").status, 404);
}

TEST(Connectors, AreNotForThoseWhoMayOnlyRead) {
  Threatq lab({"--connector", "Ours", "--role", "tq@example.com:read-only"});
  EXPECT_EQ(lab.call("GET", "/api/connectors?name=Ours").status, 200);
  EXPECT_EQ(lab.call("POST", "/api/connectors", R"({"name":"New"})").status, 403);
  EXPECT_EQ(lab.call("PUT", "/api/connectors/1", R"({"last_import_count":1})").status, 403);
  EXPECT_EQ(lab.call("POST", "/api/connectors/1/gate_oauth2_client").status, 403);
}

TEST(Connectors, WhoeverAskedIsInTheRequestLog) {
  Threatq lab({"--connector", "Ours"});
  lab.call("GET", "/api/connectors/1");
  const Json log = Json::parse(lab.process.requests());
  EXPECT_EQ(log.at("by_route").at("GET /api/connectors/{id}"), 1) << log;
}

}  // namespace
}  // namespace lab
