// SPDX-License-Identifier: Apache-2.0
// Reading records, refusals, reports, OAuth pairs, and what else the client tells.
#include "unit/threatq/connector_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(ConnectorTest, OddRecordsAreRead) {
  const std::string id = filled();
  Json& record = records.record(id);
  const std::string text = dump_json(record["custom_fields"]);
  record["custom_fields"] = text;
  EXPECT_EQ(connector->read(id)->values.at("fqdn"), "mine.example.com");
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, IsEmpty());

  for (const Json& none : {Json(), Json::array(), Json(""), Json("[]")}) {
    record["custom_fields"] = none;
    EXPECT_THAT(connector->read(id)->values, IsEmpty());
  }
  record.erase("custom_fields");
  EXPECT_THAT(connector->read(id)->values, IsEmpty());
  record["custom_fields"] = {{"fqdn", {{"label", "x"}}}, {"secret_key", {{"value", nullptr}}}};
  EXPECT_THAT(connector->read(id)->values, IsEmpty());

  for (const Json& odd : {Json(5), Json("text"), Json::array({1}), Json("[1]")}) {
    record["custom_fields"] = odd;
    auto state = connector->read(id);
    ASSERT_FALSE(state) << odd;
    EXPECT_EQ(state.error().status, Status::kData);
    EXPECT_THAT(state.error().message, HasSubstr("the connector record \"cb prod\" (id 1)"));
    EXPECT_FALSE(ensure()) << "and nothing is written over it";
  }
  EXPECT_THAT(records.writes, IsEmpty());
}

TEST_F(ConnectorTest, MissingRightsAreNamed) {
  std::string forbidden;
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != forbidden || !seen.target.starts_with("/api/connectors")) return {};
    return Reply{403, R"({"errors":["Forbidden"]})"};
  };
  forbidden = "GET";
  EXPECT_EQ(ensure_error(),
            "ThreatQ at https://tq.example: looking for the connector record \"cb prod\" failed: "
            "HTTP 403 (Forbidden). Give bob@example.com a role in ThreatQ that may read "
            "connectors.");
  forbidden = "POST";
  EXPECT_EQ(ensure_error(),
            "ThreatQ at https://tq.example: making the connector record \"cb prod\" failed: HTTP "
            "403 (Forbidden). Give bob@example.com a role in ThreatQ that may create connectors.");
  EXPECT_THAT(http.requests("/api/connectors"), SizeIs(4)) << "not tried again; the look was";
  forbidden.clear();
  const std::string id = filled();
  forbidden = "PUT";
  EXPECT_EQ(connector->report(id, {}).error().status, Status::kAuth);
  forbidden = "GET";
  EXPECT_EQ(connector->read(id).error().status, Status::kAuth);
}

TEST_F(ConnectorTest, AThreatqThatTakesNoRecordsIsToldWithAWayOut) {
  records.spoil = [](const Seen& seen) -> std::optional<Reply> {
    if (seen.method == "POST") return Reply{405, R"({"errors":["Method Not Allowed"]})"};
    return std::nullopt;
  };
  const auto id = ensure();
  ASSERT_FALSE(id);
  EXPECT_THAT(id.error().message, HasSubstr("Method Not Allowed"));
  EXPECT_THAT(id.error().message, HasSubstr("config_source file"));
}

TEST_F(ConnectorTest, RecordThatIsGoneOrNotShown) {
  const auto gone = connector->read("12");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().status, Status::kConfig);
  EXPECT_EQ(gone.error().message,
            "ThreatQ at https://tq.example no longer has the connector record 12. Run tqhost "
            "configure to make a new one");
  records.spoil = [](const Seen&) { return Reply{200, R"({"data":{}})"}; };
  EXPECT_EQ(connector->read("12").error().status, Status::kAuth);
}

TEST_F(ConnectorTest, BrokenAnswersDoNotShowWhatAPersonTyped) {
  const std::string id = filled();
  records.spoil = [](const Seen&) {
    return Reply{200, R"({"data":{"id":1,"custom_fields":{"k":{"value":"typed-secret"})"};
  };
  const auto state = connector->read(id);
  ASSERT_FALSE(state);
  EXPECT_THAT(state.error().message, HasSubstr("not whole JSON"));
  EXPECT_THAT(state.error().message, Not(HasSubstr("typed")));
}

TEST_F(ConnectorTest, RefusalsThatQuoteAMaskedValueAreRedacted) {
  records.spoil = [](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "POST") return {};
    return Reply{400, R"({"errors":["\"first-secret\" is too short"]})"};
  };
  EXPECT_THAT(ensure_error(), HasSubstr("is too short"));
  EXPECT_THAT(log.text(), Not(HasSubstr("first-secret")));
}

TEST_F(ConnectorTest, OnlyAGoodRunIsReported) {
  const std::string id = filled();
  LastRun run;
  run.ended_ms = 1'709'251'200'500;
  run.count = 41;
  run.ok = false;
  ASSERT_TRUE(connector->report(id, run));
  EXPECT_THAT(records.writes, IsEmpty());
  run.ok = true;
  ASSERT_TRUE(connector->report(id, run));
  ASSERT_THAT(records.writes, SizeIs(1));
  EXPECT_EQ(records.writes[0].body,
            Json::parse(R"({"last_import_at":"2024-03-01 00:00:00","last_import_count":41})"));
  records.spoil_after = [](const Seen& seen) -> std::optional<Reply> {
    if (seen.method == "GET") return {};
    return Reply{204, ""};
  };
  EXPECT_TRUE(connector->report(id, run)) << "an answer without a body";
}

TEST_F(ConnectorTest, PrivateOauthPair) {
  Reply reply{201, R"({"data":{"client_id":"c1","client_secret":"very-private"}})"};
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    EXPECT_EQ(seen.method + " " + seen.target, "POST /api/connectors/7/gate_oauth2_client");
    return reply;
  };
  auto pair = connector->credentials("7");
  ASSERT_TRUE(pair && pair->has_value());
  EXPECT_EQ((*pair)->id, "c1");
  EXPECT_EQ((*pair)->secret.reveal(), "very-private");
  EXPECT_EQ(log.redactor().clean("very-private"), "***");
  for (const int none : {403, 404, 405, 501}) {
    reply = {none, "{}"};
    pair = connector->credentials("7");
    ASSERT_TRUE(pair) << none;
    EXPECT_FALSE(pair->has_value());
  }
  reply = {400, "{}"};
  EXPECT_EQ(connector->credentials("7").error().status, Status::kConfig);
  reply = {200, R"({"data":{"client_id":"c1"}})"};
  EXPECT_EQ(connector->credentials("7").error().status, Status::kData);
}

TEST_F(ConnectorTest, StatusesAreNamed) {
  const auto names = client->statuses();
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, ElementsAre("Active", "Review", "Odd"));
}

TEST_F(ConnectorTest, TheUisProxyIsReadAndItsPasswordHidden) {
  Reply reply{200,
              R"({"data":{"host":"p.example","port":3128,"user":"u","password":"pro xy/pw"}})"};
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    EXPECT_EQ(seen.target, "/api/configuration/proxy");
    return reply;
  };
  EXPECT_EQ(*client->ui_proxy(), "http://u:pro%20xy%2Fpw@p.example:3128");
  EXPECT_EQ(log.redactor().clean("pro xy/pw"), "***");
  reply = {200, R"({"data":{"colour":"red"}})"};
  EXPECT_THAT(client->ui_proxy().error().message,
              HasSubstr("reading the proxy that is set in its UI failed: none of its members"));
  reply = {403, "{}"};
  EXPECT_EQ(client->ui_proxy().error().status, Status::kAuth);
}

TEST(SwitchedOn, TakesEveryWireForm) {
  for (const char* off :
       {"false", "0", "0.0", "null", R"("")", R"("0")", R"("false")", R"("False")", R"("FALSE")",
        R"("N")", R"("n")", R"("No")", R"("off")", R"(" ")"})
    EXPECT_FALSE(switched_on(Json::parse(off))) << off;
  for (const char* on : {"true", "1", "2", R"("1")", R"("true")", R"("True")", R"("Y")", R"("yes")",
                         R"("on")", R"("enabled")", "{}", "[]"})
    EXPECT_TRUE(switched_on(Json::parse(on))) << on;
}

TEST(FileConnector, TakesTheFilesWord) {
  InstanceConfig instance;
  instance.enabled = false;
  instance.default_status = "Review";
  instance.config = Json::parse(R"({"fqdn":"x","key":{"secret":"k"},"tags":["a"]})");
  const auto connector = file_connector(instance);
  const auto id = connector->ensure({});
  ASSERT_TRUE(id);
  const auto state = connector->read(*id);
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->enabled);
  EXPECT_EQ(Json(state->values), instance.config);
  EXPECT_EQ(state->default_status, "Review");
  EXPECT_TRUE(connector->report(*id, {}));
  EXPECT_FALSE(connector->credentials(*id)->has_value());
}

}  // namespace
}  // namespace tq
