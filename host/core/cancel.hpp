// SPDX-License-Identifier: Apache-2.0
// Cancel: one flag that says "stop", which waiting threads notice at once. OnCancel: what else is
// to happen then. All members from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace tq {

class OnCancel;

class Cancel {
 public:
  bool cancelled() const { return flag_.load(std::memory_order_relaxed); }

  void cancel();

  // Waits for at most `milliseconds`; true when cancelled.
  bool wait_ms(uint64_t milliseconds) const;

 private:
  friend class OnCancel;

  std::atomic<bool> flag_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::mutex hooks_mutex_;
  mutable std::vector<const OnCancel*> hooks_;
};

// Does something once when `cancel` is cancelled, on the thread that cancels; at once when it was
// before. For waits that end by more than one event. The destructor waits for an action that is
// going on, so it must not run inside the action nor under a lock that the action takes.
class OnCancel {
 public:
  OnCancel(const Cancel& cancel, std::function<void()> action);
  ~OnCancel();
  OnCancel(const OnCancel&) = delete;
  OnCancel& operator=(const OnCancel&) = delete;

 private:
  friend class Cancel;

  const Cancel& cancel_;
  const std::function<void()> action_;
};

}  // namespace tq
