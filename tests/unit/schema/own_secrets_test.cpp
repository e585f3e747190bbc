// SPDX-License-Identifier: Apache-2.0
#include "schema/own_secrets.hpp"

#include "unit/schema/vault_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A vault as an older tqhost wrote it.
class OlderVault : public VaultTest {
 protected:
  void was(const std::map<std::string, std::string>& secrets) const {
    for (const auto& [name, value] : secrets) set(name, value);
    auto json = parse_json(text(files_.secrets_file), "secrets.json");
    ASSERT_TRUE(json);
    json->erase("names");
    ASSERT_TRUE(write_file_atomically(files_.secrets_file, pretty_json(*json)));
  }
  void had_pair() const {
    was({{"cb/oauth_id", "id"}, {"cb/oauth_secret", "key"}, {"cb/oauth_owner", "owner"}});
  }
};

TEST(OwnSecrets, NoSettingCanHaveTheirNames) {
  for (const std::string& name : {password_secret("cb"), oauth_id_secret("cb"),
                                  oauth_key_secret("cb"), oauth_owner_secret("cb")}) {
    EXPECT_EQ(name.rfind("cb/threatq/", 0), 0u) << name;
    EXPECT_TRUE(check_secret_name(name)) << "it can be typed: " << name;
  }
}

TEST(OwnSecrets, AreFoundWhereverTheConfigurationNamesThem) {
  HostConfig config;
  config.threatq.emplace();
  config.threatq->password.value = {{"secret", "tq"}};
  InstanceConfig instance;
  instance.threatq.emplace();
  instance.threatq->oauth_secret.value = {{"secret", "pair"}};
  instance.config = *parse_json(
      R"({"a": {"secret": "one"}, "b": [{"c": {"secret": "two"}}], "d": {"file": "x"}, "e": "z"})",
      "config");
  config.instances = {instance};
  EXPECT_THAT(named_secrets(config).by_threatq, ElementsAre("pair", "tq"));
  EXPECT_THAT(named_secrets(config).by_settings, ElementsAre("one", "two"));
}

TEST(OwnSecrets, ASettingMayNotReferToWhatLogsInToThreatQ) {
  HostConfig config;
  config.threatq.emplace();
  config.threatq->password = {{{"env", "TQ"}}, "tqhost.json:3"};
  EXPECT_TRUE(check_setting_reference({{{"env", "CB"}}, "tqhost.json:9"}, config));
  EXPECT_TRUE(check_setting_reference({{{"secret", "cb/oauth_secret"}}, "x"}, config));
  EXPECT_TRUE(check_setting_reference({"a text", "x"}, config));
  const auto same = check_setting_reference({{{"env", "TQ"}}, "tqhost.json:9"}, config);
  ASSERT_FALSE(same);
  EXPECT_THAT(same.error().message, HasSubstr("tqhost.json:9 cannot be used"));
  EXPECT_THAT(same.error().message, HasSubstr("tqhost.json:3 names it, too"));
  EXPECT_FALSE(check_setting_reference({{{"secret", "cb/threatq/oauth_id"}}, "x"}, config));
}

TEST_F(OlderVault, APairThatNobodyElseNamesMovesToItsOwnNames) {
  had_pair();
  files_.named.by_settings = {"cb/api_secret_key"};
  EXPECT_THAT(opened().names(), ElementsAre("cb/threatq/oauth_id", "cb/threatq/oauth_owner",
                                            "cb/threatq/oauth_secret"));
  EXPECT_EQ(get("cb/threatq/oauth_id"), "id");
  EXPECT_EQ(get("cb/threatq/oauth_secret"), "key");
  EXPECT_EQ(get("cb/threatq/oauth_owner"), "owner");
  const std::string written = text(files_.secrets_file);
  EXPECT_THAT(written, HasSubstr("cb/threatq/oauth_id"));
  static_cast<void>(opened());
  EXPECT_EQ(text(files_.secrets_file), written) << "once";
}

TEST_F(OlderVault, APairMayBeAPluginsSecretsAndIsForgotten) {
  had_pair();
  files_.named.by_settings = {"cb/oauth_secret"};
  EXPECT_THAT(opened().names(), ElementsAre());
  EXPECT_EQ(get("cb/oauth_secret"),
            "error: the secret \"cb/oauth_secret\" has to be set again: an older tqhost kept "
            "ThreatQ's log-in under the same name, and which of the two it was cannot be told; "
            "type: tqhost secret set cb/oauth_secret");
  set("cb/oauth_secret", "the vendor's");
  set("cb/oauth_id", "the vendor's");
  set("cb/oauth_owner", "the vendor's");
  EXPECT_EQ(get("cb/oauth_secret"), "the vendor's");
  EXPECT_THAT(opened().names(), ElementsAre("cb/oauth_id", "cb/oauth_owner", "cb/oauth_secret"));
}

TEST_F(OlderVault, WithoutAPairThePluginsSecretsStay) {
  was({{"cb/oauth_id", "theirs"}, {"cb/oauth_secret", "theirs"}, {"tq", "ours"}});
  files_.named.by_settings = {"cb/oauth_secret", "cb/oauth_id"};
  EXPECT_THAT(opened().names(), ElementsAre("cb/oauth_id", "cb/oauth_secret", "tq"));
  EXPECT_EQ(get("cb/oauth_secret"), "theirs");
}

TEST_F(OlderVault, WhatThreatQIsConfiguredWithStaysUnderItsNameToo) {
  had_pair();
  files_.named.by_threatq = {"cb/oauth_secret"};
  EXPECT_EQ(get("cb/oauth_secret"), "key");
  EXPECT_EQ(get("cb/threatq/oauth_secret"), "key");
}

TEST_F(OlderVault, OnePasswordForBothIsForgotten) {
  was({{"cb/threatq_password", "whose?"}, {"cb/threatq_password.2", "ours"}});
  files_.named.by_threatq = {"cb/threatq_password"};
  EXPECT_EQ(get("cb/threatq_password"), "whose?") << "nobody else names it";
  files_.named.by_settings = {"cb/threatq_password"};
  EXPECT_THAT(get("cb/threatq_password"), HasSubstr("has to be set again"));
  EXPECT_EQ(get("cb/threatq_password.2"), "ours");
}

// The bytes of the file are the old ones or the new ones, and either can be read.
TEST_F(OlderVault, IsReadAlsoWhereItCannotBeWritten) {
  had_pair();
  const std::string before = text(files_.secrets_file);
  std::filesystem::create_directory(files_.secrets_file.string() + ".draft");
  EXPECT_EQ(get("cb/threatq/oauth_secret"), "key");
  EXPECT_EQ(text(files_.secrets_file), before);
  std::filesystem::remove(files_.secrets_file.string() + ".draft");
  EXPECT_EQ(get("cb/threatq/oauth_secret"), "key");
  EXPECT_NE(text(files_.secrets_file), before);
}

TEST_F(OlderVault, WhatIsWrittenByAnyChangeIsPartedToo) {
  had_pair();
  set("other", "x");
  EXPECT_THAT(opened().names(), ElementsAre("cb/threatq/oauth_id", "cb/threatq/oauth_owner",
                                            "cb/threatq/oauth_secret", "other"));
  RealWorld world;
  ASSERT_TRUE(opened().rotate(world));
  EXPECT_EQ(get("cb/threatq/oauth_secret"), "key");
}

}  // namespace
}  // namespace tq
