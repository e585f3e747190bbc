// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "forever/figures.hpp"
#include "forever/forever_site.hpp"
#include "forever/trials.hpp"

namespace forever {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kIntervalS = 10;
constexpr int kGood = 28, kListeners = 4;
// How many do what.
const std::map<std::string, int> kBad = {
    {"crash", 4}, {"exit", 2}, {"throw", 2}, {"hang", 3},        {"deaf", 3},
    {"leak", 3},  {"fork", 3}, {"flood", 3}, {"descriptors", 3}, {"transient", 2}};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void configure(ForeverSite& site, std::vector<std::string>& good, std::vector<std::string>& bad) {
  // A hang is ended after the shortest time that can be configured; deaths have no end here.
  site.config["limits"] = {
      {"run_minutes", 1}, {"memory_mb", 128}, {"open_files", 64}, {"deaths", 1000}};
  for (int i = 0; i < kGood; ++i) {
    good.push_back("good-" + std::to_string(i));
    site.add(good.back(), "work", "every " + std::to_string(kIntervalS) + "s", 50);
  }
  for (int i = 0; i < kListeners; ++i) site.add_listener("ears-" + std::to_string(i));
  for (const auto& [does, times] : kBad)
    for (int i = 0; i < times; ++i) {
      bad.push_back(does + "-" + std::to_string(i));
      site.add(bad.back(), does, "every 20s");
    }
}

std::string mib(uint64_t kib) { return std::to_string(kib / 1024) + " MiB"; }

}  // namespace

bool soak(int seconds) {
  ForeverSite site;
  std::vector<std::string> good, bad;
  configure(site, good, bad);
  site.write_config();
  site.drop("unruly");
  site.drop("steady");
  site.start();
  const auto begin = Clock::now();
  Verdict verdict;
  Figures early{}, late{};
  size_t most_descriptors = 0;
  const pid_t supervisor = site.supervisor().pid();
  // Backing off would make the misbehaving ones rare: a person is impatient with them.
  for (size_t next = 0; seconds_since(begin) < seconds; ++next) {
    site.ask({{"command", "trigger"}, {"instance", bad[next % bad.size()]}});
    ::usleep(400'000);
    const Figures now = figures_of(supervisor);
    // Memory that is in use at the busiest, so that a moment's quiet does not hide growth.
    Figures& half = seconds_since(begin) < seconds / 2.0 ? early : late;
    half.resident_kib = std::max(half.resident_kib, now.resident_kib);
    most_descriptors = std::max(most_descriptors, now.descriptors);
    late.cpu_s = now.cpu_s;
  }

  size_t runs = 0;
  int64_t longest_ms = 0;
  for (const std::string& name : good) {
    const auto journal = site.journal(name);
    runs += site.count(name, "end");
    longest_ms = std::max(longest_ms, longest_gap_ms(journal, "begin"));
    const auto expected = static_cast<size_t>(seconds / kIntervalS - 1);
    if (site.count(name, "begin") < expected)
      verdict.must(false, name + " ran " + std::to_string(site.count(name, "begin")) + " of " +
                              std::to_string(expected) + " times");
  }
  size_t doubles = 0, misbehaved = 0, ears = 0;
  for (const std::string& name : bad) {
    misbehaved += site.count(name, "begin");
    doubles += site.count(name, "DOUBLE");
  }
  for (const std::string& name : good) doubles += site.count(name, "DOUBLE");
  for (int i = 0; i < kListeners; ++i) ears += site.count("ears-" + std::to_string(i), "begin");
  verdict.figure("good runs", std::to_string(runs));
  verdict.figure("misbehaving runs", std::to_string(misbehaved));
  verdict.figure("longest time between two runs that are due every 10 s",
                 std::to_string(longest_ms) + " ms");
  verdict.figure("supervisor's memory, first half and second half",
                 mib(early.resident_kib) + ", " + mib(late.resident_kib));
  verdict.figure("supervisor's processor time", std::to_string(late.cpu_s) + " s");
  verdict.figure("supervisor's descriptors at most", std::to_string(most_descriptors));
  verdict.must(longest_ms < 2 * kIntervalS * 1000, "no good run is missed");
  verdict.must(misbehaved > bad.size(), "the others had their chance to misbehave");
  verdict.must(ears == kListeners, "no listener was disturbed");
  verdict.must(doubles == 0, "no instance ran twice at a time");
  verdict.must(late.resident_kib <= early.resident_kib + early.resident_kib / 10 + 1024,
               "the supervisor's memory does not grow");

  const e2e::Ended ended = site.stop();
  verdict.must(ended.exit_status == 0, "it drains and ends with 0");
  verdict.must(ForeverSite::eventually([&] { return site.processes().empty(); }, 10),
               "no process is left");
  return verdict.good();
}

}  // namespace forever
