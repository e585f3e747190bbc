// SPDX-License-Identifier: Apache-2.0
// ensure(): what is written into a record, and what is not.
#include "unit/threatq/connector_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ConnectorTest, MakesTheRecordSwitchedOff) {
  wanted.default_status = "review";
  const auto id = ensure();
  ASSERT_TRUE(id) << id.error().message;
  ASSERT_THAT(records.writes, SizeIs(1));
  const Json& body = records.writes[0].body;
  EXPECT_EQ(records.writes[0].call, "POST /api/connectors");
  EXPECT_EQ(body["name"], "cb prod");
  EXPECT_EQ(body["namespace"], "tqp.cb_edr");
  EXPECT_EQ(body["category"], "Labs");
  EXPECT_EQ(body["indicator_status_id"], 4);
  EXPECT_FALSE(body.contains("is_active"));
  EXPECT_EQ(body["custom_fields"]["fqdn"]["label"], "API FQDN");
  EXPECT_EQ(body["custom_fields"]["fqdn"]["value"], "defense.example.com");
  EXPECT_EQ(body["custom_fields"]["secret_key"]["mask"], true);
  const auto state = connector->read(*id);
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->enabled);
  EXPECT_EQ(state->values.at("fqdn"), "defense.example.com");
  EXPECT_EQ(state->default_status, "Review");
}

TEST_F(ConnectorTest, DoingItAgainWritesNothing) {
  wanted.default_status = "Review";
  const std::string id = filled();
  EXPECT_EQ(*ensure(), id);
  EXPECT_EQ(*client->connector()->ensure(wanted), id);
  EXPECT_THAT(records.writes, IsEmpty());
  EXPECT_EQ(records.count(), 1u);
}

TEST_F(ConnectorTest, AServersOwnSpellingIsNoChange) {
  const std::string id = filled();
  for (auto& [key, kept] : records.record(id)["custom_fields"].items()) {
    kept["required"] = kept["required"] == true ? Json(1) : Json("");
    kept["mask"] = kept["mask"] == true ? Json("Y") : Json(0);
    kept["order"] = dump_json(kept["order"]);
    kept["default"] = "";
    kept["options"] = nullptr;
    kept["created_at"] = "2024-05-01 10:00:00";
  }
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, IsEmpty());
}

TEST_F(ConnectorTest, NewFieldsComeAndAPersonsValuesStay) {
  const std::string id = filled();
  wanted.form.fields.push_back(field("tags", "Report Tags"));
  wanted.initial["tags"] = "threatq";
  wanted.form.fields[0].label = "Enterprise EDR API FQDN";
  ASSERT_TRUE(ensure());
  ASSERT_THAT(records.writes, SizeIs(1));
  EXPECT_EQ(records.writes[0].call, "PUT /api/connectors/1");
  const Json& body = records.writes[0].body;
  EXPECT_EQ(body.size(), 1u) << body;
  EXPECT_EQ(body["custom_fields"]["fqdn"]["value"], "mine.example.com");
  EXPECT_EQ(body["custom_fields"]["secret_key"]["value"], "typed-secret");
  EXPECT_EQ(value_of(id, "fqdn"), "mine.example.com");
  EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
  EXPECT_EQ(value_of(id, "tags"), "threatq");
  EXPECT_EQ(records.record(id)["custom_fields"]["fqdn"]["label"], "Enterprise EDR API FQDN");
  EXPECT_TRUE(connector->read(id)->enabled);
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(1));
}

TEST_F(ConnectorTest, RenamedFieldTakesItsValueAlong) {
  const std::string id = filled();
  wanted.form.fields[0] = field("api_fqdn", "API FQDN");
  wanted.form.fields[0].renamed_from = {"host", "fqdn"};
  wanted.look_only = true;
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, IsEmpty());
  EXPECT_EQ(connector->read(id)->values.at("api_fqdn"), "mine.example.com");

  wanted.look_only = false;
  ASSERT_TRUE(ensure());
  EXPECT_EQ(value_of(id, "api_fqdn"), "mine.example.com");
  EXPECT_FALSE(records.record(id)["custom_fields"].contains("fqdn"));
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(1));
}

TEST_F(ConnectorTest, OldNameWithoutAValueGivesWayToTheInitialOne) {
  const std::string id = filled();
  records.record(id)["custom_fields"]["fqdn"]["value"] = nullptr;
  wanted.form.fields[0] = field("api_fqdn", "API FQDN");
  wanted.form.fields[0].renamed_from = {"fqdn"};
  wanted.initial["api_fqdn"] = "initial.example.com";
  ASSERT_TRUE(ensure());
  EXPECT_EQ(value_of(id, "api_fqdn"), "initial.example.com");
  EXPECT_FALSE(records.record(id)["custom_fields"].contains("fqdn"));
}

TEST_F(ConnectorTest, OldNameBesideTheNewOneIsLeftAlone) {
  const std::string id = filled();
  records.record(id)["custom_fields"]["host"] = {{"value", "older.example.com"}};
  wanted.form.fields[0].renamed_from = {"host"};
  ASSERT_TRUE(ensure());
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, IsEmpty());
  const std::string text = log.text();
  const size_t noted = text.find("config.note");
  ASSERT_NE(noted, std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("fields=host"));
  EXPECT_EQ(text.find("config.note", noted + 1), std::string::npos) << "once";
}

TEST_F(ConnectorTest, LostAnswerDoesNotMakeASecondRecord) {
  int posts = 0;
  records.spoil_after = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "POST") return {};
    EXPECT_FALSE(seen.idempotent) << "nobody below may send it again";
    ++posts;
    return Reply{.error = Error{Status::kTransient, "the connection broke"}};
  };
  const auto id = ensure();
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(*id, "1");
  EXPECT_FALSE(connector->existed()) << "it is the one that was made here";
  EXPECT_EQ(posts, 1);
  EXPECT_EQ(records.count(), 1u);
  EXPECT_THAT(records.writes, SizeIs(1));
}

TEST_F(ConnectorTest, LostRequestIsSentAgain) {
  int posts = 0;
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "POST" || ++posts > 2) return {};
    return posts == 1 ? Reply{.error = Error{Status::kTransient, "the connection broke"}}
                      : Reply{502, "<html>Bad Gateway</html>"};
  };
  EXPECT_EQ(*ensure(), "1");
  EXPECT_EQ(posts, 3);
  EXPECT_EQ(records.count(), 1u);

  posts = -100;
  wanted.name = "other";
  EXPECT_THAT(ensure_error(), HasSubstr("making the connector record \"other\""));
  EXPECT_EQ(posts, -96) << "not for ever";
}

// The client gives such an answer to us, since a gateway may say so after the effect.
TEST_F(ConnectorTest, AnUnavailableServerMayHaveMadeIt) {
  int posts = 0;
  const Reply unavailable{503, "<html>Busy</html>", {{"Retry-After", "70"}}};
  records.spoil_after = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "POST") return {};
    ++posts;
    return unavailable;
  };
  EXPECT_EQ(*ensure(), "1");
  EXPECT_FALSE(connector->existed()) << "it is the one that was made here";
  EXPECT_EQ(posts, 1);

  records.spoil_after = nullptr;
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    return seen.method == "POST" && ++posts <= 3 ? std::optional(unavailable) : std::nullopt;
  };
  wanted.name = "other";
  const uint64_t before_ms = world.slept_ms();
  EXPECT_EQ(*ensure(), "2");
  EXPECT_EQ(posts, 4);
  EXPECT_GE(world.slept_ms() - before_ms, 140'000u) << "as long as it asked, each time";
  EXPECT_EQ(records.count(), 2u);
}

TEST_F(ConnectorTest, WhoeverWasQuickerMadeIt) {
  records.spoil = [&](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "POST") return {};
    records.add({{"name", "cb prod"}, {"is_active", 0}, {"custom_fields", Json::array()}});
    return Reply{400, R"({"data":{"errors":{"name":["is taken"]}}})"};
  };
  EXPECT_EQ(*ensure(), "1");
  EXPECT_TRUE(connector->existed());
  EXPECT_EQ(value_of("1", "fqdn"), "defense.example.com");
}

TEST_F(ConnectorTest, OfEqualNamesTheLowestIdIsUsed) {
  const std::string id = filled();
  records.add(records.record(id));
  records.add({{"name", "cb"}});
  EXPECT_EQ(*ensure(), id);
  EXPECT_THAT(log.text(), HasSubstr("several connector records have the same name"));
}

TEST_F(ConnectorTest, DefaultStatusIsSetOnlyWhereThereIsNone) {
  wanted.default_status = "Review";
  const std::string id = filled();
  records.record(id)["indicator_status_id"] = 1;
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, IsEmpty());
  EXPECT_EQ(connector->read(id)->default_status, "Active");
  for (const Json& none : {Json(), Json(0), Json(""), Json("0")}) {
    records.record(id)["indicator_status_id"] = none;
    ASSERT_TRUE(ensure());
    EXPECT_EQ(records.record(id)["indicator_status_id"], 4);
  }
  records.record(id)["indicator_status_id"] = 77;
  EXPECT_EQ(connector->read(id)->default_status, "");
  wanted.name = "new";
  wanted.default_status = "Reviewed";
  const std::string message = ensure_error();
  EXPECT_THAT(message, HasSubstr("\"Reviewed\" is not known to ThreatQ"));
  EXPECT_THAT(message, HasSubstr("Active, Review, Odd"));
}

TEST_F(ConnectorTest, ARecordThatIsGoneIsNotMadeAnewInSilence) {
  ASSERT_TRUE(ensure());
  EXPECT_FALSE(connector->existed());
  wanted.known = true;
  ASSERT_TRUE(ensure());
  EXPECT_TRUE(connector->existed());
  wanted.name = "gone";
  wanted.instance = "cb-prod";
  records.writes.clear();
  const auto id = ensure();
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().status, Status::kConfig);
  EXPECT_EQ(id.error().message,
            "ThreatQ at https://tq.example no longer has the connector record \"gone\", whose form "
            "was read before. If it was renamed there, set record_name to its new name. If it was "
            "deleted, run tqhost configure cb-prod to make a new one, fill in its form and switch "
            "it on");
  EXPECT_THAT(records.writes, IsEmpty());
}

TEST_F(ConnectorTest, LookingMakesNothing) {
  wanted.look_only = true;
  EXPECT_THAT(ensure_error(), HasSubstr("has no connector record \"cb prod\" yet"));
  wanted.look_only = false;
  const std::string id = filled();
  wanted.look_only = true;
  wanted.default_status = "Review";
  wanted.form.fields[0].label = "new";
  EXPECT_EQ(*ensure(), id);
  EXPECT_THAT(records.writes, IsEmpty());
}

TEST_F(ConnectorTest, BareValuesBecomeFieldsWithThoseValues) {
  const std::string id = filled();
  records.record(id)["custom_fields"] = {{"fqdn", "flat.example.com"},
                                         {"secret_key", "flat-secret"}};
  EXPECT_EQ(connector->read(id)->values.at("fqdn"), "flat.example.com");
  ASSERT_TRUE(ensure());
  EXPECT_EQ(value_of(id, "fqdn"), "flat.example.com");
  EXPECT_EQ(records.record(id)["custom_fields"]["fqdn"]["label"], "API FQDN");
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(1));
}

TEST_F(ConnectorTest, FieldsThatAListLeavesOutAreAskedFor) {
  const std::string id = filled();
  records.spoil = [](const Seen& seen) -> std::optional<Reply> {
    if (!seen.target.starts_with("/api/connectors?")) return {};
    return Reply{200, R"({"data":[{"id":"1","name":"cb prod"}]})"};
  };
  EXPECT_EQ(*ensure(), id);
  EXPECT_THAT(records.writes, IsEmpty());
}

}  // namespace
}  // namespace tq
