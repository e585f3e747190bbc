// SPDX-License-Identifier: Apache-2.0
// RepeatedSignal: tells a second asking from the echo of the first. timeout(1), a shell that ends
// its process group and a service manager that signals every process of a service all deliver one
// asking twice or more, milliseconds apart; whoever means it a second time takes longer. Value; one
// thread.
#pragma once

#include <cstdint>
#include <map>

namespace tq {

class RepeatedSignal {
 public:
  static constexpr uint64_t kEchoMs = 1'000;

  // Whether this one counts: not the same signal as one that counted less than a second ago.
  // `now_ms`: by a clock that never jumps.
  bool counts(int number, uint64_t now_ms) {
    const auto before = counted_ms_.find(number);
    if (before != counted_ms_.end() && now_ms - before->second < kEchoMs) return false;
    counted_ms_[number] = now_ms;
    return true;
  }

 private:
  std::map<int, uint64_t> counted_ms_;
};

}  // namespace tq
