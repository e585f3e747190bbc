// SPDX-License-Identifier: Apache-2.0
// The errors that operators will really meet, word for word: what was tried, on what, what came
// back, what to do. tests/golden/messages has a file for each.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "e2e/golden.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

SiteOptions small() {
  SiteOptions options;
  options.threatq = {"--generate", "60", "--collection", "Crimeware"};
  return options;
}

class Message : public testing::Test {
 protected:
  // What stands on the terminal, with the exit status as its first line.
  void expect(const std::string& name, const Ended& ended) {
    const Masks masks = {{site_.folder().string(), "FOLDER"}};
    expect_golden("messages/" + name + ".txt", "exit " + std::to_string(ended.exit_status) + "\n" +
                                                   masked(ended.out + ended.err, masks));
  }
  void run_and_expect(const std::string& name) {
    site_.write_config();
    expect(name, run({"run-once", "cb-prod"}));
  }
  Ended run(const std::vector<std::string>& arguments) {
    return run_program(site_.command(arguments, "info"));
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(site_.folder() / name) << text;
    ::chmod((site_.folder() / name).c_str(), 0600);
  }

  Site site_{small()};
};

TEST_F(Message, NoInstanceIsConfigured) {
  site_.config["instances"] = Json::array();
  site_.write_config();
  expect("no_instance", run({"run-once"}));
}

TEST_F(Message, AnInstanceIsMisspelt) { expect("misspelt_instance", run({"run-once", "cb-prd"})); }

TEST_F(Message, ACommandIsMisspelt) { expect("misspelt_command", run({"rnu-once", "cb-prod"})); }

TEST_F(Message, OptionsOfAllCommandsMayStandBehindTheCommand) {
  const Ended ended = run_program({site_.command({}).front(), "status", "cb-prod", "--config",
                                   (site_.folder() / "tqhost.json").string()});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
}

TEST_F(Message, AKeyIsUnknown) {
  site_.settings()["data_colections"] = "Crimeware";
  site_.settings().erase("data_collections");
  run_and_expect("unknown_key");
}

TEST_F(Message, SeveralSettingsAreWrong) {
  site_.settings()["severity"] = 11;
  site_.settings()["api_id"] = "with blanks";
  site_.settings()["api_fqdn"] = "https://user:pw@cbc.example";
  site_.settings()["requests_per_minute"] = "many";
  site_.settings().erase("org_key");
  run_and_expect("five_errors");
}

TEST_F(Message, ASecretLiesInAnOpenFile) {
  ::chmod((site_.folder() / "tqhost.json").c_str(), 0644);
  expect("open_file", run({"run-once", "cb-prod"}));
}

TEST_F(Message, ASecretIsNotInTheVault) {
  site_.settings()["api_secret_key"] = {{"secret", "cb"}};
  run_and_expect("no_such_secret");
}

TEST_F(Message, ThePluginIsNotThere) {
  std::filesystem::remove(site_.plugins() / "cb_edr.so");
  run_and_expect("no_plugin");
}

TEST_F(Message, ThePluginIsDamaged) {
  std::filesystem::resize_file(site_.plugins() / "cb_edr.so", 4096);
  run_and_expect("damaged_plugin");
}

TEST_F(Message, ThreatqHasNoAddress) {
  site_.config["threatq"]["host"] = "threatq.invalid";
  run_and_expect("unknown_host");
}

TEST_F(Message, ThreatqRefusesConnections) {
  site_.threatq().stop();
  run_and_expect("connection_refused");
}

TEST_F(Message, APortalAnswersInThreatqsPlace) {
  site_.threatq().fault(R"({"match":{"times":0},"action":{"login_page":200}})");
  run_and_expect("portal");
}

TEST_F(Message, ThreatqsCertificateIsNotTrusted) {
  site_.config["threatq"]["ca_file"] = nullptr;
  run_and_expect("untrusted_certificate");
}

TEST_F(Message, ThreatqRefusesThePassword) {
  site_.config["threatq"]["password"] = "not-the-password";
  run_and_expect("wrong_password");
}

TEST_F(Message, ACollectionIsNotFound) {
  site_.settings()["data_collections"] = {"Crimeware", "Not shared"};
  run_and_expect("no_collection");
}

TEST_F(Message, CarbonBlackRefusesTheKey) {
  site_.settings()["api_secret_key"] = "AAAAAAAAAAAAAAAAAAAAAAAA";
  run_and_expect("wrong_key");
}

TEST_F(Message, TheOrganizationKeyIsWrong) {
  site_.settings()["org_key"] = "ZZZZ9999";
  run_and_expect("wrong_org_key");
}

TEST_F(Message, ARunWouldDeleteMoreThanHalf) {
  ASSERT_EQ(run({"run-once"}).exit_status, 0);
  site_.threatq().change(R"({"oldest": 60})");
  expect("brake", run({"run-once"}));
}

TEST_F(Message, TheProxyDoesNotAnswer) {
  // A name of the outside, because loopback never goes through a proxy.
  site_.config["proxy"] = {{"url", "http://127.0.0.1:9"}};
  site_.settings()["api_fqdn"] = "cbc.tqlab.example";
  run_and_expect("no_proxy");
}

TEST_F(Message, TheStateFolderCannotBeWritten) {
  std::ofstream(site_.folder() / "state") << "a file where the folder should be";
  run_and_expect("no_state_folder");
}

TEST_F(Message, TheClockIsWrong) {
  site_.config["threatq"]["password"] = "not-the-password";
  site_.threatq().fault(R"({"action": {"skew_s": 412}})");
  run_and_expect("wrong_clock");
}

TEST_F(Message, ThereIsNoTerminalToAskAt) {
  site_.config.erase("threatq");
  site_.write_config();
  expect("no_terminal", run({"configure", "cb-new", "--plugin", "cb_edr"}));
}

}  // namespace
}  // namespace e2e
