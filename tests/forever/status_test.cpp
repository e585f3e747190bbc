// SPDX-License-Identifier: Apache-2.0
// The situations that an instance can be in, and what is said of each: by `status`, by its exit
// status, by `status --json` and by the supervisor's log. docs/service.md has the same table.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "e2e/pty.hpp"
#include "forever/forever_site.hpp"

namespace forever {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// It comes at New Year, and not while a test looks.
constexpr const char* kSeldom = "0 0 1 1 *";

class Place {
 public:
  // An instance "it" that does this.
  void have(const std::string& does, const std::string& schedule = "",
            const std::string& plugin = "unruly") {
    site.add("it", does, schedule);
    site.instance("it")["plugin"] = plugin;
    site.config["limits"] = {{"deaths", 1}};
    site.write_config();
    site.drop(plugin);
  }
  void run(int exit_status = 0) {
    EXPECT_EQ(site.tqhost({"run-once", "it"}).exit_status, exit_status);
  }
  void change_record(const std::function<void(Json&)>& change) {
    Json json = Json::parse(std::ifstream(record()));
    change(json);
    std::ofstream(record()) << json.dump();
  }
  void make_old() {
    change_record([](Json& json) { json["last_success"] = "2025-01-01T00:00:00.000Z"; });
  }
  // Under a supervisor, with a run that was asked for and has ended so.
  void supervise(const std::string& state) {
    site.start();
    EXPECT_TRUE(site.comes_to("it", "waiting"));
    EXPECT_EQ(site.tqhost({"trigger", "it"}).exit_status, 0);
    EXPECT_TRUE(site.comes_to("it", state));
  }
  void start_waiting() {
    site.start();
    EXPECT_TRUE(site.comes_to("it", "waiting"));
  }
  void say(const std::vector<std::string>& words) {
    EXPECT_EQ(site.tqhost(words).exit_status, 0) << words.front();
  }
  fs::path record() const { return site.state() / "it" / "run.json"; }

  ForeverSite site;
};

struct Situation {
  const char* name;
  std::function<void(Place&)> make;
  const char* state;
  bool well;
  const char* says;  // part of what is said; "": nothing needs to be
  const char* todo;  // part of what is to be done
  const char* log;   // what the supervisor's log has, as a regular expression; "": none runs
};

std::vector<Situation> without_a_supervisor() {
  return {
      {"NeverRan", [](Place& at) { at.have("work"); }, "never ran", true, "", "", ""},
      {"NeverRanThoughItIsToRun",
       [](Place& at) {
         at.have("work", "every 2h");
         fs::last_write_time(at.site.folder() / "tqhost.json",
                             fs::file_time_type::clock::now() - std::chrono::hours(24));
       },
       "never ran", false, "it never ran; it was configured 24 h ago; its schedule is every 2h",
       "cron, or tqhost run-forever", ""},
      {"Done",
       [](Place& at) {
         at.have("work", "every 2h");
         at.run();
       },
       "done", true, "", "", ""},
      {"CronDied",
       [](Place& at) {
         at.have("work", "every 2h");
         at.run();
         at.make_old();
       },
       "done", false, "its schedule is every 2h, and no supervisor keeps it", "tqhost run-once it",
       ""},
      {"CronDiedAndTheScheduleIsThePlugins",
       [](Place& at) {
         at.have("work", "", "keen");
         at.run();
         at.make_old();
       },
       "done", false, "its schedule is every 2h, the plugin's own, and no supervisor keeps it",
       "cron, or tqhost run-forever", ""},
      {"Failed",
       [](Place& at) {
         at.have("transient");
         at.run(1);
       },
       "failed", false, "the remote is away, on purpose", "tqhost logs it", ""},
      {"NeedsAttention",
       [](Place& at) {
         at.have("attention");
         at.run(2);
       },
       "needs_attention", false, "a person must act, on purpose", "tqhost run-once it", ""},
      {"Died",
       [](Place& at) {
         at.have("crash");
         at.run(1);
       },
       "died", false, "signal 6", "tqhost logs it", ""},
      {"IsTriedAgainAfterAFailure",
       [](Place& at) {
         at.have("transient");
         at.run(1);
         at.run(1);
         // The second one goes on.
         at.change_record([](Json& json) {
           json["state"] = "running";
           json["pid"] = ::getpid();
           json["error"] = nullptr;
         });
       },
       "running", false, "it is tried again just now; the run before failed", "wait for its end",
       ""},
      {"GoneWithoutAWord",
       [](Place& at) {
         at.have("work");
         at.run();
         at.change_record([](Json& json) {
           json["state"] = "running";
           json["pid"] = 1 << 30;
         });
       },
       "died", false, "left no word", "tqhost logs it", ""},
      {"CouldNotWriteItsRecord",
       [](Place& at) {
         at.have("work");
         at.run();
         ::chmod((at.site.state() / "it" / "state.db.lock").c_str(), 01600);
       },
       "done", false, "could not write how it went", "make room on that disk", ""},
      {"ARecordThatCannotBeRead",
       [](Place& at) {
         at.have("work");
         at.run();
         std::ofstream(at.record()) << "{";
       },
       "never ran", false, "how its last run went cannot be read", "replaced by the next run", ""},
      {"RefusedItems",
       [](Place& at) {
         at.have("refused");
         at.run(3);
       },
       "done", false, "the remote refused 1 item of the last run", "tqhost deadletter ls it", ""},
      {"RefusedItemsThatAPersonHasSeen",
       [](Place& at) {
         at.have("refused");
         at.run(3);
         at.say({"deadletter", "drop", "it", "--all"});
       },
       "done", true, "", "", ""},
      {"NeverSucceeded",
       [](Place& at) {
         at.have("work");
         at.run();
         at.change_record([](Json& json) {
           json["state"] = "cancelled";
           json["last_success"] = nullptr;
         });
       },
       "cancelled", false, "no run has ever succeeded", "tqhost run-once it", ""},
      {"DisabledInTheConfiguration",
       [](Place& at) {
         at.have("work");
         at.site.instance("it")["enabled"] = false;
         at.site.write_config();
       },
       "disabled", true, "disabled in the configuration", "", ""},
      {"ItsPluginIsNotThere",
       [](Place& at) {
         at.have("work");
         fs::remove(at.site.plugins() / "unruly.so");
       },
       "never ran", false, "there is no plugin \"unruly\"", "tqhost list", ""},
      {"AnUnreadableSchedule", [](Place& at) { at.have("work", "every fortnight"); }, "never ran",
       false, "schedule: \"every fortnight\" is no interval", "tqhost check it", ""},
      {"TheStateWasImported",
       [](Place& at) {
         at.have("work");
         at.run();
         const fs::path file = at.site.folder() / "export";
         std::ofstream(file) << R"({"tqhost_state":1,"instance":"it","schema":1})"
                                "\n"
                                R"({"key":"a","value":"b"})"
                                "\n"
                                R"({"entries":1})"
                                "\n";
         at.say({"state", "import", "it", file.string()});
       },
       "done", true, "the state was imported", "", ""},
      {"AListenerWithoutASupervisor",
       [](Place& at) {
         at.site.add_listener("it");
         at.site.write_config();
         at.site.drop("steady");
       },
       "never ran", false, "it listens only under a supervisor", "tqhost run-forever", ""},
  };
}

std::vector<Situation> under_a_supervisor() {
  return {
      {"Waiting",
       [](Place& at) {
         at.have("work", kSeldom);
         at.supervise("waiting");
       },
       "waiting", true, "", "", "INFO .*it is waiting"},
      {"NoSchedule",
       [](Place& at) {
         at.have("work");
         at.start_waiting();
       },
       "waiting", true, "it has no schedule; tqhost trigger it runs it", "",
       "INFO .*it is waiting"},
      {"AnUnreadableScheduleUnderASupervisor",
       [](Place& at) {
         at.have("work", "every fortnight");
         at.site.start();
         EXPECT_TRUE(at.site.comes_to("it", "needs_attention"));
       },
       "needs_attention", false, "schedule: \"every fortnight\" is no interval",
       "mend the schedule", "ERROR .*it is needs_attention.*fortnight"},
      {"AScheduleThatWasSpoilt",
       [](Place& at) {
         at.have("work", kSeldom);
         at.start_waiting();
         at.site.instance("it")["schedule"] = "every fortnight";
         at.site.write_config();
         at.site.supervisor().send_signal(SIGHUP);
         EXPECT_TRUE(at.site.comes_to("it", "needs_attention"));
       },
       "needs_attention", false, "is no interval", "", "ERROR .*it is needs_attention.*fortnight"},
      {"AScheduleThatIsStillSpoilt",
       [](Place& at) {
         at.have("work", "every fortnight");
         at.site.start();
         EXPECT_TRUE(at.site.comes_to("it", "needs_attention"));
         at.site.instance("it")["schedule"] = "every month";
         at.site.write_config();
         at.site.supervisor().send_signal(SIGHUP);
         EXPECT_TRUE(ForeverSite::eventually([&] {
           return at.site.status("it").value("note", "").find("month") != std::string::npos;
         }));
       },
       "needs_attention", false, "\"every month\" is no interval", "",
       "ERROR .*it still does not run.*month"},
      {"NeedsAttentionUnderASupervisor",
       [](Place& at) {
         at.have("attention", kSeldom);
         at.supervise("needs_attention");
       },
       "needs_attention", false, "a person must act, on purpose", "tqhost start it",
       "ERROR .*it is needs_attention"},
      {"SucceededByHandSince",
       [](Place& at) {
         at.have("attention", kSeldom);
         at.supervise("needs_attention");
         // The supervisor does not read it again; the worker does.
         at.site.instance("it")["config"]["does"] = "work";
         at.site.write_config();
         at.run();
       },
       "waiting", true, "", "", "which somebody else began, has ended well"},
      {"BacksOff",
       [](Place& at) {
         at.have("limited", kSeldom);
         at.supervise("backing_off");
       },
       "backing_off", false, "the remote is away for long, on purpose", "tried again by itself",
       "WARNING .*it is backing_off"},
      {"FailedUnderASupervisor",
       [](Place& at) {
         at.have("crash", kSeldom);
         at.supervise("failed");
       },
       "failed", false, "its worker died once within", "tqhost start it", "ERROR .*it is failed"},
      {"FailedByHandBesideASupervisor",
       [](Place& at) {
         at.have("work", kSeldom);
         at.supervise("waiting");
         at.site.instance("it")["config"]["does"] = "transient";
         at.site.write_config();
         at.run(1);
       },
       "waiting", false, "the remote is away, on purpose", "tqhost trigger it",
       "INFO .*it is waiting"},
      {"PausedForATime",
       [](Place& at) {
         at.have("work", kSeldom);
         at.start_waiting();
         at.say({"pause", "it", "--for", "7d"});
       },
       "waiting", true, "paused until 2", "", "control.*pause it --for 604800s"},
      {"Stopped",
       [](Place& at) {
         at.have("work", kSeldom);
         at.start_waiting();
         at.say({"stop", "it"});
       },
       "disabled", true, "stopped; tqhost start it starts it", "", "control.*stop it"},
      {"ThatTheSupervisorDoesNotKnow",
       [](Place& at) {
         at.site.write_config();
         at.site.start();
         at.have("work", kSeldom);
       },
       "never ran", false, "the supervisor that runs does not know it", "tqhost reload",
       "supervisor started"},
      {"ItsPluginWasRefused",
       [](Place& at) {
         at.have("work", kSeldom);
         std::ofstream(at.site.plugins() / "unruly.so", std::ios::trunc) << "no plugin at all";
         at.site.start();
       },
       "disabled", false, "was refused", "tqhost list", "ERROR .*unruly.so is refused"},
      {"TheSupervisorDoesNotAnswer",
       [](Place& at) {
         at.have("work", kSeldom);
         at.supervise("waiting");
         at.site.supervisor().send_signal(SIGSTOP);
       },
       "done", false, "does not answer in time", "what the records say", "it is waiting"},
  };
}

void PrintTo(const Situation& situation, std::ostream* out) { *out << situation.name; }

class StatusTable : public testing::TestWithParam<Situation> {
 protected:
  ~StatusTable() override {
    if (place_.site.running()) place_.site.supervisor().send_signal(SIGCONT);
  }
  Place place_;
};

TEST_P(StatusTable, TellsTheTruth) {
  const Situation& situation = GetParam();
  situation.make(place_);
  const auto exit_status = situation.well ? 0 : 1;

  const e2e::Ended table = place_.site.tqhost({"status"});
  EXPECT_EQ(table.exit_status, exit_status) << table.out;
  EXPECT_THAT(table.out, AllOf(ContainsRegex("INSTANCE +STATE +LAST SUCCESS +NEXT RUN"),
                               HasSubstr(situation.state), HasSubstr(situation.says)));
  if (situation.todo[0] != '\0')
    EXPECT_THAT(table.out, ContainsRegex("to do: [^\n]*" + std::string(situation.todo)));
  if (situation.well) EXPECT_THAT(table.out, Not(HasSubstr("to do: ")));

  const e2e::Ended one = place_.site.tqhost({"status", "it"});
  EXPECT_EQ(one.exit_status, exit_status);
  EXPECT_THAT(one.out, AllOf(HasSubstr(situation.state), HasSubstr(situation.says)));

  const Json json = place_.site.status("it");
  EXPECT_EQ(json.at("state"), situation.state);
  EXPECT_EQ(json.at("well"), situation.well) << json.dump(2);
  EXPECT_THAT(json.at("note").get<std::string>(), HasSubstr(situation.says));
  EXPECT_THAT(json.at("todo").get<std::string>(), HasSubstr(situation.todo));
  EXPECT_EQ(json.at("supervised"), situation.log[0] != '\0' && json.contains("wanted"));

  // What it finds out by itself it may still be about to say.
  const auto told = [&] {
    return testing::Value(place_.site.log("tqhost"), ContainsRegex(situation.log));
  };
  if (situation.log[0] != '\0')
    EXPECT_TRUE(ForeverSite::eventually(told)) << place_.site.log("tqhost");
}

INSTANTIATE_TEST_SUITE_P(Alone, StatusTable, testing::ValuesIn(without_a_supervisor()),
                         [](const auto& row) { return std::string(row.param.name); });
INSTANTIATE_TEST_SUITE_P(Supervised, StatusTable, testing::ValuesIn(under_a_supervisor()),
                         [](const auto& row) { return std::string(row.param.name); });

// A disk of its own for the state, where this machine lets a test have one.
class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(place_.site.state());
    mounted_ = ::mount("none", place_.site.state().c_str(), "tmpfs", 0,
                       "size=32m,nr_inodes=64,mode=0700") == 0;
    if (!mounted_) GTEST_SKIP() << "needs the right to mount a tmpfs";
  }
  void TearDown() override {
    if (mounted_) ::umount2(place_.site.state().c_str(), MNT_DETACH);
  }
  // No file more has room.
  void fill() {
    fs::create_directory(filler());
    for (int i = 0; i < 100; ++i) std::ofstream(filler() / std::to_string(i)) << "";
  }
  fs::path filler() const { return place_.site.state() / "filler"; }
  Place place_;
  bool mounted_ = false;
};

TEST_F(FullDisk, OfTheStateIsSeenAfterARunThatCouldNotBeRecorded) {
  place_.have("work");
  place_.run();
  ASSERT_EQ(place_.site.tqhost({"status"}).exit_status, 0);
  fill();
  EXPECT_NE(place_.site.tqhost({"run-once", "it"}).exit_status, 0);
  const e2e::Ended full = place_.site.tqhost({"status"});
  EXPECT_EQ(full.exit_status, 1) << full.out;
  EXPECT_THAT(full.out, HasSubstr("could not write how it went"));
  fs::remove_all(filler());
  place_.run();
  EXPECT_EQ(place_.site.tqhost({"status"}).exit_status, 0) << "the next one takes the mark away";
}

TEST(StatusAtATerminal, HasColoursUnlessSomebodySaysNo) {
  Place place;
  place.have("work");
  place.run();
  const std::vector<std::string> words = {TQHOST_PATH, "--config",
                                          (place.site.folder() / "tqhost.json").string(), "status"};
  e2e::Pty coloured(words, {{"TERM", "xterm"}});
  EXPECT_THAT(coloured.wait().out, HasSubstr("\x1b[32mdone"));
  for (const e2e::Variables& variables :
       {e2e::Variables{{"TERM", "xterm"}, {"NO_COLOR", "1"}}, e2e::Variables{{"TERM", "dumb"}}}) {
    e2e::Pty plain(words, variables);
    EXPECT_THAT(plain.wait().out, AllOf(HasSubstr("done"), Not(HasSubstr("\x1b"))));
  }
}

}  // namespace
}  // namespace forever
