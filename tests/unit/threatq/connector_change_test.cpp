// SPDX-License-Identifier: Apache-2.0
// A record that holds a person's values is changed: what servers may do to it, refuse or hide.
#include "unit/threatq/connector_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class ConnectorChange : public ConnectorTest {
 protected:
  ConnectorChange() { id = filled(); }

  void refuse_puts(Reply reply) {
    records.spoil = [reply](const Seen& seen) -> std::optional<Reply> {
      if (seen.method != "PUT") return {};
      return reply;
    };
  }
  void rename_the_fqdn() {
    wanted.form.fields[0] = field("api_fqdn", "API FQDN");
    wanted.form.fields[0].renamed_from = {"fqdn"};
  }
  size_t warnings() {
    size_t count = 0;
    const std::string text = log.text();
    for (size_t at = 0;
         (at = text.find("the form in ThreatQ could not be brought up to date", at)) != text.npos;
         ++at)
      ++count;
    return count;
  }
  std::string written() {
    std::string text;
    for (const auto& write : records.writes) text += write.call + dump_json(write.body) + "\n";
    return text;
  }

  std::string id;
};

TEST_F(ConnectorChange, ThatIsRefusedLeavesARecordToBeReadAsItIs) {
  rename_the_fqdn();
  size_t refused = 0;
  for (const int status : {400, 403, 404, 422, 500}) {
    refuse_puts({status, R"({"errors":["You may not do that"]})"});
    const auto again = ensure();
    ASSERT_TRUE(again) << status << again.error().message;
    EXPECT_EQ(*again, id);
    EXPECT_EQ(warnings(), ++refused) << log.text();
    const auto state = connector->read(id);
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->enabled);
    EXPECT_EQ(state->values.at("api_fqdn"), "mine.example.com") << "of the old key";
    EXPECT_EQ(state->values.at("secret_key"), "typed-secret");
  }
  EXPECT_THAT(log.text(), HasSubstr("Give bob@example.com a role in ThreatQ that may change "
                                    "connectors"));
  EXPECT_THAT(connector->shortfall(), HasSubstr("could not be brought up to date"));
  records.spoil = nullptr;
  ASSERT_TRUE(ensure());
  EXPECT_EQ(connector->shortfall(), "");
  EXPECT_EQ(connector->read(id)->values.at("api_fqdn"), "mine.example.com");
  EXPECT_FALSE(records.record(id)["custom_fields"].contains("fqdn"));
  EXPECT_EQ(warnings(), refused);
}

TEST_F(ConnectorChange, EndsWithTheLogInAndWithAStop) {
  rename_the_fqdn();
  refuse_puts({401, "{}"});
  EXPECT_EQ(ensure().error().status, Status::kAuth);
  records.spoil = [this](const Seen& seen) -> std::optional<Reply> {
    if (seen.method != "PUT") return {};
    cancel.cancel();
    return Reply{.error = Error{Status::kCancelled, "stopped"}};
  };
  EXPECT_EQ(ensure().error().status, Status::kCancelled);
  EXPECT_EQ(warnings(), 0u);
}

TEST_F(ConnectorChange, OfAStatusThatThreatqDoesNotHaveIsAWarning) {
  wanted.default_status = "Reviewed";
  EXPECT_EQ(*ensure(), id);
  EXPECT_THAT(log.text(), HasSubstr("\"Reviewed\" is not known to ThreatQ"));
  EXPECT_THAT(records.writes, IsEmpty());
  wanted.form.fields[0].label = "new";
  EXPECT_EQ(*ensure(), id);
  EXPECT_EQ(records.record(id)["custom_fields"]["fqdn"]["label"], "new") << "the rest is done";
}

TEST_F(ConnectorChange, ComesOutTheSameOnAServerThatReplaces) {
  records.replaces_fields = true;
  records.record(id)["custom_fields"]["unknown"] = {{"label", "Of a person"}, {"value", "kept"}};
  rename_the_fqdn();
  wanted.form.fields.push_back(field("tags", "Report Tags"));
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(1)) << "at no time is anything missing";
  EXPECT_EQ(value_of(id, "api_fqdn"), "mine.example.com");
  EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
  EXPECT_EQ(value_of(id, "unknown"), "kept");
  EXPECT_TRUE(records.record(id)["custom_fields"].contains("tags"));
  EXPECT_FALSE(records.record(id)["custom_fields"].contains("fqdn"));
  EXPECT_THAT(log.text(), Not(HasSubstr("lost values")));
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(1));
}

TEST_F(ConnectorChange, TakesWhatAPersonTypedSinceTheListWasRead) {
  records.spoil = [this](const Seen& seen) -> std::optional<Reply> {
    if (seen.method == "GET" && seen.target == "/api/connectors/" + id)
      records.record(id)["custom_fields"]["fqdn"]["value"] = "newer.example.com";
    return {};
  };
  rename_the_fqdn();
  ASSERT_TRUE(ensure());
  EXPECT_EQ(value_of(id, "api_fqdn"), "newer.example.com");
}

TEST_F(ConnectorChange, ThatLosesValuesIsPutRight) {
  records.spoil_after = [this](const Seen& seen) -> std::optional<Reply> {
    if (seen.method == "PUT" && records.writes.size() == 1)
      records.record(id)["custom_fields"]["secret_key"].erase("value");
    return {};
  };
  wanted.form.fields[0].label = "new";
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(2));
  EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
  EXPECT_THAT(log.text(), HasSubstr("ThreatQ lost values"));
}

TEST_F(ConnectorChange, NeverWritesTheAsterisksOfAHiddenSecret) {
  for (const char* mask : {"*", "****", "********", "\u2022\u2022\u2022\u2022", " \u25cf* "}) {
    records.mask = mask;
    records.writes.clear();
    wanted.form.fields[0].label += "!";
    wanted.form.fields[1].label += "!";
    ASSERT_TRUE(ensure());
    ASSERT_THAT(records.writes, SizeIs(1)) << mask;
    EXPECT_THAT(written(), Not(HasSubstr(mask)));
    EXPECT_THAT(written(), Not(HasSubstr("mine.example.com"))) << "the changes alone";
    EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
    EXPECT_EQ(records.record(id)["custom_fields"]["secret_key"]["label"],
              wanted.form.fields[1].label);
  }
  wanted.form.fields[0].label += "!";
  records.mask.reset();
  records.record(id)["custom_fields"]["secret_key"] = "****";
  ASSERT_TRUE(ensure());
  EXPECT_TRUE(records.record(id)["custom_fields"]["secret_key"].is_object());
  EXPECT_FALSE(records.record(id)["custom_fields"]["secret_key"].contains("value"));
}

TEST_F(ConnectorChange, DoesNotTellAServerThatShowsNoSecretThatThereIsNone) {
  for (const Json& nothing : {Json(), Json("")}) {
    records.mask = nothing;
    wanted.form.fields[0].label += "!";
    wanted.form.fields[1].label += "!";
    ASSERT_TRUE(ensure());
    EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
  }
}

TEST_F(ConnectorChange, LeavesAHiddenSecretUnderItsOldName) {
  records.mask = "********";
  wanted.form.fields[1].renamed_from = {"secret_key"};
  wanted.form.fields[1].key = "api_secret";
  wanted.initial.erase("secret_key");
  ASSERT_TRUE(ensure());
  EXPECT_EQ(value_of(id, "secret_key"), "typed-secret");
  EXPECT_EQ(value_of(id, "api_secret"), nullptr);
  EXPECT_FALSE(connector->read(id)->values.count("api_secret"));
}

TEST_F(ConnectorChange, OnAServerThatReplacesAndHidesLosesNoMoreThanItMust) {
  records.mask = "********";
  records.replaces_fields = true;
  wanted.form.fields.push_back(field("tags", "Report Tags"));
  ASSERT_TRUE(ensure());
  EXPECT_THAT(records.writes, SizeIs(2));
  EXPECT_THAT(written(), Not(HasSubstr("****")));
  EXPECT_EQ(value_of(id, "fqdn"), "mine.example.com");
  EXPECT_THAT(log.text(), HasSubstr("but for secrets that ThreatQ does not show"));
}

TEST_F(ConnectorChange, HidesASecretThatIsANumberFromTheLog) {
  records.record(id)["custom_fields"]["secret_key"]["value"] = 12345678;
  ASSERT_TRUE(ensure());
  EXPECT_EQ(log.redactor().clean("PIN 12345678"), "PIN ***");
}

}  // namespace
}  // namespace tq
