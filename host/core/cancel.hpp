// SPDX-License-Identifier: Apache-2.0
// Cancel: one flag that says "stop", which waiting threads notice at once. All members from any
// thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tq {

class Cancel {
 public:
  bool cancelled() const { return flag_.load(std::memory_order_relaxed); }

  void cancel();

  // Waits for at most `milliseconds`; true when cancelled.
  bool wait_ms(uint64_t milliseconds) const;

 private:
  std::atomic<bool> flag_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace tq
