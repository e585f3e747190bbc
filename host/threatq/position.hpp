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
  // As the newest page told it; null when none did, or when more rows came than any page told.
  std::optional<uint64_t> total() const;

  // `facts`: of the answer to query(limit), parsed with last_id(). E_TRANSIENT: the read is not
  // whole and cannot become so.
  Result<Step> advance(const PageFacts& facts, uint32_t limit);

 private:
  enum class Paging { kUnknown, kCursor, kOffset };

  Result<Step> advance_cursor(const PageFacts& facts, uint32_t limit);
  Result<Step> advance_offset(const PageFacts& facts, uint32_t limit);
  Result<Step> nothing_new(const PageFacts& facts, uint64_t from, uint32_t limit);
  Result<Step> reread(const PageFacts& facts, uint64_t from);
  Result<Step> prove(const PageFacts& facts);
  Result<Step> ask_highest();
  Result<Step> judge_highest(const PageFacts& facts) const;
  Result<Step> once_more(std::string reason);
  void take(const PageFacts& facts, uint32_t limit);
  bool look_further_back(uint32_t limit);
  void move_to(uint64_t end);
  void forget_ends();
  bool falls_short(size_t rows, uint32_t limit) const;
  bool whole(uint64_t seen) const;
  bool fell(uint64_t seen) const;
  std::optional<uint64_t> usable_total(uint64_t seen) const;
  static Error failure(std::string reason);
  std::string shortfall(uint64_t seen) const;
  // As many rows as a page of that limit can be expected to have: the server may give fewer than
  // were asked for.
  uint64_t usual(uint32_t limit) const {
    return largest_ == 0 ? limit : std::min<uint64_t>(limit, largest_);
  }
  // With room for one row that is known and one that is not.
  uint64_t reach(uint32_t limit) const { return std::max<uint64_t>(usual(limit), 2); }
  uint64_t offset(uint32_t limit) const;

  Paging paging_ = Paging::kUnknown;
  std::string mark_ = "*";
  uint64_t end_ = 0;                   // offset paging: behind the last row that was taken
  uint64_t overlap_ = 1;               // offset paging: rows asked for a second time
  std::optional<uint64_t> reread_id_;  // offset paging: how far pages of known rows have come
  std::optional<uint64_t> last_id_;
  uint64_t seen_ = 0;      // rows taken, and those that could not be used
  uint64_t unusable_ = 0;  // those of them that stand behind the last one taken
  uint64_t largest_ = 0;   // rows of the largest page

  std::optional<uint64_t> total_;                                  // the newest
  std::optional<uint64_t> rows_total_, least_total_, most_total_;  // told with rows that were taken

  bool short_page_ = false;      // the newest rows came on a page that was shorter than others
  bool short_counts_ = true;     // no such page was followed by more rows yet
  uint32_t ends_ = 0;            // answers in a row that said that nothing follows
  uint32_t without_rows_ = 0;    // answers in a row that brought nothing new
  bool distrust_ = false;        // the newest answer could not be right
  bool proving_ = false;         // the next page shows whether anything is missing
  bool asking_highest_ = false;  // the next page tells the highest id that there is
};

}  // namespace tq
