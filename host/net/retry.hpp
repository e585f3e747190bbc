// SPDX-License-Identifier: Apache-2.0
// Retry: whether one request is tried again, and after which wait. One request, one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/result.hpp"
#include "core/world.hpp"
#include "net/http.hpp"

namespace tq {

// How far an attempt came before it failed.
enum class Stage {
  kNothingSent,  // certainly not processed
  kSent,         // may have been processed
  kAnswering,    // a part of an answer came
};

// GET and HEAD are harmless, whatever the flag says.
bool may_repeat(const HttpRequest& request);

class Retry {
 public:
  Retry(const HttpRequest& request, const HttpOptions& options, World& world)
      : request_(request), options_(options), world_(world) {}

  uint32_t attempt() const { return attempt_; }  // from 1

  // Milliseconds until the next attempt, or none: this was the last one. `asked_ms` is the answer's
  // Retry-After. A 429 waits for 0 here: the block of its origin holds every request.
  std::optional<uint64_t> after_answer(int status, std::optional<uint64_t> asked_ms);
  std::optional<uint64_t> after_failure(Stage stage, const Error& error);

 private:
  std::optional<uint64_t> again(std::optional<uint64_t> asked_ms);

  const HttpRequest& request_;
  const HttpOptions& options_;
  World& world_;
  uint32_t attempt_ = 1;
};

}  // namespace tq
