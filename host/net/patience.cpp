// SPDX-License-Identifier: Apache-2.0
#include "net/patience.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace tq {
namespace {

constexpr uint64_t kSliceMs = 100;  // between two looks at the cancel flag
constexpr uint64_t kLongestMs = 1000ULL * 60 * 60 * 24 * 365;

}  // namespace

Patience::Patience(World& world, const Cancel& cancel, uint64_t milliseconds)
    : world_(&world),
      cancel_(&cancel),
      total_ms_(std::min(milliseconds, kLongestMs)),
      ends_ms_(world.mono_ms() + total_ms_) {}

Result<short> Patience::wait(int fd, short events) const {
  pollfd entry{fd, events, 0};
  while (true) {
    TQ_ASSIGN(const bool ready, wait_any(&entry, 1, kLongestMs));
    if (ready) return entry.revents;
  }
}

Result<bool> Patience::wait_any(pollfd* entries, size_t count, uint64_t at_most_ms) const {
  const Patience step = part(at_most_ms);
  while (true) {
    if (cancel_->cancelled()) return Error{Status::kCancelled, "cancelled"};
    const uint64_t step_left = step.left_ms(), left = left_ms();
    const int ready =
        ::poll(entries, count, static_cast<int>(std::min({left, step_left, kSliceMs})));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR)
      return Error{Status::kTransient, "poll: " + std::generic_category().message(errno)};
    if (left == 0) return timed_out();
    if (step_left == 0) return false;
  }
}

Result<void> Patience::check() const {
  if (cancel_->cancelled()) return Error{Status::kCancelled, "cancelled"};
  if (expired()) return timed_out();
  return {};
}

bool Patience::expired() const { return left_ms() == 0; }

uint64_t Patience::left_ms() const {
  const uint64_t now = world_->mono_ms();
  return ends_ms_ > now ? ends_ms_ - now : 0;
}

Patience Patience::part(uint64_t milliseconds) const {
  return Patience(*world_, *cancel_, std::min(milliseconds, left_ms()));
}

Error Patience::timed_out() const {
  const std::string span = total_ms_ % 1000 == 0 ? std::to_string(total_ms_ / 1000) + " s"
                                                 : std::to_string(total_ms_) + " ms";
  return {Status::kTransient, "timed out after " + span};
}

}  // namespace tq
