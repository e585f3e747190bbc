// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "forever/figures.hpp"
#include "forever/forever_site.hpp"
#include "forever/trials.hpp"

namespace forever {
namespace {

std::string one_decimal(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

uint64_t resident_with(int instances, Verdict& verdict) {
  ForeverSite site;
  site.drop("unruly");
  for (int i = 0; i < instances; ++i) site.add("idle-" + std::to_string(i), "work", "");
  site.write_config();
  site.start();
  ::usleep(1'500'000);
  const uint64_t resident = figures_of(site.supervisor().pid()).resident_kib;
  verdict.figure("resident memory with " + std::to_string(instances) + " waiting",
                 one_decimal(static_cast<double>(resident) / 1024) + " MiB");
  site.stop();
  return resident;
}

void fifty_due_at_once(Verdict& verdict) {
  ForeverSite site;
  site.drop("unruly");
  for (int i = 0; i < 950; ++i) site.add("idle-" + std::to_string(i), "work", "");
  for (int i = 0; i < 50; ++i) site.add("due-" + std::to_string(i), "work", "", 100);
  site.write_config();
  site.start();
  if (!site.comes_to("due-49", "waiting")) return verdict.must(false, "it comes up");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i)
    site.ask({{"command", "trigger"}, {"instance", "due-" + std::to_string(i)}});
  const bool all = ForeverSite::eventually(
      [&] {
        for (int i = 0; i < 50; ++i)
          if (site.count("due-" + std::to_string(i), "end") == 0) return false;
        return true;
      },
      60);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  verdict.figure("fifty of a thousand due at once: all done after", one_decimal(seconds) + " s");
  verdict.must(all, "all fifty have run");
  site.stop();
}

void idle_with_three(int seconds, Verdict& verdict) {
  ForeverSite site;
  site.drop("unruly");
  for (int i = 0; i < 3; ++i) site.add("idle-" + std::to_string(i), "work", "");
  site.write_config();
  site.start();
  // Until it has looked at the new plugin file twice.
  ::usleep(5'000'000);
  const pid_t pid = site.supervisor().pid();
  const Figures before = figures_of(pid);
  ::usleep(static_cast<useconds_t>(seconds) * 1'000'000);
  const Figures after = figures_of(pid);
  verdict.figure("idle with three, over " + std::to_string(seconds) + " s: processor time",
                 one_decimal((after.cpu_s - before.cpu_s) * 1000) + " ms");
  verdict.figure("idle with three: wake-ups a minute",
                 one_decimal(static_cast<double>(after.wakes - before.wakes) * 60 / seconds));
  verdict.figure("idle with three: resident memory of all processes",
                 one_decimal(static_cast<double>(after.resident_kib) / 1024) + " MiB");
  verdict.must(after.resident_kib < 40 * 1024, "at most 40 MiB");
  verdict.must(after.wakes - before.wakes < static_cast<uint64_t>(seconds),
               "less than one a second");
  site.stop();
}

}  // namespace

bool many(int seconds) {
  Verdict verdict;
  const uint64_t few = resident_with(3, verdict);
  const uint64_t thousand = resident_with(1'000, verdict);
  const double each_kib = static_cast<double>(thousand - std::min(few, thousand)) / 997;
  verdict.figure("memory of a waiting instance", one_decimal(each_kib) + " KiB");
  verdict.must(each_kib < 16, "less than 16 KiB each");
  fifty_due_at_once(verdict);
  idle_with_three(seconds, verdict);
  return verdict.good();
}

}  // namespace forever
