// SPDX-License-Identifier: Apache-2.0
// Gate: where a request waits until its origin may be asked. Any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "core/cancel.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "net/rate.hpp"

namespace tq {

class Gate {
 public:
  Gate(std::unique_ptr<RateBook> book, uint64_t max_block_ms, World& world, Log& log)
      : book_(std::move(book)), max_block_ms_(max_block_ms), world_(world), log_(log) {}

  // Waits for the origin's block and budget and takes one request from it. E_CANCELLED.
  Result<void> pass(const Origin& origin, const Cancel& cancel);

  // Nobody asks the origin for this long, at most `max_block_ms`.
  Result<void> block(const Origin& origin, uint64_t milliseconds);

  Result<void> limit(const Origin& origin, uint32_t requests_per_minute);

 private:
  const std::unique_ptr<RateBook> book_;
  const uint64_t max_block_ms_;
  World& world_;
  Log& log_;
};

}  // namespace tq
