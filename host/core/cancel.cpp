// SPDX-License-Identifier: Apache-2.0
#include "core/cancel.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tq {

void Cancel::cancel() {
  {
    const std::lock_guard lock(mutex_);
    flag_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_all();
  const std::lock_guard lock(hooks_mutex_);
  for (const OnCancel* hook : std::exchange(hooks_, {})) hook->action_();
}

bool Cancel::wait_ms(uint64_t milliseconds) const {
  constexpr uint64_t kLongestMs =
      1000ULL * 60 * 60 * 24 * 365;  // keeps the deadline inside the clock's range
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(std::min(milliseconds, kLongestMs)),
                           [this] { return cancelled(); });
}

OnCancel::OnCancel(const Cancel& cancel, std::function<void()> action)
    : cancel_(cancel), action_(std::move(action)) {
  const std::lock_guard lock(cancel_.hooks_mutex_);
  if (cancel_.cancelled()) {
    action_();
  } else {
    cancel_.hooks_.push_back(this);
  }
}

OnCancel::~OnCancel() {
  const std::lock_guard lock(cancel_.hooks_mutex_);
  std::erase(cancel_.hooks_, this);
}

}  // namespace tq
