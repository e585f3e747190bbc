// SPDX-License-Identifier: Apache-2.0
// The first run of a drop-in name is killed with SIGKILL before and after each of its effects in
// turn. What stands afterwards is no configuration or the whole one, there is never more than one
// record in ThreatQ, and the same command finishes what was begun or runs.
#include <signal.h>

#include "e2e/configure_site.hpp"
#include "e2e/drop_in_site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;

constexpr int kPointsMost = 100;

class FirstRunCrash : public testing::Test {
 protected:
  std::vector<std::string> command() const {
    return site_.command("tq-conn-cb-enterprise-edr", {"-c", site_.etc().string()});
  }
  Ended first_run(int crash_at = 0) {
    Variables variables = {{"TQHOST_PLUGINS_DIR", site_.site.plugins().string()},
                           {"TQHOST_THREATQ_CA_FILE", site_.site.threatq().ca_file()}};
    if (crash_at > 0) variables["TQ_CRASH_AT"] = std::to_string(crash_at);
    Pty terminal(command(), variables);
    const std::vector<std::string> answers = {site_.site.threatq().host_and_port(), kClientId,
                                              kUser, kPassword, "Review"};
    for (size_t i = 0; i < kLabels.size(); ++i) terminal.answer(kLabels[i], answers[i]);
    return terminal.wait();
  }
  void from_the_beginning() {
    fs::remove_all(site_.etc());
    fs::create_directory(site_.etc());
    for (const Json& record : records())
      site_.site.threatq().change(
          Json{{"connector", {{"name", record.at("name")}, {"delete", true}}}}.dump());
  }
  Json records() {
    return Json::parse(site_.site.threatq().dump("what=connectors")).at("connectors");
  }
  bool configured() const { return fs::exists(site_.etc() / "cb-edr.json"); }

  DropInSite site_;
};

TEST_F(FirstRunCrash, AtEachPoint) {
  int points = 0;
  for (int point = 1; point < kPointsMost; ++point) {
    from_the_beginning();
    const std::string when = "after point " + std::to_string(point);
    const Ended crashed = first_run(point);
    if (crashed.exit_status == 0) break;
    ASSERT_EQ(crashed.signal, SIGKILL) << when << crashed.out;
    ++points;
    EXPECT_LE(records().size(), 1u) << when;
    if (!configured()) {
      const Ended finished = first_run();
      ASSERT_EQ(finished.exit_status, 0) << when << ": " << finished.out;
    }
    // Without the environment of the terminal, as cron does.
    const Ended run = run_program(command(), kNoVariables);
    ASSERT_EQ(run.exit_status, 0) << when << ": " << run.out << run.err;
    ASSERT_EQ(records().size(), 1u) << when;
  }
  std::printf("crash points in a first run: %d\n", points);
  EXPECT_GE(points, 8);  // secrets, record, file and pair, before and after each
}

}  // namespace
}  // namespace e2e
