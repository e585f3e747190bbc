// SPDX-License-Identifier: Apache-2.0
// Position: how far a paged read has come, what to ask for next, and whether what was read is the
// whole collection. Only decides; sends nothing. One thread. docs/threatq.md has the rules.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "threatq/page_parser.hpp"

namespace tq {

class Position {
 public:
  enum class Step {
    kTake,        // the page's rows are the next ones; ask on
    kTakeAndEnd,  // they are the last ones
    kEnd,         // there were no more
    kAgain,       // forget the page and ask again: it cannot be right, or rows may be missing
  };

  // The query part of the next request, for pages of `limit` rows.
  std::string query(uint32_t limit) const;
  // What query() most likely answers once a page that names this next mark was taken; null when
  // that page will be the last one or pages are not found by marks.
  std::optional<std::string> query_after(std::string_view next_mark, uint32_t limit) const;
  // Highest id taken so far.
  std::optional<uint64_t> last_id() const { return last_id_; }
  // As the newest page told it.
  std::optional<uint64_t> total() const { return total_; }

  // `facts`: of the answer to query(limit), parsed with last_id(). E_TRANSIENT: the read is not
  // whole and cannot become so.
  Result<Step> advance(const PageFacts& facts, uint32_t limit);

 private:
  enum class Paging { kUnknown, kCursor, kOffset };

  Result<Step> advance_cursor(const PageFacts& facts);
  Result<Step> advance_offset(const PageFacts& facts, uint32_t limit);
  Result<Step> prove(const PageFacts& facts);
  void note_total(const PageFacts& facts);
  void take(const PageFacts& facts);
  bool whole(uint64_t seen) const;
  Result<Step> again(std::string reason);
  static Error failure(std::string reason);
  std::string shortfall(uint64_t seen) const;
  // So far back that a page of `limit` rows still reaches a new one.
  uint64_t offset(uint32_t limit) const {
    const uint64_t back = std::min<uint64_t>(overlap_, limit - 1);
    return end_ > back ? end_ - back : 0;
  }

  Paging paging_ = Paging::kUnknown;
  std::string mark_ = "*";
  uint64_t end_ = 0;      // offset paging: where the last page ended
  uint64_t overlap_ = 1;  // offset paging: rows asked for a second time
  std::optional<uint64_t> last_id_, total_;
  std::optional<uint64_t> rows_total_;  // as it was told with the last rows that were taken
  uint64_t seen_ = 0;                   // rows taken, and those that could not be used
  uint64_t moved_ = 0;                  // by how much the total changed between pages, up and down
  bool asked_again_ = false;
  bool proving_ = false;  // the next page shows whether anything is missing
};

}  // namespace tq
