// SPDX-License-Identifier: Apache-2.0
// A plugin that prints, dies, and needs no ThreatQ but for its form.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>

#include "e2e/pty.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class NoisyPlugin : public testing::Test {
 protected:
  NoisyPlugin() {
    site_.drop_noisy();
    site_.config["instances"] = {
        {{"name", "noisy"}, {"plugin", "noisy"}, {"config", Json::object()}}};
    site_.write_config();
  }
  Ended run() { return site_.tqhost({"run-once", "noisy"}); }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "10"};
    return options;
  }()};
};

TEST_F(NoisyPlugin, WhatItPrintsIsInItsLog) {
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(site_.log("noisy"), AllOf(HasSubstr("plugin.output hello on standard output"),
                                        HasSubstr("plugin.output hello on standard error")));
  EXPECT_THAT(ended.out + ended.err, Not(HasSubstr("on standard")));
}

TEST_F(NoisyPlugin, LastWordsOfAWorkerThatDiesAreInItsLog) {
  site_.instance()["config"]["dies"] = true;
  site_.write_config();
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, HasSubstr("was ended by signal 6"));
  EXPECT_THAT(site_.log("noisy"), HasSubstr("plugin.output these are my last words"));
  EXPECT_EQ(site_.run_record("noisy").at("state"), "died");
}

TEST_F(NoisyPlugin, LastWordsHideTheSecretsOfTheirWorker) {
  site_.instance()["config_source"] = "threatq";
  site_.write_config();
  ASSERT_EQ(run().exit_status, 0);
  const Json values = {{"greeting", std::string("it is ") + kPassword}, {"dies", true}};
  site_.threatq().change(
      Json{{"connector", {{"name", "Noisy"}, {"is_active", true}, {"values", values}}}}.dump());
  const Ended ended = run();
  EXPECT_THAT(ended.err, HasSubstr("was ended by signal 6"));
  EXPECT_THAT(site_.log("noisy"),
              AllOf(HasSubstr("these are my last words: it is ***"), Not(HasSubstr(kPassword))));
}

TEST_F(NoisyPlugin, WaitingForADebuggerCanBeStopped) {
  Pty waiting(site_.command({"run-once", "noisy", "--debugger"}), {});
  waiting.expect("waits for a debugger");
  waiting.control_c();
  waiting.expect("stopped as asked before a debugger came");
  EXPECT_EQ(waiting.wait(30).exit_status, 130);
}

TEST_F(NoisyPlugin, ThatIsInUseNamesWhoReallyHoldsIt) {
  ASSERT_EQ(run().exit_status, 0);
  // As a run leaves it whose machine lost its power.
  Json record = site_.run_record("noisy");
  record["state"] = "running";
  record["pid"] = 4711;
  std::ofstream(site_.state() / "noisy" / "run.json") << record.dump();
  const auto lease = site_.state() / "noisy" / "state.db.lock";
  std::ofstream(lease) << "4712\n";
  const int fd = ::open(lease.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  const Ended busy = run();
  ::close(fd);
  EXPECT_EQ(busy.exit_status, 0) << busy.err;
  EXPECT_THAT(busy.out, AllOf(HasSubstr("noisy is in use by another process (pid 4712)"),
                              Not(HasSubstr("4711"))));
}

TEST_F(NoisyPlugin, ThatCannotBeginLeavesARecord) {
  ASSERT_EQ(run().exit_status, 0);
  std::ofstream(site_.state() / "noisy" / "state.db") << std::string(8192, 'x');
  EXPECT_NE(run().exit_status, 0);
  const Json record = site_.run_record("noisy");
  EXPECT_THAT(record.at("error").at("message").get<std::string>(), HasSubstr("state.db"));
  EXPECT_TRUE(record.at("last_success").is_string());
  EXPECT_EQ(site_.tqhost({"status"}).exit_status, 1);
}

TEST_F(NoisyPlugin, ThatIsMissingIsSeenInStatusAndList) {
  ASSERT_EQ(run().exit_status, 0);
  EXPECT_EQ(site_.tqhost({"list"}).exit_status, 0);
  std::filesystem::resize_file(site_.plugins() / "noisy.so", 4096);
  EXPECT_THAT(site_.tqhost({"status"}).out, HasSubstr("goes on from the copy"));
  for (const char* command : {"status", "list"}) {
    const Ended ended = site_.tqhost({command});
    EXPECT_EQ(ended.exit_status, 0) << command << ": the copy of the good file goes on";
    EXPECT_THAT(ended.err, HasSubstr("noisy.so is refused")) << command;
  }
  std::filesystem::remove_all(site_.state() / "plugins");
  for (const char* command : {"status", "list"}) {
    const Ended ended = site_.tqhost({command});
    EXPECT_EQ(ended.exit_status, 1) << command;
    EXPECT_THAT(ended.out, HasSubstr("noisy.so")) << command;
  }
}

TEST_F(NoisyPlugin, RunsWithTheLastGoodValuesWhileThreatqIsAway) {
  site_.instance()["config_source"] = "threatq";
  site_.write_config();
  ASSERT_EQ(run().exit_status, 0);
  site_.threatq().change(
      R"({"connector": {"name": "Noisy", "is_active": true, "values": {"greeting": "typed in the UI"}}})");
  ASSERT_EQ(run().exit_status, 0);
  EXPECT_THAT(site_.log("noisy"), HasSubstr("typed in the UI on standard output"));

  site_.threatq().stop();
  std::filesystem::remove(site_.state() / "logs" / "noisy.log");
  const Ended away = run();
  EXPECT_EQ(away.exit_status, 0) << away.err;
  EXPECT_THAT(site_.log("noisy"), AllOf(HasSubstr("the last good values of the form are used"),
                                        HasSubstr("typed in the UI on standard output")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(site_.state() / "noisy"))
    if (entry.is_regular_file()) {
      EXPECT_THAT(read_text(entry.path()), Not(HasSubstr("typed in the UI"))) << entry.path();
    }
}

TEST_F(NoisyPlugin, ASwitchThatWasOffStaysOffWhileThreatqIsAway) {
  site_.instance()["config_source"] = "threatq";
  site_.write_config();
  const auto switch_to = [&](bool on) {
    site_.threatq().change(Json{{"connector", {{"name", "Noisy"}, {"is_active", on}}}}.dump());
  };
  ASSERT_EQ(run().exit_status, 0);
  switch_to(true);
  ASSERT_THAT(run().out, HasSubstr("done:"));
  switch_to(false);
  ASSERT_EQ(run().exit_status, 0);
  site_.threatq().stop();
  const Ended away = run();
  EXPECT_EQ(away.exit_status, 0) << away.err;
  EXPECT_THAT(away.out, HasSubstr("is disabled in ThreatQ"));
}

TEST_F(NoisyPlugin, WithoutEverHavingSeenTheFormItCannotRunWhileThreatqIsAway) {
  site_.instance()["config_source"] = "threatq";
  site_.write_config();
  site_.threatq().stop();
  const Ended away = run();
  EXPECT_EQ(away.exit_status, 1);
  EXPECT_THAT(away.err, HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace e2e
