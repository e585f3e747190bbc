// SPDX-License-Identifier: Apache-2.0
// The control commands beside a supervisor that answers as the test wants.
#include "cli/control.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>

#include <atomic>
#include <deque>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "schedule/control.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ControlCommand : public testing::Test {
 protected:
  ControlCommand() {
    std::string pattern = (fs::temp_directory_path() / "tq-ask-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = pattern;
    std::ofstream(folder_ / "tqhost.json")
        << R"({"instances": [{"name": "cb-prod", "plugin": "cb_edr"}]})";
  }
  ~ControlCommand() override {
    serving_ = false;
    if (thread_.joinable()) thread_.join();
    fs::remove_all(folder_);
  }

  // Answers a status with the next of `states`, the last one for ever; anything else with `answer`.
  void supervisor(std::deque<std::string> states, const Json& answer = {{"ok", true}}) {
    auto server = ControlServer::open(folder_);
    ASSERT_TRUE(server) << server.error().message;
    serving_ = true;
    thread_ =
        std::thread([this, server = server.take(), states = std::move(states), answer]() mutable {
          const auto handler = [&](const Json& request) -> Json {
            if (request.at("command") != "status") {
              heard_.push_back(request.dump());
              return answer;
            }
            const Json state{{"instance", request.at("instance")}, {"state", states.front()}};
            if (states.size() > 1) states.pop_front();
            return {{"ok", true}, {"instances", {state}}};
          };
          std::vector<pollfd> fds;
          while (serving_) {
            fds.clear();
            server->add_to(fds);
            ::poll(fds.data(), fds.size(), 20);
            server->serve({}, handler);
          }
        });
  }
  Exit run(const ControlOptions& options) {
    ConfigSources sources;
    sources.file = folder_ / "tqhost.json";
    sources.state_dir = folder_;
    return control_command({.sources = sources, .out = out_, .err = err_}, options);
  }
  // What the supervisor was asked to do. Ends it.
  std::vector<std::string> heard() {
    serving_ = false;
    thread_.join();
    return heard_;
  }

  fs::path folder_;
  std::ostringstream out_, err_;

 private:
  std::atomic<bool> serving_ = false;
  std::vector<std::string> heard_;
  std::thread thread_;
};

TEST_F(ControlCommand, TriggerReturnsAtOnceAndSaysWhereToLook) {
  supervisor({"running"}, {{"ok", true}, {"note", "cb-prod is starting"}});
  EXPECT_EQ(run({.command = "trigger", .instance = "cb-prod", .full = true}), Exit::kDone);
  EXPECT_EQ(out_.str(), "cb-prod is starting\nhow it goes: tqhost status cb-prod\n");
  EXPECT_THAT(heard(), ElementsAre(R"({"command":"trigger","instance":"cb-prod","full":true})"));
}

TEST_F(ControlCommand, TriggerPassesOnWhatARunByHandTakes) {
  supervisor({"running"}, {{"ok", true}, {"note", "cb-prod is starting, with a dry run"}});
  EXPECT_EQ(run({.command = "trigger", .instance = "cb-prod", .adopt = true, .dry_run = true}),
            Exit::kDone);
  EXPECT_THAT(out_.str(), HasSubstr("how it goes: tqhost logs -f cb-prod"));
  EXPECT_THAT(heard(), ElementsAre(R"({"command":"trigger","instance":"cb-prod","full":false,)"
                                   R"("adopt":true,"dry_run":true})"));
}

TEST_F(ControlCommand, PauseSaysForHowLong) {
  supervisor({"waiting"}, {{"ok", true}, {"note", "cb-prod is paused until then"}});
  EXPECT_EQ(run({.command = "pause", .instance = "cb-prod", .pause_for = "7d"}), Exit::kDone);
  EXPECT_EQ(out_.str(), "cb-prod is paused until then\n");
  EXPECT_THAT(heard(), ElementsAre(HasSubstr(R"("for_ms":604800000)")));
}

TEST_F(ControlCommand, ATimeThatIsNoneIsRefusedBeforeAnybodyIsAsked) {
  for (const char* text :
       {"7", "7w", "-1d", "0s", "367d", "soon", "1d2h", "9999999999999999999d"}) {
    err_.str("");
    EXPECT_EQ(run({.command = "pause", .instance = "cb-prod", .pause_for = text}), Exit::kUsage)
        << text;
    EXPECT_THAT(err_.str(), HasSubstr("such as 7d")) << text;
  }
}

TEST_F(ControlCommand, StopWaitsUntilTheInstanceHasEnded) {
  supervisor({"draining", "draining", "disabled"});
  EXPECT_EQ(run({.command = "stop", .instance = "cb-prod"}), Exit::kDone);
  EXPECT_EQ(out_.str(), "cb-prod is stopped\n");
}

TEST_F(ControlCommand, StopWaitsNoLongerThanItWasAllowed) {
  supervisor({"draining"});
  EXPECT_EQ(run({.command = "stop", .instance = "cb-prod", .wait_s = 0}), Exit::kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("cb-prod was asked to stop and has not ended within 0 s"));
  EXPECT_THAT(err_.str(), HasSubstr("tqhost status cb-prod"));
}

TEST_F(ControlCommand, WithoutASupervisorStopIsDoneAndTheOthersAreNot) {
  EXPECT_EQ(run({.command = "stop", .instance = "cb-prod"}), Exit::kDone);
  EXPECT_THAT(out_.str(), HasSubstr("cb-prod does not run: no supervisor runs"));
  EXPECT_EQ(err_.str(), "");
  for (const char* command : {"start", "restart", "trigger", "pause"}) {
    err_.str("");
    EXPECT_EQ(run({.command = command, .instance = "cb-prod"}), Exit::kFailed) << command;
    EXPECT_THAT(err_.str(), HasSubstr("tqhost run-forever")) << command;
  }
}

TEST_F(ControlCommand, AnUnknownInstanceIsToldTheNearestName) {
  EXPECT_EQ(run({.command = "stop", .instance = "cb-prdo"}), Exit::kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean \"cb-prod\"?"));
  err_.str("");
  supervisor({"waiting"}, {{"error", "the supervisor knows no such"}, {"status", "config"}});
  EXPECT_EQ(run({.command = "start", .instance = "cb-prdo"}), Exit::kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean \"cb-prod\"?"));
}

TEST_F(ControlCommand, WhatTheSupervisorRefusesIsToldWithItsReason) {
  supervisor({"waiting"}, {{"error", "the supervisor is ending"}, {"status", "limited"}});
  EXPECT_EQ(run({.command = "start", .instance = "cb-prod"}), Exit::kFailed);
  EXPECT_EQ(err_.str(), "tqhost: the supervisor is ending\n");
  EXPECT_EQ(out_.str(), "");
}

}  // namespace
}  // namespace tq
