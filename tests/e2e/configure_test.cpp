// SPDX-License-Identifier: Apache-2.0
// `configure` at a terminal, against ThreatQ over TLS: every byte that is shown, and what is left
// behind when a person stops.
#include <signal.h>
#include <unistd.h>

#include <functional>

#include "e2e/configure_site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST_F(Configure, AsksAsInTheGuide) {
  Pty terminal(site_.command({"configure", "cb-edr"}), site_.ca());
  answer(terminal, 5);
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_EQ(ended.out, "ThreatQ Host: " + site_.host() +
                           "\r\n"
                           "ThreatQ Client ID: clientid0123\r\n"
                           "ThreatQ Username: tqhost@example.com\r\n"
                           "ThreatQ Password: \r\n"
                           "Status: Review\r\n"
                           "Connector configured. Set information in UI\r\n");
  EXPECT_TRUE(terminal.echoes());

  const Json written = site_.written();
  EXPECT_EQ(mode_of(site_.instance_file()), 0600u);
  EXPECT_EQ(written, Json({{"name", "cb-edr"},
                           {"plugin", "cb_edr"},
                           {"config_source", "threatq"},
                           {"default_status", "Review"},
                           {"threatq",
                            {{"host", site_.host()},
                             {"client_id", kClientId},
                             {"username", kUser},
                             {"ca_file", site_.threatq().ca_file()},
                             {"password", {{"secret", "cb-edr/threatq/password"}}}}}}))
      << written.dump(2);
  const Json records = site_.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("name"), kRecord);
  EXPECT_EQ(records[0].at("is_active"), false);
  EXPECT_EQ(Json::parse(site_.cbc().requests()).at("list").size(), 0u) << "only ThreatQ was asked";
  expect_no_secret_in_files();
}

// What is asked before the password when a log-in was refused.
void enter_three(Pty& terminal) {
  for (const char* label : {"ThreatQ Host [", "ThreatQ Client ID [", "ThreatQ Username ["})
    terminal.answer(label, "");
}

TEST_F(Configure, WrongAnswersAreAskedAgain) {
  Pty terminal(command(), site_.ca());
  terminal.answer("ThreatQ Host: ", "");
  terminal.expect("a ThreatQ Host is needed");
  terminal.expect("Type ? for help.");
  terminal.answer("ThreatQ Host: ", "?");
  terminal.answer("ThreatQ Host: ", "two words");
  terminal.expect("blanks");
  terminal.answer("ThreatQ Host: ", "http://192.0.2.1");
  terminal.expect("unencrypted");
  terminal.answer("ThreatQ Host: ", "nothing.invalid");
  terminal.expect("host name");
  terminal.answer("ThreatQ Host: ", "127.0.0.1:1");
  terminal.expect("Connection refused");
  terminal.answer("ThreatQ Host: ", site_.host());
  terminal.answer("ThreatQ Client ID: ", "");
  terminal.expect("Client ID is needed");
  terminal.answer("ThreatQ Client ID: ", "?");
  terminal.expect("User Management");
  terminal.answer("ThreatQ Client ID: ", kClientId);
  for (const char* wrong :
       {"", "nobody", "a@b@c", "two words@example.com", "@example.com", "me@"}) {
    terminal.answer("ThreatQ Username: ", wrong);
    terminal.expect("is no e-mail address");
  }
  terminal.answer("ThreatQ Username: ", std::string("  ") + kUser + " ");
  terminal.answer("ThreatQ Password: ", "");
  terminal.expect("a password is needed");
  terminal.answer("ThreatQ Password: ", "wrong-password-1");
  terminal.expect("refused the log-in");
  enter_three(terminal);
  terminal.answer("ThreatQ Password: ", kPassword);
  terminal.answer("Status: ", "Revue");
  terminal.expect("ThreatQ has no status \"Revue\"; it has: ");
  terminal.answer("Status: ", "whitelisted");
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0) << ended.out;
  EXPECT_THAT(ended.out, Not(HasSubstr(kPassword)));
  EXPECT_THAT(ended.out, Not(HasSubstr("wrong-password-1")));
  EXPECT_EQ(site_.written().at("default_status"), "Whitelisted");
  EXPECT_EQ(site_.written().at("threatq").at("username"), kUser);
}

TEST_F(Configure, EmptyStatusIsReview) {
  Pty terminal(command(), site_.ca());
  answer(terminal, 4);
  terminal.answer("Status: ", "");
  EXPECT_EQ(terminal.wait().exit_status, 0);
  EXPECT_EQ(site_.written().at("default_status"), "Review");
}

TEST_F(Configure, ThreeRefusedLogInsAreTheEnd) {
  const Snapshot before = snapshot_of(site_.folder());
  Pty terminal(command(), site_.ca());
  answer(terminal, 3);
  for (int i = 0; i < 3; ++i) {
    if (i > 0) enter_three(terminal);
    terminal.answer("ThreatQ Password: ", "wrong-password-1");
    terminal.expect("refused the log-in");
  }
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.out, HasSubstr("3 refused log-ins, so it is not tried again"));
  EXPECT_THAT(ended.out, Not(HasSubstr("wrong-password-1")));
  EXPECT_EQ(snapshot_of(site_.folder()), before);
}

TEST_F(Configure, AWrongClientIdCanBeMendedAfterwards) {
  Pty terminal(command(), site_.ca());
  terminal.answer("ThreatQ Host: ", site_.host());
  terminal.answer("ThreatQ Client ID: ", "clientid9999");
  terminal.answer("ThreatQ Username: ", kUser);
  terminal.answer("ThreatQ Password: ", kPassword);
  terminal.expect("Any of these may be wrong; Enter keeps what stands in brackets");
  terminal.answer("ThreatQ Host [" + site_.host() + "]: ", "");
  terminal.answer("ThreatQ Client ID [clientid9999]: ", kClientId);
  terminal.answer("ThreatQ Username [tqhost@example.com]: ", "");
  terminal.answer("ThreatQ Password: ", kPassword);
  terminal.answer("Status: ", "");
  EXPECT_EQ(terminal.wait().exit_status, 0) << terminal.shown();
  EXPECT_EQ(site_.written().at("threatq").at("client_id"), kClientId);
}

TEST_F(Configure, StoppedAtAnyPromptNothingHasChanged) {
  const Snapshot before = snapshot_of(site_.folder());
  const std::vector<std::pair<const char*, std::function<void(Pty&)>>> ways = {
      {"control-C", [](Pty& terminal) { terminal.control_c(); }},
      {"control-D", [](Pty& terminal) { terminal.control_d(); }},
      {"SIGTERM", [](Pty& terminal) { terminal.send_signal(SIGTERM); }}};
  for (size_t prompt = 0; prompt < kLabels.size(); ++prompt)
    for (const auto& [name, stop] : ways) {
      SCOPED_TRACE(kLabels[prompt] + name);
      Pty terminal(command(), site_.ca());
      answer(terminal, prompt);
      terminal.expect(kLabels[prompt]);
      EXPECT_EQ(terminal.echoes(), kLabels[prompt] != "ThreatQ Password: ");
      stop(terminal);
      const Ended ended = terminal.wait();
      EXPECT_EQ(ended.exit_status, 1);
      EXPECT_THAT(ended.out, EndsWith("\r\ntqhost: nothing was changed\r\n"));
      EXPECT_TRUE(terminal.echoes());
      EXPECT_EQ(snapshot_of(site_.folder()), before);
    }
  EXPECT_EQ(site_.records().size(), 0u);
}

TEST_F(Configure, ControlZLeavesATerminalThatEchoes) {
  Pty terminal(command(), site_.ca());
  answer(terminal, 3);
  terminal.expect("ThreatQ Password: ");
  ASSERT_FALSE(terminal.echoes());
  terminal.control_z();
  ASSERT_TRUE(terminal.wait_until_stopped()) << terminal.shown();
  EXPECT_TRUE(terminal.echoes());
  terminal.send_signal(SIGCONT);
  terminal.expect("ThreatQ Password: ");
  EXPECT_FALSE(terminal.echoes());
  terminal.enter(kPassword);
  terminal.answer("Status: ", "");
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0) << ended.out;
  EXPECT_THAT(ended.out, Not(HasSubstr(kPassword)));
}

void wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 500 && !condition(); ++i) ::usleep(20'000);
  ASSERT_TRUE(condition());
}

TEST_F(Configure, ControlCEndsALogInThatHangs) {
  const Snapshot before = snapshot_of(site_.folder());
  site_.threatq().fault(R"({"match": {"path": "/api/token"}, "action": {"delay_ms": 30000}})");
  Pty terminal(command(), site_.ca());
  answer(terminal, 4);
  wait_until(
      [&] { return site_.threatq().fault_state().find(R"("applied":1)") != std::string::npos; });
  terminal.control_c();
  const Ended ended = terminal.wait(20);
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.out, HasSubstr("nothing was changed"));
  EXPECT_EQ(snapshot_of(site_.folder()), before);
}

TEST_F(Configure, TheHostFileCountsAsAnswered) {
  site_.config["threatq"] = {{"host", site_.host()},
                             {"client_id", kClientId},
                             {"username", kUser},
                             {"password", kPassword},
                             {"ca_file", site_.threatq().ca_file()}};
  site_.write_config();
  Pty terminal(command(), {});
  terminal.answer("Status: ", "Review");
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.out, "Status: Review\r\n" + std::string(kConfigured) + "\r\n");
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_FALSE(site_.written().contains("threatq")) << "the host file says it all";
}

TEST_F(Configure, AgainItShowsWhatItKnows) {
  configure();
  const Json before = site_.written();
  Pty same(site_.command({"configure", "cb-edr"}), {});
  for (const std::string& label :
       {"ThreatQ Host [" + site_.host() + "]: ", std::string("ThreatQ Client ID [clientid0123]: "),
        std::string("ThreatQ Username [tqhost@example.com]: "),
        std::string("ThreatQ Password [unchanged]: "), std::string("Status [Review]: ")})
    same.answer(label, "");
  EXPECT_EQ(same.wait().exit_status, 0) << same.shown();
  EXPECT_EQ(site_.written(), before);

  Pty other(site_.command({"configure", "cb-edr"}), {});
  other.answer("ThreatQ Host [", "");
  other.answer("ThreatQ Client ID [", "");
  other.answer("ThreatQ Username [", kOtherUser);
  other.answer("ThreatQ Password [unchanged]: ", kOtherPassword);
  other.answer("Status [Review]: ", "Active");
  EXPECT_EQ(other.wait().exit_status, 0) << other.shown();
  EXPECT_EQ(site_.written().at("threatq").at("username"), kOtherUser);
  EXPECT_EQ(site_.written().at("default_status"), "Active");
  EXPECT_EQ(site_.records().size(), 1u);
  const Ended kept = site_.tqhost({"configure", "cb-edr"});
  EXPECT_EQ(kept.exit_status, 0) << "everything is known: " << kept.err;
}

TEST_F(Configure, ACertificateThatNobodySignedCanBeTrusted) {
  Pty terminal(command(), {});
  terminal.answer("ThreatQ Host: ", site_.host());
  terminal.expect("SHA-256");
  terminal.answer("Trust this certificate? [y/N]: ", "");
  terminal.expect("set threatq.ca_file");
  terminal.answer("ThreatQ Host: ", site_.host());
  terminal.answer("Trust this certificate? [y/N]: ", "y");
  const std::vector<std::string> answers = good_answers();
  for (size_t i = 1; i < kLabels.size(); ++i) terminal.answer(kLabels[i], answers[i]);
  const Ended ended = terminal.wait();
  EXPECT_EQ(ended.exit_status, 0) << ended.out;
  const fs::path ca = site_.folder() / "instances.d" / "cb-edr.ca.pem";
  EXPECT_EQ(site_.written().at("threatq").at("ca_file"), ca.string());
  EXPECT_EQ(mode_of(ca), 0600u);
  EXPECT_THAT(read_text(ca), HasSubstr("BEGIN CERTIFICATE"));
  const Ended again = site_.tqhost({"run-once", "cb-edr"});
  EXPECT_EQ(again.exit_status, 0) << "runs trust it, too: " << again.err;
}

}  // namespace
}  // namespace e2e
