// SPDX-License-Identifier: Apache-2.0
// What the supervisor does with jobs and listeners, as an operator sees it.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Supervising : public testing::Test {
 protected:
  void start() {
    site_.write_config();
    site_.drop("unruly");
    site_.drop("steady");
    site_.start();
  }
  // A first run on a schedule comes within a minute; this is sooner.
  void trigger(const std::string& name) {
    ASSERT_TRUE(site_.comes_to(name, "waiting"));
    ASSERT_EQ(site_.tqhost({"trigger", name}).exit_status, 0);
  }
  bool journal_has(const std::string& name, const std::string& word, size_t times = 1,
                   int seconds = 30) {
    return ForeverSite::eventually([&] { return site_.count(name, word) >= times; }, seconds);
  }
  // The supervisor has no process of it, and says that it waits or is not wanted.
  bool without_worker(const std::string& name) {
    return ForeverSite::eventually([&] {
      const Json status = site_.status(name);
      const std::string state = status.value("state", "");
      return (state == "waiting" || state == "disabled") && status.value("pid", -1) == 0;
    });
  }

  ForeverSite site_;
};

TEST_F(Supervising, RunsOnItsScheduleAndDrains) {
  site_.add("often", "work", "every 1s");
  start();
  EXPECT_TRUE(journal_has("often", "end", 3));
  const e2e::Ended ended = site_.stop();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(site_.count("often", "begin"), site_.count("often", "end"));
  EXPECT_EQ(site_.count("often", "DOUBLE"), 0u);
  EXPECT_THAT(site_.processes(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "control.sock"));
}

// Anybody who may write there can put them there, a plugin among them.
TEST_F(Supervising, NamedPipesInPlaceOfItsFilesHoldItNotUp) {
  site_.add("often", "work", "every 1s");
  start();
  ASSERT_TRUE(journal_has("often", "end"));
  const auto own = site_.state() / "often";
  const auto plant = [](const std::filesystem::path& file) {
    // In one step: the supervisor and its workers write these files meanwhile.
    const std::filesystem::path aside = file.string() + ".pipe";
    ASSERT_EQ(::mkfifo(aside.c_str(), 0600), 0) << aside;
    std::filesystem::rename(aside, file);
  };
  for (const char* name : {"run.json", "metrics.json", "verify.json", "instance.json",
                           "instance.json.draft", "form.sealed"})
    plant(own / name);
  plant(site_.plugins() / "other.so");
  EXPECT_TRUE(journal_has("often", "end", site_.count("often", "end") + 2));
  const auto file = site_.folder() / "tqhost.json";
  std::filesystem::rename(file, site_.folder() / "aside.json");
  plant(file);
  site_.supervisor().send_signal(SIGHUP);
  EXPECT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("is not a regular file") != std::string::npos; }));
  EXPECT_TRUE(site_.ask({{"command", "status"}}).is_object());
  std::filesystem::rename(site_.folder() / "aside.json", file);
  EXPECT_EQ(site_.tqhost({"trigger", "often"}).exit_status, 0);
  EXPECT_TRUE(journal_has("often", "end", site_.count("often", "end") + 2));
  EXPECT_EQ(site_.stop().exit_status, 0);
}

TEST_F(Supervising, TriggerRunsNowAndPassesTheBrakeOn) {
  site_.add("seldom", "work", "every 24h");
  site_.add("never", "work", "");
  start();
  ASSERT_TRUE(site_.comes_to("never", "waiting"));
  EXPECT_THAT(site_.status("never").at("reason").get<std::string>(), HasSubstr("no schedule"));
  EXPECT_EQ(site_.tqhost({"trigger", "never", "--full"}).exit_status, 0);
  EXPECT_TRUE(journal_has("never", "full"));
  EXPECT_TRUE(site_.comes_to("never", "waiting"));
  EXPECT_EQ(site_.tqhost({"trigger", "never"}).exit_status, 0);
  EXPECT_TRUE(journal_has("never", "end", 2));
  EXPECT_EQ(site_.count("never", "full"), 1u);
}

TEST_F(Supervising, AWorkerThatDiesLeavesARecordAndFailsAfterSoMany) {
  site_.config["limits"] = {{"deaths", 2}};
  site_.add("bad", "crash", "every 24h");
  site_.add("good", "work", "every 1s");
  start();
  trigger("bad");
  ASSERT_TRUE(site_.comes_to("bad", "failed", 60));
  const Json bad = site_.status("bad");
  EXPECT_THAT(
      bad.at("reason").get<std::string>(),
      AllOf(HasSubstr("died 2 times"), HasSubstr("signal 6"), HasSubstr("tqhost start bad")));
  ASSERT_THAT(bad.at("deaths"), SizeIs(2));
  EXPECT_EQ(bad.at("deaths")[0].at("signal"), 6);
  EXPECT_FALSE(bad.at("deaths")[0].at("last_lines").empty());
  EXPECT_TRUE(journal_has("good", "end", site_.count("good", "end") + 1));

  // It stays so over a restart of the supervisor, and a person's word ends it.
  site_.stop();
  site_.start();
  ASSERT_TRUE(site_.comes_to("bad", "failed"));
  EXPECT_EQ(site_.count("bad", "begin"), 2u);
  site_.instance("bad")["config"]["does"] = "work";
  site_.write_config();
  site_.supervisor().send_signal(SIGHUP);
  EXPECT_TRUE(journal_has("bad", "end")) << "new settings are a reason to try again";
}

TEST_F(Supervising, TheCallInFlightStandsInTheDeathRecord) {
  site_.add("slow", "work", "every 24h", 600'000);
  start();
  trigger("slow");
  ASSERT_TRUE(journal_has("slow", "begin"));
  ASSERT_TRUE(site_.comes_to("slow", "running"));
  const int pid = site_.status("slow").at("pid").get<int>();
  ASSERT_GT(pid, 1);
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(ForeverSite::eventually([&] {
    return site_.status("slow").contains("deaths") && !site_.status("slow").at("deaths").empty();
  }));
  const Json death = site_.status("slow").at("deaths")[0];
  EXPECT_EQ(death.at("signal"), 9);
  EXPECT_EQ(death.at("call"), "run.sleep_ms");
}

TEST_F(Supervising, StopStaysStoppedOverARestart) {
  site_.add_listener("ears");
  start();
  ASSERT_TRUE(site_.comes_to("ears", "running"));
  const e2e::Ended stopped = site_.tqhost({"stop", "ears"});
  EXPECT_EQ(stopped.exit_status, 0) << stopped.err;
  EXPECT_EQ(site_.count("ears", "end"), 1u) << "it waits until it has drained";
  EXPECT_EQ(site_.tqhost({"stop", "ears"}).exit_status, 0);
  site_.stop();
  site_.start();
  EXPECT_TRUE(site_.comes_to("ears", "disabled"));
  EXPECT_EQ(site_.tqhost({"start", "ears"}).exit_status, 0);
  EXPECT_TRUE(site_.comes_to("ears", "running"));
}

TEST_F(Supervising, PausedLetsARunEndAndBeginsNoOther) {
  site_.add("job", "work", "every 1s", 300);
  site_.add("other", "work", "every 1s");
  start();
  ASSERT_TRUE(journal_has("job", "begin"));
  EXPECT_EQ(site_.tqhost({"pause", "job"}).exit_status, 0);
  // A worker that is just being started has not begun yet: first there is none any more.
  ASSERT_TRUE(without_worker("job"));
  const size_t runs = site_.count("job", "begin");
  EXPECT_EQ(site_.count("job", "end"), runs);
  EXPECT_EQ(site_.status("job").at("wanted"), "paused");
  // The other's runs tell that more than an interval has passed.
  ASSERT_TRUE(journal_has("other", "end", site_.count("other", "end") + 3));
  EXPECT_EQ(site_.count("job", "begin"), runs);
  EXPECT_EQ(site_.tqhost({"start", "job"}).exit_status, 0);
  EXPECT_TRUE(journal_has("job", "end", runs + 1));
}

TEST_F(Supervising, ForkedChildrenDoNotSurvive) {
  site_.add("parent", "fork", "every 24h");
  start();
  trigger("parent");
  ASSERT_TRUE(journal_has("parent", "end"));
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.processes().size() <= 1; }));
}

TEST_F(Supervising, AKilledSupervisorLeavesNoOrphanAndTheNextGoesOn) {
  site_.add("slow", "work", "every 24h", 600'000);
  site_.add_listener("ears");
  start();
  trigger("slow");
  ASSERT_TRUE(site_.comes_to("ears", "running"));
  ASSERT_TRUE(journal_has("slow", "begin"));
  site_.kill_supervisor();
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.processes().empty(); }));
  site_.start();
  EXPECT_TRUE(journal_has("slow", "begin", 2)) << "a run that was cut off begins again";
  EXPECT_TRUE(journal_has("ears", "ready", 2));
  EXPECT_EQ(site_.count("slow", "DOUBLE") + site_.count("ears", "DOUBLE"), 0u);
}

TEST_F(Supervising, OneSupervisorAStateFolder) {
  start();
  const e2e::Ended second = site_.tqhost({"run-forever"});
  EXPECT_NE(second.exit_status, 0);
  EXPECT_THAT(second.err, HasSubstr("another supervisor runs"));
}

TEST_F(Supervising, ASecondSignalEndsAtOnce) {
  site_.add("deaf", "hang", "every 24h");
  start();
  trigger("deaf");
  ASSERT_TRUE(journal_has("deaf", "begin"));
  const auto logged = [&](const char* words) {
    return site_.log("tqhost").find(words) != std::string::npos;
  };
  site_.supervisor().send_signal(SIGTERM);
  ASSERT_TRUE(ForeverSite::eventually([&] { return logged("asked to end"); }));
  ::usleep(1'200'000);  // sooner, and it is taken for the echo of the first
  site_.supervisor().send_signal(SIGTERM);
  const e2e::Ended ended = site_.wait_for_end(60);
  EXPECT_EQ(ended.signal, 0);
  EXPECT_TRUE(logged("what still runs is ended at once"));
  EXPECT_THAT(site_.processes(), IsEmpty());
}

TEST_F(Supervising, ReloadTouchesOnlyWhatChanged) {
  site_.add_listener("left");
  site_.add_listener("right");
  start();
  ASSERT_TRUE(site_.comes_to("left", "running"));
  ASSERT_TRUE(site_.comes_to("right", "running"));
  const int right = site_.status("right").at("pid").get<int>();
  site_.instance("left")["default_status"] = "Active";
  site_.add("new", "work", "every 24h");
  site_.write_config();
  site_.supervisor().send_signal(SIGHUP);
  EXPECT_TRUE(journal_has("left", "ready", 2));
  trigger("new");
  EXPECT_TRUE(journal_has("new", "end"));
  EXPECT_EQ(site_.status("right").at("pid"), right);

  // A file that cannot be read leaves all as it is.
  std::ofstream(site_.folder() / "tqhost.json") << "{";
  site_.supervisor().send_signal(SIGHUP);
  ASSERT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("cannot be read again") != std::string::npos; }));
  site_.write_config();
  EXPECT_EQ(site_.status("right").at("pid"), right);
}

TEST_F(Supervising, AReplacedListenerIsHandedOver) {
  site_.add_listener("ears");
  start();
  ASSERT_TRUE(site_.comes_to("ears", "running"));
  site_.drop_next("steady");
  ASSERT_TRUE(journal_has("ears", "ready 1.1.0"));
  EXPECT_EQ(site_.count("ears", "DOUBLE"), 0u);
  EXPECT_TRUE(site_.comes_to("ears", "running"));
}

TEST_F(Supervising, ABadFileIsRefusedAndTheOldOneGoesOn) {
  site_.add_listener("ears");
  start();
  ASSERT_TRUE(site_.comes_to("ears", "running"));
  const int pid = site_.status("ears").at("pid").get<int>();
  std::ofstream(site_.plugins() / "steady.so", std::ios::trunc) << "no plugin at all";
  ASSERT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("is refused") != std::string::npos; }));
  EXPECT_EQ(site_.status("ears").at("pid"), pid);
  std::filesystem::remove(site_.plugins() / "steady.so");
  EXPECT_TRUE(site_.comes_to("ears", "disabled")) << "removed: it drains";
  EXPECT_EQ(site_.count("ears", "end"), 1u);
}

TEST_F(Supervising, TellsTheServiceManagerHowItIs) {
  const std::string path = (site_.folder() / "notify").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::string told;
  const auto tells = [&](const std::string& word) {
    return ForeverSite::eventually([&] {
      char buffer[4096];
      for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
        told.append(buffer, static_cast<size_t>(got)).append("\n");
      return told.find(word) != std::string::npos;
    });
  };
  site_.write_config();
  site_.start({"--pid-file", (site_.folder() / "pid").string()},
              {{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "400000"}});
  EXPECT_TRUE(tells("READY=1\nSTATUS=0 instances")) << told;
  EXPECT_TRUE(tells("WATCHDOG=1\nWATCHDOG=1")) << told;
  EXPECT_TRUE(std::filesystem::exists(site_.folder() / "pid"));
  site_.supervisor().send_signal(SIGHUP);
  EXPECT_TRUE(tells("RELOADING=1")) << told;
  EXPECT_EQ(site_.stop().exit_status, 0);
  EXPECT_TRUE(tells("STOPPING=1")) << told;
  EXPECT_FALSE(std::filesystem::exists(site_.folder() / "pid"));
  ::close(fd);
}

TEST_F(Supervising, APluginThatComesLaterIsTaken) {
  site_.add("early", "work", "every 24h");
  site_.write_config();
  site_.start();
  ASSERT_TRUE(site_.comes_to("early", "disabled"));
  EXPECT_THAT(site_.status("early").at("reason").get<std::string>(), HasSubstr("is not in"));
  site_.drop("unruly");
  trigger("early");
  EXPECT_TRUE(journal_has("early", "end"));
}

}  // namespace
}  // namespace forever
