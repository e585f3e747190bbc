// SPDX-License-Identifier: Apache-2.0
// A plugin whose settings have the names that tqhost once gave to its own secrets: each side gets
// its own, whatever was kept first.
#include <fstream>

#include "e2e/configure_site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class OwnSecrets : public Configure {
 protected:
  OwnSecrets() { fs::copy_file(VENDOR_PATH, site_.plugins() / "vendor.so"); }

  Ended configure_vendor() {
    Json answers = Json::parse(read_text(site_.answers()));
    answers["config"] = {{"api_fqdn", site_.cbc().host_and_port()},
                         {"oauth_id", "APIID00001"},
                         {"oauth_secret", kApiSecret},
                         {"oauth_owner", "the vendor's"},
                         {"threatq_password", "the vendor's, too"}};
    const fs::path file = site_.folder() / "answers.json";
    write_text(file, answers.dump(), 0600);
    Ended done = run({"configure", "vendor", "--plugin", "vendor", "--from", file.string()});
    fs::remove(file);
    return done;
  }
  void switch_on() {
    site_.threatq().change(Json{{"connector",
                                 {{"name", "Vendor"},
                                  {"is_active", true},
                                  {"values", {{"api_fqdn", site_.cbc().host_and_port()}}}}}}
                               .dump());
  }
  Ended secret(const std::string& name, const std::string& value) {
    return run_program(site_.command({"secret", "set", name}), {}, 60, value);
  }
  std::string vault() { return site_.tqhost({"secret", "check"}).out; }
};

TEST_F(OwnSecrets, APluginsSecretsAreNotThoseOfThreatQ) {
  const Ended done = configure_vendor();
  ASSERT_EQ(done.exit_status, 0) << done.err;
  switch_on();
  EXPECT_THAT(vault(), AllOf(HasSubstr("vendor/oauth_secret "), HasSubstr("vendor/oauth_owner "),
                             HasSubstr("vendor/threatq/oauth_secret "),
                             HasSubstr("vendor/threatq/password ")));
  for (int i = 0; i < 2; ++i) {
    const Ended ended = site_.tqhost({"run-once", "vendor"});
    EXPECT_EQ(ended.exit_status, 0) << ended.err << site_.log("vendor");
  }
  EXPECT_THAT(site_.tqhost({"secret", "check"}).err, testing::IsEmpty());
}

TEST_F(OwnSecrets, ASettingThatNamesThreatQsSecretIsRefused) {
  ASSERT_EQ(configure_vendor().exit_status, 0);
  switch_on();
  for (const char* name : {"vendor/threatq/oauth_secret", "vendor/threatq/password"}) {
    Json json = site_.written("vendor");
    json["config"]["oauth_secret"] = {{"secret", name}};
    write_text(site_.instance_file("vendor"), json.dump(2), 0600);
    const Ended ended = site_.tqhost({"run-once", "vendor"});
    EXPECT_EQ(ended.exit_status, 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("which is for logging in to ThreatQ"));
    EXPECT_THAT(site_.tqhost({"secret", "check"}).err, HasSubstr("for logging in to ThreatQ"));
  }
  EXPECT_EQ(Json::parse(site_.cbc().requests()).at("list").size(), 0u);
}

// As the older one left it: the pair over the setting of the same name, and one password for both.
TEST_F(OwnSecrets, WhatAnOlderOneMixedUpIsAskedForAgainAndNeverSent) {
  ASSERT_EQ(configure_vendor().exit_status, 0);
  switch_on();
  Json json = site_.written("vendor");
  json["threatq"]["password"] = {{"secret", "vendor/threatq_password"}};
  write_text(site_.instance_file("vendor"), json.dump(2), 0600);
  const fs::path file = site_.state() / "secrets.json";
  Json secrets = Json::parse(read_text(file));
  secrets.erase("names");
  write_text(file, secrets.dump(2), 0600);

  Ended ended = site_.tqhost({"run-once", "vendor"});
  EXPECT_EQ(ended.exit_status, 2) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("has to be set again"));
  EXPECT_EQ(Json::parse(site_.cbc().requests()).at("list").size(), 0u);
  EXPECT_THAT(vault(), AllOf(Not(HasSubstr("vendor/oauth_secret ")),
                             Not(HasSubstr("vendor/threatq_password "))));

  json["threatq"]["password"] = {{"secret", "vendor/threatq/password"}};
  write_text(site_.instance_file("vendor"), json.dump(2), 0600);
  ASSERT_EQ(secret("vendor/threatq/password", kPassword).exit_status, 0);
  ASSERT_EQ(secret("vendor/oauth_id", "APIID00001").exit_status, 0);
  ASSERT_EQ(secret("vendor/oauth_secret", kApiSecret).exit_status, 0);
  ASSERT_EQ(secret("vendor/oauth_owner", "the vendor's").exit_status, 0);
  ASSERT_EQ(secret("vendor/threatq_password", "the vendor's, too").exit_status, 0);
  ended = site_.tqhost({"run-once", "vendor"});
  EXPECT_EQ(ended.exit_status, 0) << ended.err << site_.log("vendor");
  EXPECT_THAT(vault(), HasSubstr("vendor/oauth_secret ")) << "once, not again";
}

}  // namespace
}  // namespace e2e
