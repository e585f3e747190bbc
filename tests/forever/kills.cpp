// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include "forever/figures.hpp"
#include "forever/forever_site.hpp"
#include "forever/trials.hpp"

namespace forever {

bool kills(int times) {
  ForeverSite site;
  site.config["limits"] = {{"deaths", 1000}};
  const std::vector<std::string> jobs = {"job-0", "job-1", "job-2", "job-3"};
  for (const std::string& name : jobs) site.add(name, "work", "every 1s", 300);
  site.add_listener("ears");
  site.write_config();
  site.drop("unruly");
  site.drop("steady");
  site.start();
  std::mt19937 dice(4'711);
  int supervisors = 0, workers = 0, orphans = 0;
  for (int i = 0; i < times; ++i) {
    ::usleep(static_cast<useconds_t>(50'000 + dice() % 700'000));
    if (dice() % 2 == 0) {
      ++supervisors;
      site.kill_supervisor();
      if (!ForeverSite::eventually([&] { return site.processes().empty(); }, 10)) ++orphans;
      site.start();
      continue;
    }
    // Any of its processes but itself.
    std::vector<pid_t> found;
    for (const pid_t pid : site.processes())
      if (pid != site.supervisor().pid()) found.push_back(pid);
    if (found.empty()) continue;
    ++workers;
    ::kill(found[dice() % found.size()], SIGKILL);
  }
  Verdict verdict;
  verdict.figure("supervisors killed", std::to_string(supervisors));
  verdict.figure("workers killed", std::to_string(workers));
  size_t doubles = site.count("ears", "DOUBLE");
  for (const std::string& name : jobs) doubles += site.count(name, "DOUBLE");
  verdict.must(orphans == 0, "no process outlives its supervisor");
  verdict.must(doubles == 0, "no instance ran twice at a time");
  for (const std::string& name : jobs) {
    const size_t before = site.count(name, "end");
    verdict.must(ForeverSite::eventually([&] { return site.count(name, "end") > before; }, 60),
                 name + " goes on, after " + std::to_string(before) + " runs");
  }
  verdict.must(site.comes_to("ears", "running", 60), "the listener listens");
  verdict.must(site.stop().exit_status == 0, "it drains and ends with 0");
  verdict.must(ForeverSite::eventually([&] { return site.processes().empty(); }, 10),
               "no process is left");
  return verdict.good();
}

}  // namespace forever
