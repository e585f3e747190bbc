// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "world.hpp"

namespace tqp::fake {
namespace {

constexpr int kLooks = 100;
constexpr std::chrono::milliseconds kLook{20};

std::map<int, std::string> named_threads() {
  std::map<int, std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/task", error), end; !error && it != end;
       it.increment(error)) {
    std::ifstream comm(it->path() / "comm");
    std::string name;
    if (std::getline(comm, name)) out[std::atoi(it->path().filename().c_str())] = name;
  }
  return out;
}

}  // namespace

std::set<int> threads_now() {
  std::set<int> out;
  for (const auto& [tid, name] : named_threads()) out.insert(tid);
  return out;
}

std::vector<std::string> threads_left(const std::set<int>& before) {
  std::vector<std::string> names;
  // The kernel shows a thread for a moment after it was joined.
  for (int look = 0; look < kLooks; ++look) {
    names.clear();
    for (const auto& [tid, name] : named_threads())
      if (before.count(tid) == 0) names.push_back(name);
    if (names.empty()) break;
    std::this_thread::sleep_for(kLook);
  }
  return names;
}

}  // namespace tqp::fake
