// SPDX-License-Identifier: Apache-2.0
// What an operator asks in between: why, status, logs; and the end of an instance.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>
#include <thread>

#include "e2e/expected.hpp"
#include "e2e/form_site.hpp"
#include "e2e/pty.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

SiteOptions of_values() {
  SiteOptions options;
  options.threatq = {"--generate",   "300",       "--seed",       "5",
                     "--collection", "Crimeware", "--collection", "Phishing=FQDN"};
  return options;
}

class Why : public testing::Test {
 protected:
  Why() {
    site_.settings()["data_collections"] = {"Crimeware", "Phishing"};
    site_.write_config();
  }
  std::string why(const std::string& value) {
    const Ended ended = site_.tqhost({"why", "cb-prod", value});
    EXPECT_EQ(ended.exit_status, 0) << ended.err;
    return ended.out;
  }
  // A value that stands in the feed.
  std::string sent(const std::string& field) {
    const auto feeds = site_.feeds();
    for (const std::string& entry : values_of(feeds.at("ThreatQ")))
      if (entry.rfind(field + " ", 0) == 0) return entry.substr(field.size() + 1);
    return {};
  }

  Site site_{of_values()};
};

TEST_F(Why, TellsReportAndIocOfWhatWasSent) {
  EXPECT_THAT(why("www.example.com"), HasSubstr("holds no such indicator"));
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  const std::string domain = sent("netconn_domain");
  const std::string answer = why(domain);
  EXPECT_THAT(answer, AllOf(HasSubstr("becomes netconn_domain \"" + domain + "\""),
                            HasSubstr("Collection \"Crimeware\": indicator "),
                            HasSubstr("Collection \"Phishing\": indicator ")));
  std::smatch match;
  ASSERT_TRUE(
      std::regex_search(answer, match, std::regex("in report ([0-9a-f-]{36}) as IOC (tq-\\d+)")));
  const auto feeds = site_.feeds();
  const Json report = feeds.at("ThreatQ").at(match[1].str());
  EXPECT_THAT(report.dump(), HasSubstr("\"" + match[2].str() + "\""));
  EXPECT_EQ(site_.unknown_leaves(), Json::array()) << "the leaf of a value";
}

TEST_F(Why, NamesTheRuleThatLeavesAValueOut) {
  EXPECT_THAT(why("http://bad.example.com/x?y=1"), Not(HasSubstr("sent in")));
  EXPECT_THAT(why(std::string(31, 'a')), HasSubstr("not an MD5 (32 hex digits)"));
  const Ended sha1 = site_.tqhost({"why", "cb-prod", std::string(40, 'a'), "--type", "SHA-1"});
  EXPECT_THAT(sha1.out, HasSubstr("type SHA-1 is not exported"));
}

TEST_F(Why, TellsWhatTheRemoteAnsweredWhenItRefused) {
  // The service refuses the whole, then one of the reports.
  site_.cbc().fault(
      R"({"match": {"method": "POST", "path": "/reports$"}, "action": {"status": 413}})");
  site_.cbc().fault(
      R"({"match": {"method": "PUT", "holds": "process_hash"}, "action": {"status": 400}})");
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 3);
  const auto feeds = site_.feeds();
  const std::multiset<std::string> stands = values_of(feeds.at("ThreatQ"));
  std::string refused;
  for (const std::string& entry : expected_values(site_))
    if (stands.count(entry) == 0) refused = entry.substr(entry.find(' ') + 1);
  ASSERT_FALSE(refused.empty());
  const std::string answer = why(refused);
  EXPECT_THAT(answer, HasSubstr("in doubt"));
  EXPECT_THAT(answer, ContainsRegex("the remote refused report [0-9a-f-]{36}: "));
}

TEST_F(Why, AnswersWhileARunGoesOn) {
  site_.cbc().fault(R"({"match": {"method": "POST"}, "action": {"delay_ms": 3000}})");
  Running run(site_.command({"run-once"}), {});
  for (int i = 0; i < 100 && !std::filesystem::exists(site_.state() / "cb-prod" / "run.json"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(why("www.example.com"), HasSubstr("holds no such indicator"));
  EXPECT_EQ(run.wait().exit_status, 0);
}

TEST_F(Why, BeforeTheFirstRunItTakesNoLeaseAndLeavesNoState) {
  EXPECT_THAT(why("www.example.com"), HasSubstr("Nothing of this instance stands in"));
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "cb-prod" / "state.db"));
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "cb-prod" / "state.db.lock"));
}

TEST_F(Why, SaysWhichHalfIsMissingAndEndsWithOne) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  const std::string domain = sent("netconn_domain");
  site_.cbc().fault(
      R"({"match": {"method": "GET", "path": "/reports/"}, "action": {"status": 403}})");
  Ended ended = site_.tqhost({"why", "cb-prod", domain});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.out, ContainsRegex("belongs to report [0-9a-f-]{36}, last written with"));
  EXPECT_THAT(ended.err, HasSubstr("the answer lacks what stands in Carbon Black Cloud"));

  site_.threatq().stop();
  ended = site_.tqhost({"why", "cb-prod", domain});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("becomes netconn_domain \"" + domain + "\""),
                               HasSubstr("Collection \"Crimeware\" cannot be read"),
                               HasSubstr("The state keeps no values")));
  EXPECT_THAT(ended.err, HasSubstr("the answer lacks what ThreatQ holds in \"Crimeware\""));
}

class Status : public testing::Test {
 protected:
  Site site_{of_values()};
};

TEST_F(Status, TellsHowTheLastRunWent) {
  Ended status = site_.tqhost({"status"});
  EXPECT_EQ(status.exit_status, 0);
  EXPECT_THAT(status.out, AllOf(HasSubstr("cb-prod"), HasSubstr("never ran")));

  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  status = site_.tqhost({"status", "cb-prod"});
  EXPECT_EQ(status.exit_status, 0);
  EXPECT_THAT(status.out, AllOf(HasSubstr("done"), ContainsRegex("last success [0-9]+ s ago"),
                                ContainsRegex("skipped .*type URL"), HasSubstr(" sent")));

  site_.settings()["api_secret_key"] = "AAAAAAAAAAAAAAAAAAAAAAAA";
  site_.write_config();
  ASSERT_EQ(site_.tqhost({"run-once", "--full"}).exit_status, 1);
  status = site_.tqhost({"status"});
  EXPECT_EQ(status.exit_status, 1);
  EXPECT_THAT(status.out, AllOf(HasSubstr("needs_attention"), HasSubstr("check both")));
  const Json json = Json::parse(site_.tqhost({"status", "--json"}).out).at("instances").at(0);
  EXPECT_EQ(json.at("well"), false);
  EXPECT_EQ(json.at("error").at("status"), "E_AUTH");
  EXPECT_TRUE(json.at("last_success").is_string());
}

TEST_F(Status, OfAWorkerThatIsGoneWithoutAWord) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  Json record = site_.run_record();
  record["state"] = "running";
  record["pid"] = 1 << 30;  // no such process
  std::ofstream(site_.state() / "cb-prod" / "run.json") << record.dump();
  const Ended status = site_.tqhost({"status"});
  EXPECT_EQ(status.exit_status, 1);
  EXPECT_THAT(status.out, AllOf(HasSubstr("died"), HasSubstr("the next run goes on")));
}

TEST_F(Status, WarnsOfAScheduleThatIsTooOften) {
  site_.instance()["schedule"] = "every 30m";
  site_.write_config();
  EXPECT_THAT(site_.tqhost({"status"}).out, HasSubstr("every 30m"));
  EXPECT_THAT(site_.tqhost({"check"}).err, HasSubstr("every 30m"));
  EXPECT_EQ(site_.tqhost({"run-once"}).exit_status, 0) << "a warning, no refusal";
}

TEST_F(Status, AScheduleThatIsNoneIsToldByCheck) {
  site_.instance()["schedule"] = "every fortnight";
  site_.write_config();
  const Ended check = site_.tqhost({"check"});
  EXPECT_EQ(check.exit_status, 2);
  EXPECT_THAT(check.err, AllOf(HasSubstr("cb-prod: schedule"), HasSubstr("every 2h"),
                               HasSubstr("all else that check looks at is good\n")));
  EXPECT_THAT(check.out + check.err, Not(HasSubstr("passed")));
  Json other = site_.instance();
  other["name"] = "z-other";
  other.erase("schedule");
  other["config"]["feed_name"] = "Other";
  site_.config["instances"].push_back(other);
  site_.write_config();
  const Ended both = site_.tqhost({"check"});
  EXPECT_EQ(both.exit_status, 2);
  EXPECT_THAT(both.out, HasSubstr("z-other: check passed"));
  EXPECT_THAT(both.err, testing::EndsWith("tqhost: the check failed for cb-prod\n"));
  site_.config["instances"].erase(1);
  site_.write_config();
  EXPECT_EQ(site_.tqhost({"run-once"}).exit_status, 0) << "by hand it runs all the same";
}

TEST_F(Status, LogsAreShownAndFollowed) {
  EXPECT_THAT(site_.tqhost({"logs", "cb-prod"}).err, HasSubstr("has no log yet"));
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  const Ended tail = site_.tqhost({"logs", "cb-prod", "-n", "2"});
  EXPECT_EQ(std::count(tail.out.begin(), tail.out.end(), '\n'), 2);
  EXPECT_THAT(tail.out, HasSubstr("run.ended"));

  // A rotation in between: the old file goes away, a new one takes its name.
  const auto log = site_.state() / "logs" / "cb-prod.log";
  Pty follow(site_.command({"logs", "-f", "cb-prod", "-n", "1"}), {});
  follow.expect("run.ended");
  std::ofstream(log, std::ios::app) << "before the rotation\n";
  follow.expect("before the rotation");
  std::filesystem::rename(log, log.string() + ".1");
  std::ofstream(log) << "after the rotation\n";
  follow.expect("after the rotation");
  std::ofstream(log) << "emptied\n";  // the same file, shorter than before
  follow.expect("emptied");
  follow.control_c();
  EXPECT_EQ(follow.wait(10).signal, SIGINT);
}

TEST_F(Status, LogsAreWhereTheLastRunWroteThem) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  const auto elsewhere = site_.folder() / "elsewhere.log";
  std::filesystem::rename(site_.state() / "logs" / "cb-prod.log", elsewhere);
  Json record = site_.run_record();
  record["log"] = elsewhere.string();
  std::ofstream(site_.state() / "cb-prod" / "run.json") << record.dump();
  EXPECT_THAT(site_.tqhost({"logs", "cb-prod"}).out, HasSubstr("run.ended"));
  EXPECT_THAT(site_.tqhost({"status", "cb-prod"}).out, HasSubstr(elsewhere.string()));
  std::filesystem::remove(elsewhere);
  EXPECT_THAT(site_.tqhost({"logs", "cb-prod"}).err,
              HasSubstr(elsewhere.string() + ", where its last run wrote, does not exist"));
}

TEST_F(Status, IsNotWellWhenTheLastSuccessIsOld) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  Json record = site_.run_record();
  record["last_success"] = "2025-01-01T00:00:00.000Z";
  std::ofstream(site_.state() / "cb-prod" / "run.json") << record.dump();
  const Ended own = site_.tqhost({"status"});
  EXPECT_EQ(own.exit_status, 1) << "its plugin has a schedule of its own";
  EXPECT_THAT(own.out, HasSubstr("the plugin's own, and no supervisor keeps it"));
  site_.instance()["schedule"] = "every 2h";
  site_.write_config();
  const Ended status = site_.tqhost({"status"});
  EXPECT_EQ(status.exit_status, 1);
  EXPECT_THAT(status.out, HasSubstr("no run has succeeded for"));
}

TEST_F(Status, OfARunWhoseCallerClosedEverything) {
  const std::vector<std::string> words = site_.command({"run-once", "cb-prod"});
  std::string line = "exec";
  for (const std::string& word : words) line += " '" + word + "'";
  const Ended ended = run_program({"/bin/sh", "-c", line + " <&- >&- 2>&-"});
  EXPECT_EQ(ended.exit_status, 0) << site_.log();
  EXPECT_EQ(site_.run_record().at("state"), "done");
}

class Removal : public testing::Test {
 protected:
  Site site_{of_values()};
};

TEST_F(Removal, NeedsAYesAndForgetsEverything) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  EXPECT_EQ(site_.tqhost({"instance", "remove", "cb-prod"}).exit_status, 2);
  const Ended removed = site_.tqhost({"instance", "remove", "cb-prod", "--yes"});
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_THAT(removed.out, HasSubstr("still configured in"));
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "cb-prod"));
  EXPECT_EQ(site_.feeds().size(), 1u) << "nothing was said about the remote";
}

TEST_F(Removal, CanDeleteWhatWasMadeAtTheRemote) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  ASSERT_EQ(site_.feeds().size(), 1u);
  const Ended removed = site_.tqhost({"instance", "remove", "cb-prod", "--purge-remote", "--yes"});
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_THAT(site_.feeds(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "cb-prod"));
}

TEST_F(Removal, KeepsTheInstanceWhenTheRemoteRefuses) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  site_.cbc().fault(R"({"match": {"method": "DELETE"}, "action": {"status": 403}})");
  const Ended refused = site_.tqhost({"instance", "remove", "cb-prod", "--purge-remote", "--yes"});
  EXPECT_NE(refused.exit_status, 0);
  EXPECT_THAT(refused.err, HasSubstr("is not removed"));
  EXPECT_TRUE(std::filesystem::exists(site_.state() / "cb-prod" / "state.db"));
}

TEST_F(Removal, KeepsTheInstanceWhenItIsStoppedInBetween) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  site_.cbc().fault(R"({"match": {"method": "GET"}, "action": {"delay_ms": 5000}})");
  Running removal(site_.command({"instance", "remove", "cb-prod", "--purge-remote", "--yes"}), {});
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  removal.send_signal(SIGTERM);
  EXPECT_NE(removal.wait(60).exit_status, 0);
  EXPECT_TRUE(std::filesystem::exists(site_.state() / "cb-prod" / "state.db"));
}

TEST_F(Removal, NeedsNoThreatq) {
  ASSERT_EQ(site_.tqhost({"run-once"}).exit_status, 0);
  site_.threatq().stop();
  const Ended removed = site_.tqhost({"instance", "remove", "cb-prod", "--purge-remote", "--yes"});
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_THAT(site_.feeds(), IsEmpty());
}

class FormedRemoval : public Formed {
 protected:
  Ended remove_instance() {
    return site_.tqhost({"instance", "remove", "cb-edr", "--purge-remote", "--yes"});
  }
  void delete_record() {
    site_.threatq().change(Json{{"connector", {{"name", kRecord}, {"delete", true}}}}.dump());
  }
};

TEST_F(FormedRemoval, GoesByTheLastGoodValuesWhenTheRecordIsGone) {
  fill_in_and_switch_on();
  ASSERT_EQ(run().exit_status, 0);
  ASSERT_EQ(site_.feeds().size(), 1u);
  delete_record();
  const Ended removed = remove_instance();
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_THAT(removed.err, HasSubstr("the last good values of the form are used"));
  EXPECT_THAT(site_.feeds(), IsEmpty());
}

TEST_F(FormedRemoval, OfAnInstanceThatNeverRanIsANote) {
  const Ended removed = remove_instance();
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_THAT(removed.err, HasSubstr("no run has made anything at the remote"));
}

// The worker's id that `--debugger` prints.
pid_t waiting_worker(int fd) {
  std::string text;
  char c = 0;
  while (text.find("waits for a debugger") == std::string::npos && ::read(fd, &c, 1) == 1)
    text += c;
  const size_t at = text.find("worker ");
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 7);
}

TEST(Debugger, IsWaitedForAndThenTheRunGoesOn) {
  Site site(of_values());
  // Long enough for the debugger to leave before the run is over.
  site.cbc().fault(R"({"match": {"method": "GET"}, "action": {"delay_ms": 2000}})");
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const std::vector<std::string> words = site.command({"run-once", "cb-prod", "--debugger"});
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::dup2(fds[1], STDERR_FILENO);
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(fds[1]);
  const pid_t worker = waiting_worker(fds[0]);
  ASSERT_GT(worker, 0);
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, worker, nullptr, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, worker, nullptr, nullptr), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(worker, &status, __WALL), worker);
  ::ptrace(PTRACE_CONT, worker, nullptr, nullptr);
  for (int i = 0; i < 100 && site.log().find("run.started") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, worker, nullptr, nullptr), 0);
  ASSERT_EQ(::waitpid(worker, &status, __WALL), worker);
  ASSERT_EQ(::ptrace(PTRACE_DETACH, worker, nullptr, nullptr), 0);
  ::close(fds[0]);
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  EXPECT_EQ(WEXITSTATUS(status), 0) << site.log();
  EXPECT_EQ(site.feeds().size(), 1u);
}

}  // namespace
}  // namespace e2e
