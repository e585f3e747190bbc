// SPDX-License-Identifier: Apache-2.0
#include "worker/settings.hpp"

#include <gmock/gmock.h>

#include <stdlib.h>

#include <filesystem>

#include "core/file.hpp"
#include "schema/secret_ref.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Test", "type": "object", "additionalProperties": false,
  "required": ["org_key", "api_secret_key"],
  "properties": {
    "org_key": {"type": "string", "title": "Org Key"},
    "api_secret_key": {"type": "string", "title": "Key", "writeOnly": true, "format": "password"},
    "severity": {"type": "integer", "title": "Severity", "minimum": 1, "maximum": 10, "default": 5}
  }
})";

class Settings : public testing::Test {
 protected:
  Settings() {
    std::string pattern = testing::TempDir() + "settings-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    file_ = (folder_ / "tqhost.json").string();
    EXPECT_TRUE(write_file_atomically(file_, "{}"));
  }
  ~Settings() override { std::filesystem::remove_all(folder_); }

  Result<InstanceSettings> read(std::string_view config,
                                const std::set<std::string>* from_form = nullptr) {
    const auto schema = PluginSchema::parse(kSchema, "the test's schema");
    EXPECT_TRUE(schema.ok()) << schema.error().message;
    InstanceConfig instance;
    instance.name = "cb-prod";
    instance.file = file_;
    instance.config = *parse_json(config, "config");
    host_.instances = {instance};
    return read_settings(**schema, instance, host_, environment_, from_form);
  }

  // The file of a reference is looked at, too.
  std::filesystem::path folder_;
  std::string file_;
  HostConfig host_;
  Environment environment_;
};

TEST_F(Settings, AreWholeAndWithoutTheirSecrets) {
  environment_["CB_SECRET"] = "the secret";
  const auto settings = read(R"({"org_key": "ABCD", "api_secret_key": {"env": "CB_SECRET"}})");
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->values, Json::parse(R"({"org_key": "ABCD", "severity": 5})"));
  EXPECT_EQ(settings->secrets.at("/api_secret_key").reveal(), "the secret");
}

TEST_F(Settings, EveryProblemIsToldWithItsPlace) {
  host_.origins = {{"/instances/0/config", "tqhost.json:7"},
                   {"/instances/0/config/severity", "tqhost.json:9"}};
  const auto settings = read(R"({"severity": 11, "api_secret_key": "x", "org_kye": "ABCD"})");
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(settings.error().status, Status::kConfig);
  EXPECT_THAT(settings.error().message, HasSubstr("problems"));
  EXPECT_THAT(settings.error().message, HasSubstr("tqhost.json:9"));
  EXPECT_THAT(settings.error().message, HasSubstr("tqhost.json:7"));
  EXPECT_THAT(settings.error().message, HasSubstr("/severity"));
  EXPECT_THAT(settings.error().message, HasSubstr("org_key"));
}

TEST_F(Settings, ASecretThatCannotBeHadNamesItsSetting) {
  const auto settings = read(R"({"org_key": "A", "api_secret_key": {"env": "NOT_THERE"}})");
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(settings.error().status, Status::kConfig);
  EXPECT_EQ(settings.error().field, "/api_secret_key");
  EXPECT_THAT(settings.error().message, HasSubstr("NOT_THERE"));
}

TEST_F(Settings, ProblemsOfTheFormAreToldByLabelAllAtOnce) {
  const std::set<std::string> from_form = {"severity", "api_secret_key"};
  const auto settings = read(R"({"severity": 11, "api_secret_key": 5})", &from_form);
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(settings.error().status, Status::kConfig);
  EXPECT_EQ(settings.error().message,
            "its configuration in ThreatQ has 3 problems:\n"
            "  Severity is 11, but a whole number from 1 to 10 is needed\n"
            "  Key is a number that is not shown, but a text or a reference (" +
                secret_kinds() +
                ") is needed\n  Org Key is missing: a text is needed, the Org Key");
}

TEST_F(Settings, ASecretOfTheFormNeedsNoPrivateFile) {
  const std::set<std::string> from_form = {"org_key", "api_secret_key"};
  const auto settings =
      read(R"({"org_key": "A", "api_secret_key": "typed in the UI"})", &from_form);
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->secrets.at("/api_secret_key").reveal(), "typed in the UI");
}

TEST_F(Settings, WhatTheFileSaysKeepsItsPlace) {
  const std::set<std::string> from_form = {"org_key", "api_secret_key"};
  host_.origins = {{"/instances/0/config/severity", "tqhost.json:9"}};
  const auto settings =
      read(R"({"org_key": "A", "api_secret_key": "x", "severity": 11})", &from_form);
  ASSERT_FALSE(settings.ok());
  EXPECT_THAT(settings.error().message, HasSubstr("tqhost.json:9: /severity is 11"));
}

TEST(SettingLabel, IsTheFormsOrTheKey) {
  const auto schema = PluginSchema::parse(kSchema, "the test's schema");
  ASSERT_TRUE(schema);
  EXPECT_EQ(setting_label(**schema, "/org_key"), "Org Key");
  EXPECT_EQ(setting_label(**schema, "/unknown/0"), "unknown");
}

}  // namespace
}  // namespace tq
