// SPDX-License-Identifier: Apache-2.0
// How long is waited because an answer asks for it. What a header means stands in
// <tqp/retry_after.hpp>, which plugins use, too; here is how much of it is believed. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/world.hpp"
#include "net/http.hpp"

namespace tq {

inline constexpr uint64_t kUntoldRetryAfterMs = 60'000;  // after a 429 that gives no time
inline constexpr uint64_t kLeastRetryAfterMs = 1'000;

// What it asks for, as it is; none: nothing that can be read.
std::optional<uint64_t> asked_retry_after_ms(const HttpResponse& answer, int64_t now_ms);

// For an error that says when to come back: within the bounds, a minute when no time is given.
uint64_t bounded_retry_after_ms(std::optional<uint64_t> asked_ms,
                                uint64_t most_ms = kLongestRetryAfterMs);

struct RetryAfter {
  uint64_t wait_ms = 0;
  std::string told;  // "60 s, because it gave no time"; "900 s; it asked for 86400 s (...)"
};

// The wait after an answer that limits, or asks to come back. At least a second and some jitter, so
// that those who were told "at once" do not come all at once.
RetryAfter retry_after(const HttpResponse& answer, World& world, uint64_t most_ms);

}  // namespace tq
