// SPDX-License-Identifier: Apache-2.0
// What an operator does to a supervisor and around it: a signal twice, a configuration that is
// broken, files that he moves or deletes, a console that nobody reads, a disk that is full.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Operating : public testing::Test {
 protected:
  void start(const e2e::Variables& variables = {}) {
    site_.write_config();
    site_.drop("unruly");
    site_.drop("steady");
    site_.start({}, variables);
  }
  void start_listening() {
    site_.add_listener("ears");
    start();
    ASSERT_TRUE(site_.comes_to("ears", "running"));
  }
  void break_config() { std::ofstream(config_file(), std::ios::app) << "{"; }
  bool log_has(const std::string& text) {
    return ForeverSite::eventually(
        [&] { return site_.log("tqhost").find(text) != std::string::npos; });
  }
  std::string state_told(const std::string& name) const {
    const Json answer = site_.ask({{"command", "status"}, {"instance", name}});
    if (!answer.is_object() || !answer.contains("instances")) return "no answer";
    return answer["instances"].empty() ? "unknown" : answer["instances"][0].value("state", "");
  }
  // Its plugin may not have been taken yet.
  bool is_told(const std::string& name, const std::string& state) const {
    return ForeverSite::eventually([&] { return state_told(name) == state; });
  }
  std::vector<std::string> console_lines() const {
    std::ifstream in(site_.console);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  fs::path config_file() const { return site_.folder() / "tqhost.json"; }
  fs::path socket() const { return site_.state() / "control.sock"; }

  ForeverSite site_;
};

TEST_F(Operating, TheEchoOfASignalIsNotASecondOne) {
  site_.add("deaf", "hang", "every 24h");
  start();
  ASSERT_TRUE(site_.comes_to("deaf", "waiting"));
  ASSERT_EQ(site_.tqhost({"trigger", "deaf"}).exit_status, 0);
  ASSERT_TRUE(ForeverSite::eventually([&] { return site_.count("deaf", "begin") == 1; }));
  const auto before = std::chrono::steady_clock::now();
  site_.supervisor().send_signal(SIGTERM);
  ASSERT_TRUE(log_has("asked to end"));
  site_.supervisor().send_signal(SIGTERM);
  if (std::chrono::steady_clock::now() - before > std::chrono::milliseconds(900))
    GTEST_SKIP() << "this machine is too slow for two signals within a second";
  EXPECT_EQ(state_told("deaf"), "draining") << "it is given its time";
  EXPECT_THAT(site_.log("tqhost"), Not(HasSubstr("second time")));
  ::usleep(1'200'000);
  site_.supervisor().send_signal(SIGTERM);
  EXPECT_EQ(site_.wait_for_end(30).exit_status, 0);
}

TEST_F(Operating, ReloadWaitsAndSaysWhatIsWrong) {
  start_listening();
  break_config();
  const e2e::Ended broken = site_.tqhost({"reload"});
  EXPECT_EQ(broken.exit_status, 2);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("tqhost.json"), HasSubstr("goes on with")));
  EXPECT_EQ(site_.count("ears", "end"), 0u);

  site_.add("new", "work", "every 24h");
  site_.write_config();
  const e2e::Ended good = site_.tqhost({"reload"});
  EXPECT_EQ(good.exit_status, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("2 instances"));
  EXPECT_TRUE(is_told("new", "waiting"));
}

TEST_F(Operating, ReloadSaysThatNobodyRuns) {
  site_.write_config();
  const e2e::Ended ended = site_.tqhost({"reload"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, HasSubstr("no supervisor runs"));
}

TEST_F(Operating, ABrokenFileKeepsNobodyFromTheSupervisor) {
  start_listening();
  break_config();
  const e2e::Ended status = site_.tqhost({"status"});
  EXPECT_EQ(status.exit_status, 2) << "the file is to be mended";
  EXPECT_THAT(status.err, HasSubstr("tqhost.json"));
  EXPECT_THAT(status.out, AllOf(HasSubstr("ears"), HasSubstr("running")));
  const Json json = Json::parse(site_.tqhost({"status", "--json"}).out, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["instances"][0]["state"], "running");
  EXPECT_TRUE(json.contains("configuration_error"));

  const e2e::Ended stopped = site_.tqhost({"stop", "ears"});
  EXPECT_EQ(stopped.exit_status, 0) << stopped.err;
  EXPECT_EQ(site_.count("ears", "end"), 1u);
}

TEST_F(Operating, ARemovedInstanceIsGoneThereToo) {
  site_.write_config();
  fs::create_directory(site_.folder() / "instances.d");
  std::ofstream(site_.folder() / "instances.d" / "extra.json")
      << R"({"name": "extra", "plugin": "unruly", "schedule": "every 24h",
             "config": {"journal": "/dev/null", "does": "work"}})";
  start();
  ASSERT_TRUE(is_told("extra", "waiting"));
  const e2e::Ended removed = site_.tqhost({"instance", "remove", "extra", "--yes"});
  EXPECT_EQ(removed.exit_status, 0) << removed.err;
  EXPECT_EQ(state_told("extra"), "unknown");
  EXPECT_FALSE(fs::exists(site_.state() / "extra"));
  site_.stop();
  EXPECT_FALSE(fs::exists(site_.state() / "extra"));
}

TEST_F(Operating, ASecretThatIsSetAnewReachesWhoNamesIt) {
  site_.add_listener("ears");
  site_.instance("ears")["threatq"] = {{"host", "tq.example.com"},
                                       {"password", {{"secret", "tq"}}}};
  site_.add_listener("others");
  site_.write_config();
  ASSERT_EQ(site_.tqhost({"secret", "set", "tq"}, 60, "sesame").exit_status, 0);
  start();
  ASSERT_TRUE(site_.comes_to("ears", "running"));
  ASSERT_TRUE(site_.comes_to("others", "running"));
  const e2e::Ended set = site_.tqhost({"secret", "set", "tq"}, 60, "open sesame");
  EXPECT_EQ(set.exit_status, 0) << set.err;
  EXPECT_THAT(set.out, HasSubstr("the supervisor has read the configuration again"));
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.count("ears", "ready") == 2; }));
  EXPECT_EQ(site_.count("others", "ready"), 1u);
}

TEST_F(Operating, ADeletedSocketIsMadeAnewAndNobodyIsToldThatNobodyRuns) {
  start_listening();
  fs::remove(socket());
  const e2e::Ended stopped = site_.tqhost({"stop", "ears"});
  EXPECT_EQ(stopped.exit_status, 0) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("ears is stopped"));
  EXPECT_EQ(site_.count("ears", "end"), 1u);
  EXPECT_TRUE(fs::is_socket(socket()));
  EXPECT_TRUE(log_has("control.sock was moved or deleted"));
}

TEST_F(Operating, ADeletedLockGivesNoSecondSupervisor) {
  start();
  const fs::path lock = site_.state() / "supervisor.lock";
  fs::remove(lock);
  ASSERT_TRUE(ForeverSite::eventually([&] { return fs::exists(lock); }));
  const e2e::Ended second = site_.tqhost({"run-forever"});
  EXPECT_NE(second.exit_status, 0);
  EXPECT_THAT(second.err, HasSubstr("another supervisor runs"));
}

TEST_F(Operating, AStateFolderThatIsMovedEndsTheSupervisorAndSaysWhy) {
  start_listening();
  fs::rename(site_.state(), site_.folder() / "moved");
  const e2e::Ended ended = site_.wait_for_end(90);
  EXPECT_EQ(ended.exit_status, 2) << "nothing starts it again by itself";
  EXPECT_THAT(console_lines(),
              testing::Contains(AllOf(HasSubstr("ERROR"), HasSubstr("was moved"))));
  EXPECT_EQ(site_.count("ears", "end"), 1u) << "in order";
  EXPECT_FALSE(fs::exists(site_.state())) << "nothing is made anew in its place";
}

TEST_F(Operating, AConsoleThatNobodyReadsStopsNothing) {
  site_.console = site_.folder() / "fifo";
  ASSERT_EQ(::mkfifo(site_.console.c_str(), 0600), 0);
  const int reader = ::open(site_.console.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const int writer = ::open(site_.console.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  const std::string filling(4096, '.');
  while (::write(writer, filling.data(), filling.size()) > 0) continue;
  ::close(writer);
  site_.add("often", "work", "every 1s");
  start();
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.count("often", "end") >= 3; }));
  EXPECT_EQ(site_.tqhost({"stop", "often"}).exit_status, 0);

  // When somebody reads, what it kept comes.
  std::string got, piece(64 * 1024, '\0');
  const bool told = ForeverSite::eventually([&] {
    for (ssize_t size = 0; (size = ::read(reader, piece.data(), piece.size())) > 0;)
      got.append(piece, 0, static_cast<size_t>(size));
    return got.find("stop often") != std::string::npos;
  });
  EXPECT_TRUE(told) << got;
  EXPECT_EQ(site_.stop().exit_status, 0);
  ::close(reader);
}

TEST_F(Operating, UnderSystemdEachLineSaysHowBadItIs) {
  std::ofstream(site_.console).flush();
  struct stat info {};
  ASSERT_EQ(::stat(site_.console.c_str(), &info), 0);
  site_.add("bad", "attention", "every 24h");
  site_.add("away", "transient", "every 24h");
  start({{"JOURNAL_STREAM", std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino)}});
  ASSERT_TRUE(site_.comes_to("bad", "waiting"));
  ASSERT_TRUE(site_.comes_to("away", "waiting"));
  ASSERT_EQ(site_.tqhost({"trigger", "bad"}).exit_status, 0);
  ASSERT_EQ(site_.tqhost({"trigger", "away"}).exit_status, 0);
  ASSERT_TRUE(site_.comes_to("bad", "needs_attention"));
  ASSERT_TRUE(site_.comes_to("away", "backing_off"));
  site_.stop();
  const auto lines = console_lines();
  EXPECT_THAT(lines, Each(testing::ContainsRegex("^<[3-7]>[A-Z]+ ")));
  EXPECT_THAT(lines,
              testing::Contains(StartsWith("<3>ERROR instance.state bad is needs_attention")));
  EXPECT_THAT(lines,
              testing::Contains(StartsWith("<4>WARNING instance.state away is backing_off")));
}

TEST_F(Operating, UnderSystemdARefusalToStartIsAnErrorOfEveryLine) {
  std::ofstream(config_file()) << R"({"nonsense": 1, "also": 2})";
  const fs::path errors = site_.folder() / "errors";
  std::ofstream(errors).flush();
  struct stat info {};
  ASSERT_EQ(::stat(errors.c_str(), &info), 0);
  const std::string journal = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  EXPECT_EQ(site_
                .tqhost_after("export JOURNAL_STREAM=" + journal + "; exec 2>>" + errors.string(),
                              {"run-forever"})
                .exit_status,
            2);
  std::ifstream in(errors);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  EXPECT_THAT(lines, Not(IsEmpty()));
  EXPECT_THAT(lines, Each(StartsWith("<3>tqhost: ")));
}

TEST_F(Operating, TheLogThatWasMovedIsOpenedAnewAtAReload) {
  start();
  const fs::path log = site_.state() / "logs" / "tqhost.log";
  fs::rename(log, site_.state() / "logs" / "kept");
  site_.supervisor().send_signal(SIGHUP);
  EXPECT_TRUE(log_has("the configuration was read again"));
}

TEST_F(Operating, AStopThatCannotBeKeptSaysSo) {
  site_.add("job", "work", "every 24h");
  start();
  ASSERT_TRUE(site_.comes_to("job", "waiting"));
  // What a full disk does, where no rights stop root.
  const fs::path record = site_.state() / "job" / "instance.json";
  fs::remove(record);
  fs::create_directories(record / "in the way");
  const e2e::Ended stopped = site_.tqhost({"stop", "job"});
  EXPECT_EQ(stopped.exit_status, 1);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("job is stopped, but that could not be written"),
                                 HasSubstr("it will run again")));
  EXPECT_EQ(site_.tqhost({"stop", "job"}).exit_status, 1) << "as long as it is so";
  fs::remove_all(record);
  EXPECT_EQ(site_.tqhost({"stop", "job"}).exit_status, 0);
  site_.stop();
  site_.start();
  EXPECT_TRUE(is_told("job", "disabled"));
}

TEST_F(Operating, AFileThatMayNotGrowIsAnErrorAndNoDeath) {
  site_.write_config();
  const e2e::Ended ended = site_.tqhost_after("ulimit -f 0", {"run-forever"});
  EXPECT_EQ(ended.signal, 0);
  EXPECT_NE(ended.exit_status, 0);
  EXPECT_THAT(ended.err, HasSubstr("File too large"));
}

TEST_F(Operating, AResultThatCannotBeWrittenIsAFailureOfEveryCommand) {
  site_.add("job", "work", "every 24h");
  site_.write_config();
  site_.drop("unruly");
  const std::vector<std::vector<std::string>> commands = {
      {"--version"},
      {"--help"},
      {"list"},
      {"list", "--json"},
      {"describe", "unruly"},
      {"schema", "host"},
      {"config", "show"},
      {"stop", "job"},
      {"secret", "check"},
      {"complete", "plugins"},
      {"status"},
      {"schema", "unruly", "--format", "markdown"}};
  for (const auto& command : commands) {
    const e2e::Ended ended = site_.tqhost_after("exec >/dev/full", command);
    EXPECT_EQ(ended.exit_status, 1) << command.front();
    EXPECT_THAT(ended.err, HasSubstr("standard output did not take everything")) << command.front();
  }
}

}  // namespace
}  // namespace forever
