// SPDX-License-Identifier: Apache-2.0
// Patience: how long something on the network may still take, and who may end it before. A value;
// world and cancel outlive it. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/world.hpp"

struct pollfd;

namespace tq {

class Patience {
 public:
  Patience(World& world, const Cancel& cancel, uint64_t milliseconds);

  // Until the descriptor is ready for one of `events` (poll(2)); gives the events that came.
  // E_CANCELLED, noticed within 100 ms; E_TRANSIENT when the time is over.
  Result<short> wait(int fd, short events) const;

  // The same for several, for at most `at_most_ms`: whether one is ready by then. Their `revents`
  // say which.
  Result<bool> wait_any(pollfd* entries, size_t count, uint64_t at_most_ms) const;

  Result<void> check() const;  // the same two errors, without waiting
  bool expired() const;
  uint64_t left_ms() const;

  // A part that may take this long, but not longer than the whole.
  Patience part(uint64_t milliseconds) const;

  // Time between pause() and resume() does not count.
  void pause() { paused_ms_ = world_->mono_ms(); }
  void resume() { ends_ms_ += world_->mono_ms() - paused_ms_; }

 private:
  Error timed_out() const;

  World* world_;
  const Cancel* cancel_;
  uint64_t total_ms_;
  uint64_t ends_ms_;
  uint64_t paused_ms_ = 0;
};

}  // namespace tq
