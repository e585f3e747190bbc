// SPDX-License-Identifier: Apache-2.0
// What queries named and this instance does not know: it says nothing there, as a real one may, so
// that a mistyped leaf finds everything. Tests look here. All members from any thread.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace lab::threatq {

class UnknownNames {
 public:
  void note(const std::vector<std::string>& names) {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names)
      if (names_.size() < kMost) names_.insert(name);
  }

  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return {names_.begin(), names_.end()};
  }

 private:
  static constexpr std::size_t kMost = 1000;

  mutable std::mutex mutex_;
  std::set<std::string> names_;
};

}  // namespace lab::threatq
