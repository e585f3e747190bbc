// SPDX-License-Identifier: Apache-2.0
// Whose processes are whose: what the supervisor did not start is left alone, and what it did start
// does not outlive it.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

pid_t pid_in(const std::filesystem::path& file) {
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  return pid;
}

// The number behind "PPid:" in /proc/PID/status; 0: there is no such process.
pid_t parent_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("PPid:")) return std::stoi(line.substr(5));
  return 0;
}

bool is_alive(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(in, text);
  const size_t name_end = text.rfind(')');
  return name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] != 'Z';
}

class Orphans : public testing::Test {
 protected:
  ~Orphans() override {
    for (const pid_t pid : others_)
      if (pid > 1) ::kill(pid, SIGKILL);
  }
  pid_t started(const std::string& name) {
    const auto file = site_.folder() / name;
    EXPECT_TRUE(ForeverSite::eventually([&] { return pid_in(file) != 0; }));
    others_.push_back(pid_in(file));
    return others_.back();
  }

  ForeverSite site_;
  std::vector<pid_t> others_;
};

// As in `bash -c 'sleep 300 & exec tqhost run-forever'`, and what `docker exec` leaves to
// process 1.
TEST_F(Orphans, WhatTheSupervisorDidNotStartIsLeftAlone) {
  site_.add("job", "fork", "every 24h");
  site_.write_config();
  site_.drop("unruly");
  const std::string folder = site_.folder().string();
  site_.start({}, {},
              "sleep 300 >/dev/null 2>&1 & echo $! >" + folder + "/sister; " +
                  "(exec >/dev/null 2>&1; sleep 300 & echo $! >" + folder +
                  "/niece; while [ ! -e " + folder + "/go ]; do sleep 0.1; done) & echo $! >" +
                  folder + "/parent; ");
  const pid_t sister = started("sister"), niece = started("niece"), parent = started("parent");
  ASSERT_TRUE(site_.comes_to("job", "waiting"));
  EXPECT_EQ(parent_of(sister), site_.supervisor().pid());
  std::ofstream(folder + "/go") << "now";
  ASSERT_TRUE(ForeverSite::eventually([&] { return !is_alive(parent); }));
  ASSERT_TRUE(ForeverSite::eventually([&] { return parent_of(niece) != parent; }));
  EXPECT_NE(parent_of(niece), site_.supervisor().pid()) << "it is nobody's subreaper";
  EXPECT_TRUE(ForeverSite::eventually([&] { return parent_of(parent) == 0; }))
      << "the remains of what a shell had left to it are taken";
  ASSERT_EQ(site_.tqhost({"trigger", "job"}).exit_status, 0);
  ASSERT_TRUE(ForeverSite::eventually([&] { return site_.count("job", "end") > 0; }));
  EXPECT_EQ(site_.stop().exit_status, 0);
  EXPECT_TRUE(is_alive(sister));
  EXPECT_TRUE(is_alive(niece));
}

TEST_F(Orphans, ADeafWorkerDoesNotOutliveAKilledSupervisorForLong) {
  for (const char* const does : {"hang", "deaf"}) site_.add(does, does, "every 24h");
  site_.write_config();
  site_.drop("unruly");
  site_.start();
  for (const char* const does : {"hang", "deaf"}) {
    ASSERT_TRUE(site_.comes_to(does, "waiting"));
    ASSERT_EQ(site_.tqhost({"trigger", does}).exit_status, 0);
    ASSERT_TRUE(ForeverSite::eventually([&] { return site_.count(does, "begin") > 0; }));
  }
  site_.kill_supervisor();
  // 10 s are promised; a loaded machine may be slow.
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.processes().empty(); }, 40));
}

TEST_F(Orphans, StatusTellsWhichWallsStand) {
  site_.config["limits"] = {{"memory_mb", 200}};
  site_.add("slow", "work", "every 24h", 600'000);
  site_.write_config();
  site_.drop("unruly");
  site_.start();
  ASSERT_TRUE(site_.comes_to("slow", "waiting"));
  EXPECT_EQ(site_.status("slow").at("walls").at("watched"), Json(nullptr));
  ASSERT_EQ(site_.tqhost({"trigger", "slow"}).exit_status, 0);
  ASSERT_TRUE(site_.comes_to("slow", "running"));
  const Json walls = site_.status("slow").at("walls");
  EXPECT_EQ(walls.at("watched"), true);
  EXPECT_EQ(walls.at("processes"), 128);
  EXPECT_EQ(walls.at("open_files"), 256);
  EXPECT_EQ(walls.at("core_file"), false);
  EXPECT_THAT(site_.tqhost({"status", "slow"}).out, HasSubstr("128 processes, 256 open files"));
}

}  // namespace
}  // namespace forever
