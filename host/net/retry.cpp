// SPDX-License-Identifier: Apache-2.0
#include "net/retry.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tq {
namespace {

constexpr uint64_t kFirstBackoffMs = 500;  // doubled by each further attempt
constexpr uint32_t kMostDoublings = 20;

using enum Verdict;
// Rows and columns in the order of their enumerations.
constexpr std::array<std::array<Verdict, 4>, 4> kTable = {{
    {kAgain, kAgain, kAgain, kFailure},
    {kAgain, kAgain, kAgain, kAnswer},
    {kAgain, kAgain, kAnswer, kAnswer},
    {kAgain, kAgain, kUnknown, kUnknown},
}};

}  // namespace

Verdict verdict(Happened happened, Repeating repeating) {
  return kTable[static_cast<size_t>(happened)][static_cast<size_t>(repeating)];
}

Repeating repeating(const HttpRequest& request) {
  if (request.no_retry) return Repeating::kOnce;
  if (request.idempotent) return Repeating::kIdempotent;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return reads && !request.effect ? Repeating::kSafe : Repeating::kEffect;
}

bool may_repeat(const HttpRequest& request) {
  return verdict(Happened::kDied, repeating(request)) == kAgain;
}

std::optional<Happened> happened(int status) {
  if (status == 429) return Happened::kLimited;  // refused before it was processed
  if (status >= 502 && status <= 504) return Happened::kUnavailable;
  return std::nullopt;
}

Happened happened(Stage stage) {
  return stage == Stage::kNothingSent ? Happened::kNothingSent : Happened::kDied;
}

std::optional<uint64_t> Retry::again(Happened happened, std::optional<uint64_t> asked_ms) {
  if (verdict(happened, repeating(request_)) != kAgain || attempt_ >= options_.max_attempts)
    return std::nullopt;
  const uint64_t bound =
      std::min(options_.max_backoff_ms, kFirstBackoffMs << std::min(attempt_ - 1, kMostDoublings));
  ++attempt_;
  return asked_ms ? *asked_ms : world_.jitter(bound);
}

std::optional<uint64_t> Retry::after_answer(int status, std::optional<uint64_t> asked_ms) {
  const auto what = happened(status);
  if (!what) return std::nullopt;
  return again(*what, *what == Happened::kLimited ? std::optional<uint64_t>(0) : asked_ms);
}

std::optional<uint64_t> Retry::after_failure(Stage stage, const Error& error) {
  if (error.status != Status::kTransient) return std::nullopt;
  return again(happened(stage), std::nullopt);
}

}  // namespace tq
