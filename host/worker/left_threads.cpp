// SPDX-License-Identifier: Apache-2.0
#include "worker/left_threads.hpp"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/file.hpp"
#include "core/text.hpp"
#include "core/thread_name.hpp"

namespace tq {
namespace {

constexpr int kLooks = 100;
constexpr long kLookNs = 20'000'000;
constexpr size_t kNamesShown = 5;

// The thread and its name, of all but the host's own.
std::vector<std::pair<pid_t, std::string>> threads_now() {
  std::vector<std::pair<pid_t, std::string>> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/task", error), end; !error && it != end;
       it.increment(error)) {
    const std::string id = it->path().filename().string();
    pid_t tid = 0;
    std::from_chars(id.data(), id.data() + id.size(), tid);
    const auto name = read_file(it->path() / "comm", 64);
    if (tid > 0 && name && trim(*name) != kThreadName) out.emplace_back(tid, trim(*name));
  }
  return out;
}

}  // namespace

LeftThreads::LeftThreads() {
  for (const auto& [tid, name] : threads_now()) before_.insert(tid);
}

std::vector<std::string> LeftThreads::names() const {
  std::vector<std::string> names;
  // The kernel shows a thread for a moment after it was joined.
  for (int look = 0; look < kLooks; ++look) {
    names.clear();
    for (const auto& [tid, name] : threads_now())
      if (before_.count(tid) == 0) names.push_back(name);
    if (names.empty()) return names;
    const timespec pause{0, kLookNs};
    ::nanosleep(&pause, nullptr);
  }
  return names;
}

std::string left_threads_note(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::vector<std::string> shown(
      names.begin(),
      names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamesShown)));
  for (std::string& name : shown) name = printable(name);
  if (shown.size() < names.size()) shown.emplace_back("...");
  return "the plugin left " + std::to_string(names.size()) +
         (names.size() == 1 ? " thread" : " threads") + " running when its call returned (" +
         join(shown, ", ") + "); join them before it returns";
}

}  // namespace tq
