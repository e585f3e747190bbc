// SPDX-License-Identifier: Apache-2.0
#include "net/retry_after.hpp"

#include <algorithm>
#include <tqp/retry_after.hpp>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr uint64_t kLeastJitterMs = 500;
constexpr size_t kShownBytesMost = 60;

// "7 s", "1.5 s"
std::string seconds(uint64_t ms) {
  std::string text = std::to_string(ms / 1000);
  if (const uint64_t tenths = ms % 1000 / 100; tenths > 0) text += "." + std::to_string(tenths);
  return text + " s";
}

}  // namespace

std::optional<uint64_t> asked_retry_after_ms(const HttpResponse& answer, int64_t now_ms) {
  // Of several the first: joined they would be nothing that can be read.
  return tqp::retry_after_ms(answer.header_at("Retry-After", 0), answer.header_at("Date", 0),
                             now_ms);
}

uint64_t bounded_retry_after_ms(std::optional<uint64_t> asked_ms, uint64_t most_ms) {
  return std::min(std::max(asked_ms.value_or(kUntoldRetryAfterMs), kLeastRetryAfterMs), most_ms);
}

RetryAfter retry_after(const HttpResponse& answer, World& world, uint64_t most_ms) {
  const auto asked_ms = asked_retry_after_ms(answer, world.now_ms());
  RetryAfter out;
  out.wait_ms = bounded_retry_after_ms(asked_ms, most_ms);
  const std::string_view header = answer.header_at("Retry-After", 0);
  const std::string shown =
      header.empty() ? std::string() : " (Retry-After: " + printable(header, kShownBytesMost) + ")";
  if (!asked_ms) {
    out.told = seconds(out.wait_ms) + ", because it gave no time" + shown;
    return out;
  }
  if (*asked_ms <= kLeastRetryAfterMs)
    out.wait_ms = std::min(out.wait_ms + world.jitter(kLeastJitterMs), most_ms);
  out.told = seconds(out.wait_ms) + "; it asked for " + seconds(*asked_ms) + shown;
  return out;
}

}  // namespace tq
