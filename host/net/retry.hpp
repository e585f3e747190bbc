// SPDX-License-Identifier: Apache-2.0
// What of a request is sent again: the one table that decides, and Retry, which goes by it with a
// number of attempts and waits between them. A Retry is of one request and one thread.
//
//                        GET, HEAD      IDEMPOTENT  other EFFECT    NO_RETRY
//                        w/o EFFECT                 (a GET, too)
//   nothing was sent     again          again       again           a failure
//   429                  again          again       again           the answer
//   502, 503, 504        again          again       the answer      the answer
//   dead after that      again          again       unknown         unknown
//
// It is shown to plugin authors in sdk/include/tqp/plugin.h and docs/plugin-contract.md.
#pragma once

#include <cstdint>
#include <optional>

#include "core/result.hpp"
#include "core/world.hpp"
#include "net/http.hpp"

namespace tq {

// How far an attempt came before it failed.
enum class Stage {
  kNothingSent,  // no byte of the request was handed to a connection: certainly not processed
  kSent,         // may have been processed
  kAnswering,    // a part of an answer came
};

// The table's columns: how a request stands to being sent twice.
enum class Repeating { kSafe, kIdempotent, kEffect, kOnce };
// Its rows: what became of an attempt.
enum class Happened { kNothingSent, kLimited, kUnavailable, kDied };
enum class Verdict {
  kAgain,    // after a 429, and when there is one, after Retry-After
  kAnswer,   // the answer is the caller's, who has to know that it may have been done all the same
  kFailure,  // E_TRANSIENT: not done
  kUnknown,  // E_TRANSIENT: whether it was done is not known
};

Verdict verdict(Happened happened, Repeating repeating);

Repeating repeating(const HttpRequest& request);
// It may be sent again although it may have been done.
bool may_repeat(const HttpRequest& request);
// None: the status is an answer like any other.
std::optional<Happened> happened(int status);
Happened happened(Stage stage);

class Retry {
 public:
  Retry(const HttpRequest& request, const HttpOptions& options, World& world)
      : request_(request), options_(options), world_(world) {}

  uint32_t attempt() const { return attempt_; }  // from 1

  // Milliseconds until the next attempt, or none: this was the last one. `asked_ms`: what the
  // answer asks for, bounded. A 429 waits for 0 here: the block of its origin holds every request.
  std::optional<uint64_t> after_answer(int status, std::optional<uint64_t> asked_ms);
  std::optional<uint64_t> after_failure(Stage stage, const Error& error);

 private:
  std::optional<uint64_t> again(Happened happened, std::optional<uint64_t> asked_ms);

  const HttpRequest& request_;
  const HttpOptions& options_;
  World& world_;
  uint32_t attempt_ = 1;
};

}  // namespace tq
