// SPDX-License-Identifier: Apache-2.0
#include "core/cancel.hpp"

#include <algorithm>
#include <chrono>

namespace tq {

void Cancel::cancel() {
  {
    const std::lock_guard lock(mutex_);
    flag_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_all();
}

bool Cancel::wait_ms(uint64_t milliseconds) const {
  constexpr uint64_t kLongestMs =
      1000ULL * 60 * 60 * 24 * 365;  // keeps the deadline inside the clock's range
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(std::min(milliseconds, kLongestMs)),
                           [this] { return cancelled(); });
}

}  // namespace tq
