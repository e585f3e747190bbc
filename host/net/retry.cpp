// SPDX-License-Identifier: Apache-2.0
#include "net/retry.hpp"

#include <algorithm>

namespace tq {
namespace {

constexpr uint64_t kFirstBackoffMs = 500;  // doubled by each further attempt
constexpr uint32_t kMostDoublings = 20;

}  // namespace

bool may_repeat(const HttpRequest& request) {
  return request.idempotent || request.method == "GET" || request.method == "HEAD";
}

std::optional<uint64_t> Retry::again(std::optional<uint64_t> asked_ms) {
  if (request_.no_retry || attempt_ >= options_.max_attempts) return std::nullopt;
  const uint64_t bound =
      std::min(options_.max_backoff_ms, kFirstBackoffMs << std::min(attempt_ - 1, kMostDoublings));
  ++attempt_;
  return asked_ms ? std::min(*asked_ms, options_.max_retry_after_ms) : world_.jitter(bound);
}

std::optional<uint64_t> Retry::after_answer(int status, std::optional<uint64_t> asked_ms) {
  switch (status) {
    case 429:  // refused before it was processed, so anything may be repeated
      return again(0);
    case 503:  // only a server that asks to come back says that it did nothing
      return may_repeat(request_) || asked_ms ? again(asked_ms) : std::nullopt;
    case 502:
    case 504:
      return may_repeat(request_) ? again(asked_ms) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> Retry::after_failure(Stage stage, const Error& error) {
  if (error.status != Status::kTransient) return std::nullopt;
  if (stage != Stage::kNothingSent && !may_repeat(request_)) return std::nullopt;
  return again(std::nullopt);
}

}  // namespace tq
