// SPDX-License-Identifier: Apache-2.0
// The first run by an old name, as the guides for ThreatQ 5 and 6 print it.
#include "e2e/configure_site.hpp"
#include "e2e/drop_in_site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class FirstRun : public testing::Test {
 protected:
  // The guide's line: -ll DIR -c DIR -v3.
  std::vector<std::string> command(const std::string& name = "tq-conn-cb-threat-hunter") const {
    return site_.command(
        name, {"-ll", site_.log().string() + "/", "-c", site_.etc().string() + "/", "-v3"});
  }
  Variables variables(Variables more = {}) {
    more.insert({{"TQHOST_PLUGINS_DIR", site_.site.plugins().string()},
                 {"TQHOST_THREATQ_CA_FILE", site_.site.threatq().ca_file()}});
    return more;
  }
  std::string host() { return site_.site.threatq().host_and_port(); }
  void answer_the_rest(Pty& terminal) {
    terminal.answer("ThreatQ Client ID: ", kClientId);
    terminal.answer("ThreatQ Username: ", kUser);
    terminal.answer("ThreatQ Password: ", kPassword);
    terminal.answer("Status: ", "Review");
  }
  static std::string transcript(const std::string& host) {
    return "ThreatQ Host: " + host +
           "\r\n"
           "ThreatQ Client ID: clientid0123\r\n"
           "ThreatQ Username: tqhost@example.com\r\n"
           "ThreatQ Password: \r\n"
           "Status: Review\r\n"
           "Connector configured. Set information in UI\r\n";
  }
  fs::path file() const { return site_.etc() / "cb-edr.json"; }

  DropInSite site_;
};

TEST_F(FirstRun, AsksRegistersAndStopsWithoutWork) {
  Pty terminal(command(), variables());
  terminal.answer("ThreatQ Host: ", host());
  answer_the_rest(terminal);
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_EQ(ended.out, transcript(host()));
  EXPECT_EQ(mode_of(file()), 0600u);
  const Json written = Json::parse(read_text(file()));
  EXPECT_EQ(written.at("threatq").at("host"), host());
  EXPECT_EQ(written.at("instances").at(0).at("name"), "cb-edr");
  EXPECT_EQ(Json::parse(site_.site.cbc().requests()).at("list").size(), 0u);

  // The other name is the same instance: no second question, record or configuration.
  const std::string bytes = read_text(file());
  const Ended next = run_program(command("tq-conn-cb-enterprise-edr"), variables());
  EXPECT_EQ(next.exit_status, 0) << next.out << next.err;
  EXPECT_EQ(read_text(file()), bytes);
  const Json records = Json::parse(site_.site.threatq().dump("what=connectors")).at("connectors");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("is_active"), false);
  for (const auto& [name, content] : snapshot_of(site_.site.folder() / "etc"))
    EXPECT_EQ(content.find(kPassword), std::string::npos) << name;
}

// Cron has another environment than the terminal.
TEST_F(FirstRun, WhatTheEnvironmentSaysOfTheHostIsKept) {
  const fs::path key = site_.site.folder() / "keys" / "mine.key";
  fs::create_directory(key.parent_path());
  ::chmod(key.parent_path().c_str(), 0700);
  std::vector<std::string> with_proxy = command();
  with_proxy.emplace_back("-ep");
  Pty terminal(with_proxy, variables({{"TQHOST_SECRETS_KEY_FILE", key.string()},
                                      {"TQHOST_PROXY_URL", "http://u:pw-0815@127.0.0.1:9"},
                                      {"TQHOST_ALLOW_PLAIN_HTTP", "true"}}));
  terminal.answer("ThreatQ Host: ", host());
  answer_the_rest(terminal);
  ASSERT_EQ(terminal.wait().exit_status, 0) << terminal.shown();
  const Json written = Json::parse(read_text(file()));
  EXPECT_EQ(written.at("secrets").at("key_file"), key.string());
  EXPECT_EQ(written.at("proxy"), Json({{"url", "http://u:pw-0815@127.0.0.1:9"}}));
  EXPECT_EQ(written.at("allow_plain_http"), true);
  EXPECT_EQ(written.at("plugins_dir"), site_.site.plugins().string());
  EXPECT_EQ(written.at("state_dir"), "cb-edr.state");
  EXPECT_FALSE(written.at("instances").at(0).contains("external_proxy")) << "-ep is of one run";
  const Ended by_cron = run_program(command(), {});
  EXPECT_EQ(by_cron.exit_status, 0) << by_cron.out << by_cron.err;
}

TEST_F(FirstRun, ASecondOneAtTheSameTimeIsTold) {
  Pty first(command(), variables());
  first.expect("ThreatQ Host: ");
  Pty second(command(), variables());
  EXPECT_EQ(second.wait().exit_status, 1);
  EXPECT_THAT(second.shown(), HasSubstr("cb-edr is being configured by process "));
  first.control_c();
  EXPECT_EQ(first.wait().exit_status, 1);
}

TEST_F(FirstRun, AnEmptyHostIsWhatThePlatformSets) {
  Pty terminal(command(), variables({{"TQHOST_THREATQ_HOST", host()}}));
  terminal.answer("ThreatQ Host: ", "");
  answer_the_rest(terminal);
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_EQ(ended.out, transcript(""));
  EXPECT_EQ(Json::parse(read_text(file())).at("threatq").at("host"), host());
}

TEST_F(FirstRun, AnEmptyHostThatNothingSetsIsAnError) {
  const Snapshot before = snapshot_of(site_.site.folder());
  Pty terminal(command(), variables());
  terminal.answer("ThreatQ Host: ", "");
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.out, EndsWith("tqhost: ThreatQ Host is empty and nothing sets it here\r\n"));
  EXPECT_EQ(snapshot_of(site_.site.folder()), before);
}

TEST_F(FirstRun, ControlCLeavesTheFolderAsItWas) {
  const Snapshot before = snapshot_of(site_.site.folder());
  Pty terminal(command(), variables());
  terminal.answer("ThreatQ Host: ", host());
  terminal.answer("ThreatQ Client ID: ", kClientId);
  terminal.answer("ThreatQ Username: ", kUser);
  terminal.expect("ThreatQ Password: ");
  terminal.control_c();
  EXPECT_EQ(terminal.wait().exit_status, 1);
  EXPECT_TRUE(terminal.echoes());
  EXPECT_EQ(snapshot_of(site_.site.folder()), before);
}

}  // namespace
}  // namespace e2e
