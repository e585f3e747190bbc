// SPDX-License-Identifier: Apache-2.0
// What was promised to an origin: at most so many requests a minute, and none before a time that it
// gave. RateBook keeps one record an origin, in files that processes share or in memory. Any
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/file.hpp"
#include "core/result.hpp"
#include "net/url.hpp"

namespace tq {

// Wall times, because they outlive processes.
struct RateRecord {
  uint32_t per_minute = 0;    // 0: no limit
  int64_t next_ms = 0;        // when the bucket would be full again (GCRA's arrival time)
  int64_t not_before_ms = 0;  // by Retry-After

  bool operator==(const RateRecord&) const = default;
};

struct Admission {
  uint64_t wait_ms = 0;  // 0: admitted, and counted in the record
  bool blocked = false;  // by Retry-After, not by the budget
};

// Whether a request may go at `now_ms`. A record from the future (the clock went back) is corrected
// to what could be asked at most: `max_block_ms`, or the interval of the budget.
Admission admit(RateRecord* record, int64_t now_ms, uint64_t max_block_ms);

// A line of text; a damaged one reads as an empty record.
std::string format_record(const RateRecord& record);
RateRecord parse_record(std::string_view text);

class RateBook {
 public:
  // E_CONFIG, E_TRANSIENT: the folder cannot be made. An empty one: in memory.
  static Result<std::unique_ptr<RateBook>> create(const std::filesystem::path& folder);

  // Shows the record to `change` and stores it, while nobody else does so.
  Result<void> update(const Origin& origin, const std::function<void(RateRecord*)>& change);

 private:
  explicit RateBook(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<void> update_file(const Origin& origin, const std::function<void(RateRecord*)>& change);

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, RateRecord> records_;
  std::map<std::string, UniqueFd> files_;
};

}  // namespace tq
