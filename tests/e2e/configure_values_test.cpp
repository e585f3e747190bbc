// SPDX-License-Identifier: Apache-2.0
// `configure` without a terminal: where values come from, what is refused, what is written.
#include "e2e/configure_site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(Configure, WhatItWroteIsWhatRunsUse) {
  configure();
  const Ended off = site_.tqhost({"run-once", "cb-edr"});
  EXPECT_EQ(off.exit_status, 0) << off.err;
  EXPECT_THAT(off.out, HasSubstr("disabled in ThreatQ"));
  EXPECT_EQ(site_.records().size(), 1u) << "the run found the record that configure made";
}

TEST_F(Configure, WithoutATerminalEverythingMissingIsTold) {
  const Snapshot before = snapshot_of(site_.folder());
  const Ended ended = run({"configure", "cb-edr", "--set", "threatq.username=me@example.com"});
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "tqhost: there is no terminal to ask at, and cb-edr needs:\n"
            "tqhost:   ThreatQ Host: --set threatq.host=VALUE, the environment variable "
            "TQHOST_THREATQ_HOST, or \"threatq.host\" in a file for --from\n"
            "tqhost:   ThreatQ Client ID: --set threatq.client_id=VALUE, the environment variable "
            "TQHOST_THREATQ_CLIENT_ID, or \"threatq.client_id\" in a file for --from\n"
            "tqhost:   ThreatQ Password: the environment variable TQHOST_THREATQ_PASSWORD, or "
            "\"threatq.password\" in a file of mode 0600 for --from\n");
  EXPECT_EQ(snapshot_of(site_.folder()), before);
}

TEST_F(Configure, ValuesComeFromOptionsAndTheEnvironment) {
  const Ended ended =
      run({"configure", "cb-prod", "--plugin", "cb_edr", "--set", "threatq.host=" + site_.host(),
           "--set", "threatq.client_id=clientid0123", "--set", "default_status=REVIEW", "--set",
           "record_name=EDR of the SOC", "--set", "schedule=every 2h", "--set",
           "config.report_tags=one, two"},
          {{"TQHOST_THREATQ_USERNAME", kUser}, {"TQHOST_THREATQ_PASSWORD", kPassword}});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(ended.out, std::string(kConfigured) + "\n");
  const Json written = site_.written("cb-prod");
  EXPECT_EQ(written.at("default_status"), "Review");
  EXPECT_EQ(written.at("schedule"), "every 2h");
  EXPECT_EQ(written.at("threatq").at("username"), kUser) << "a later run has no such variable";
  EXPECT_EQ(written.at("threatq").at("password"), Json({{"secret", "cb-prod/threatq/password"}}));
  EXPECT_FALSE(written.contains("config")) << "the form has it";
  const Json records = site_.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("name"), "EDR of the SOC");
  EXPECT_EQ(records[0].at("custom_fields").at("report_tags").at("value"), "one, two");
  expect_no_secret_in_files();
}

TEST_F(Configure, SecretsAreNotTakenWhereEverybodyCanReadThem) {
  for (const char* setting :
       {"threatq.password=tq-pass-5f1e9c", "config.api_secret_key=tq-pass-5f1e9c"}) {
    const Ended ended = run({"configure", "cb-edr", "--set", setting});
    EXPECT_EQ(ended.exit_status, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("is refused"), HasSubstr("--from FILE"),
                                 Not(HasSubstr(kPassword))));
  }
  ::chmod(site_.answers().c_str(), 0644);
  const Ended open =
      run({"configure", "cb-edr", "--from", (site_.folder() / "answers.json").string()});
  EXPECT_EQ(open.exit_status, 2);
  EXPECT_THAT(open.err, AllOf(HasSubstr("chmod 600"), Not(HasSubstr(kPassword))));
}

TEST_F(Configure, WrongValuesAndNamesAreRefusedBeforeAnyRequest) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"configure", "cb-edr", "--set", "threatq.hots=x"}, "did you mean threatq.host?"},
      {{"configure", "cb-edr", "--set", "config.api_idd=x"}, "did you mean api_id?"},
      {{"configure", "cb-edr", "--set", "config.severity=11"}, "config.severity"},
      {{"configure", "cb-edr", "--set", "external_proxy=perhaps"}, "external_proxy"},
      {{"configure", "cb-edr", "--set", "schedule=61 * * * *"}, "\"61\" is no minute"},
      {{"configure", "cb-edr", "--set", "nonsense"}, "KEY=VALUE"},
      {{"configure", "CB Prod", "--plugin", "cb_edr"}, "the instance's name"},
      {{"configure", "other"}, "there are: cb_edr"},
      {{"configure", "other", "--plugin", "nothing"}, "there is no plugin \"nothing\""}};
  for (const auto& [arguments, words] : wrong) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_status, 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(words));
  }
  EXPECT_EQ(Json::parse(site_.threatq().requests()).at("list").size(), 0u);
}

TEST_F(Configure, TwoInstancesAreTwoRecords) {
  configure("cb-edr");
  configure("cb-second");
  std::vector<std::string> names;
  for (const Json& record : site_.records()) names.push_back(record.at("name"));
  EXPECT_THAT(names, ElementsAre(kRecord, "cb-second"));
  EXPECT_EQ(site_.written("cb-second").at("threatq").at("password"),
            Json({{"secret", "cb-second/threatq/password"}}));
}

TEST_F(Configure, APersonsFileIsLeftAlone) {
  site_.config["instances"] = {{{"name", "cb-edr"}, {"plugin", "cb_edr"}}};
  site_.write_config();
  Snapshot before = snapshot_of(site_.folder());
  const Ended ended = run({"configure", "cb-edr"});
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.err, HasSubstr("stands in " + (site_.folder() / "tqhost.json").string()));
  EXPECT_EQ(snapshot_of(site_.folder()), before);

  fs::create_directory(site_.folder() / "instances.d");
  write_text(site_.instance_file("mine"), "{\"plugin\": \"cb_edr\"}  // mine", 0600);
  before = snapshot_of(site_.folder());
  const Ended commented = run({"configure", "mine"});
  EXPECT_EQ(commented.exit_status, 2);
  EXPECT_THAT(commented.err, HasSubstr("has comments"));
  EXPECT_EQ(snapshot_of(site_.folder()), before);
}

TEST_F(Configure, WithTheFileAsSourceEverythingIsLocal) {
  const fs::path file = site_.answers();
  Json answers = Json::parse(read_text(file));
  answers["config_source"] = "file";
  answers["config"] = {{"api_fqdn", site_.cbc().host_and_port()},
                       {"api_secret_key", kApiSecret},
                       {"api_id", "APIID00001"},
                       {"data_collections", "Crimeware"},
                       {"requests_per_minute", "100000"}};
  write_text(file, answers.dump(), 0600);
  const Ended missing = run({"configure", "cb-edr", "--from", file.string()});
  EXPECT_EQ(missing.exit_status, 2);
  EXPECT_THAT(missing.err, HasSubstr("config.org_key"));

  Pty terminal(site_.command({"configure", "cb-edr", "--from", file.string()}), site_.ca());
  terminal.answer("Enterprise EDR Organization Key: ", "ABCD1234");
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0) << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("Connector configured. Its settings are in " +
                                   site_.instance_file().string()));
  EXPECT_EQ(site_.records().size(), 0u);
  fs::remove(file);
  for (const auto& [name, bytes] : snapshot_of(site_.folder()))
    EXPECT_EQ(bytes.find(kApiSecret), std::string::npos) << name;
  const Ended exported = site_.tqhost({"run-once", "cb-edr"});
  EXPECT_EQ(exported.exit_status, 0) << exported.err;
  EXPECT_EQ(site_.feeds().count("ThreatQ"), 1u);
}

TEST_F(Configure, ASecretSettingStaysOnThisMachine) {
  const fs::path file = site_.answers();
  Json answers = Json::parse(read_text(file));
  answers["config.api_secret_key"] = kApiSecret;
  answers["config.api_id"] = "APIID00001";
  write_text(file, answers.dump(), 0600);
  const Ended ended = run({"configure", "cb-edr", "--from", file.string()});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(site_.written().at("config"),
            Json({{"api_secret_key", {{"secret", "cb-edr/api_secret_key"}}}}));
  EXPECT_THAT(site_.threatq().dump("what=connectors"), Not(HasSubstr(kApiSecret)));
  EXPECT_EQ(site_.records().at(0).at("custom_fields").at("api_id").at("value"), "APIID00001");
  fs::remove(file);
  for (const auto& [name, bytes] : snapshot_of(site_.folder()))
    EXPECT_EQ(bytes.find(kApiSecret), std::string::npos) << name;
}

TEST_F(Configure, ARegistrationThatFailsLeavesNoInstance) {
  site_.threatq().fault(
      R"({"match": {"method": "POST", "path": "/api/connectors$", "times": 0}, "action": {"status": 403}})");
  const std::string file = site_.answers().string();
  const Ended failed = run({"configure", "cb-edr", "--from", file});
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, AllOf(HasSubstr("403"), HasSubstr("cb-edr is as it was before"),
                                Not(HasSubstr(kPassword))));
  EXPECT_FALSE(fs::exists(site_.instance_file()));
  site_.threatq().clear_faults();
  EXPECT_EQ(run({"configure", "cb-edr", "--from", file}).exit_status, 0);
  EXPECT_EQ(site_.records().size(), 1u);
}

TEST_F(Configure, AHostThatIsNotThereIsToldWithWhatToDo) {
  const std::string file = site_.answers().string();
  const std::vector<std::pair<std::string, std::string>> hosts = {
      {"nothing.invalid", "there is no such host; check the host name"},
      {"127.0.0.1:1", "Connection refused; check the address and the port"}};
  for (const auto& [host, words] : hosts) {
    const Ended ended =
        run({"configure", "cb-edr", "--from", file, "--set", "threatq.host=" + host});
    EXPECT_NE(ended.exit_status, 0);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("cannot connect to https://" + host), HasSubstr(words)));
  }
  const Ended distrusted = site_.tqhost({"configure", "cb-edr", "--from", file});
  EXPECT_EQ(distrusted.exit_status, 2);
  EXPECT_THAT(distrusted.err, AllOf(HasSubstr("cannot trust"), HasSubstr("set threatq.ca_file")));
}

TEST_F(Configure, ACaFileLiesBesideTheFileThatNamesIt) {
  const fs::path folder = site_.folder() / "elsewhere";
  fs::create_directory(folder);
  fs::copy_file(site_.threatq().ca_file(), folder / "ca.pem");
  Json answers = Json::parse(read_text(site_.answers()));
  answers["threatq"]["ca_file"] = "ca.pem";
  write_text(folder / "answers.json", answers.dump(), 0600);
  const Ended ended =
      site_.tqhost({"configure", "cb-edr", "--from", (folder / "answers.json").string()});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(site_.written().at("threatq").at("ca_file"), (folder / "ca.pem").string());
}

}  // namespace
}  // namespace e2e
