// SPDX-License-Identifier: Apache-2.0
#include "threatq/position.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tq {
namespace {

// No server has a reason to answer so many times in a row without a new row.
constexpr uint32_t kMostWithoutRows = 16;

// Rows that joined the collection behind the read while it went on are told in the total and never
// sent. So many may be missing, and never more than the total was seen to differ.
uint64_t tolerated(uint64_t total) { return std::max<uint64_t>(total / 100, 16); }

std::string base_query(uint32_t limit) { return "limit=" + std::to_string(limit) + "&sort=id"; }

std::string query_at(std::string_view mark, uint32_t limit) {
  return base_query(limit) + "&cursorMark=" + percent_encode(mark);
}

}  // namespace

std::string Position::query(uint32_t limit) const {
  // Rows without a usable id that stand behind the last one would hide it.
  if (asking_highest_) return "limit=" + std::to_string(1 + unusable_) + "&sort=-id&offset=0";
  const std::string by_offset = base_query(limit) + "&offset=";
  if (proving_) return by_offset + std::to_string(seen_ - unusable_ - 1);
  return paging_ == Paging::kOffset ? by_offset + std::to_string(offset(limit))
                                    : query_at(mark_, limit);
}

std::optional<std::string> Position::query_after(std::string_view next_mark, uint32_t limit) const {
  if (proving_ || asking_highest_ || paging_ == Paging::kOffset || next_mark.empty() ||
      next_mark == mark_)
    return std::nullopt;
  return query_at(next_mark, limit);
}

std::optional<uint64_t> Position::total() const {
  return usable_total(paging_ == Paging::kOffset ? end_ : seen_);
}

Result<Position::Step> Position::advance(const PageFacts& facts, uint32_t limit) {
  if (facts.total) total_ = facts.total;
  if (asking_highest_) return judge_highest(facts);
  if (proving_) return prove(facts);
  if (facts.fresh == 0 && ++without_rows_ > kMostWithoutRows)
    return failure(std::to_string(kMostWithoutRows) + " answers in a row brought no new row");
  if (facts.rows > 0 && facts.rows == facts.unusable)
    return once_more("a page came without a single usable id");
  if (paging_ == Paging::kUnknown && facts.rows > 0)
    paging_ = facts.next_mark ? Paging::kCursor : Paging::kOffset;
  return paging_ == Paging::kOffset ? advance_offset(facts, limit) : advance_cursor(facts, limit);
}

// One answer alone ends nothing, whatever the total says: an empty page can be a passing fault, and
// a total can be capped just here. Two that agree do: rows on a page that was shorter than the
// others and reached the total, and then no more; or twice no more.
Result<Position::Step> Position::advance_cursor(const PageFacts& facts, uint32_t limit) {
  const bool fresh = facts.fresh > 0;
  if (facts.rows > 0 && facts.next_mark && *facts.next_mark != mark_) {
    if (!fresh) return once_more("a page was sent a second time");
    take(facts, limit);
    mark_ = *facts.next_mark;
    return Step::kTake;
  }
  ++ends_;
  const uint64_t seen = seen_ + (fresh ? facts.fresh + facts.unusable : 0);
  const bool enough = whole(seen) && (fresh || !fell(seen));
  const bool short_page = fresh ? falls_short(facts.rows, limit) : short_page_;
  const bool sure = ends_ > 1 || (short_page && usable_total(seen));
  if (!enough && ends_ > 1 && seen == 0) return failure(shortfall(seen));
  if (!(enough && sure) && ends_ == 1) return Step::kAgain;
  if (fresh) take(facts, limit);
  proving_ = !enough;
  if (fresh) return enough ? Step::kTakeAndEnd : Step::kTake;
  return enough ? Step::kEnd : Step::kAgain;
}

// The server's end came short of its total, twice. A total can also be too large: when counting
// finds the last row that was read at the place where it must be, and nothing behind it, then
// nothing is missing.
Result<Position::Step> Position::prove(const PageFacts& facts) {
  if (facts.rows == 1 + facts.unusable && facts.last_id == last_id_) return ask_highest();
  return failure(shortfall(seen_));
}

// Counting is the evidence of the same window that may hide the rest: a server that gives no offset
// beyond 10,000 ends there however many rows there are. The highest id is another witness, which
// needs no total and no offset.
Result<Position::Step> Position::ask_highest() {
  asking_highest_ = true;
  return Step::kAgain;
}

// A server that does not know the order names one of its first rows, which says nothing.
Result<Position::Step> Position::judge_highest(const PageFacts& facts) const {
  if (!facts.last_id || *facts.last_id <= *last_id_) return Step::kEnd;
  return failure(shortfall(seen_) + ": there is a row with the id " +
                 std::to_string(*facts.last_id) + ", and the last one sent was " +
                 std::to_string(*last_id_));
}

// Offsets count rows of a set that changes meanwhile. Each page therefore begins with the last row
// of the page before: an id that was seen proves that nothing between was missed. Without it, rows
// that left have moved the others forward, and the page is asked for from further back.
Result<Position::Step> Position::advance_offset(const PageFacts& facts, uint32_t limit) {
  const uint64_t from = offset(limit);
  if (from > 0 && (facts.rows == 0 || facts.first_id > last_id_)) {
    if (!look_further_back(limit))
      return failure("too many rows left the collection while it was read");
    forget_ends();
    reread_id_.reset();
    return Step::kAgain;
  }
  if (facts.fresh == 0) return nothing_new(facts, from, limit);
  take(facts, limit);
  move_to(from + facts.rows - facts.unusable_behind);
  return Step::kTake;
}

// The last row and nothing behind it is an end. No row is missing up to here, so its place decides
// whether it is the total's, not how many were seen: rows that joined behind the read were not.
Result<Position::Step> Position::nothing_new(const PageFacts& facts, uint64_t from,
                                             uint32_t limit) {
  // Without the last one itself when that has left.
  const bool last_rows =
      facts.rows < reach(limit) && (facts.last_id == last_id_ || from + facts.rows <= end_);
  if (facts.rows > 0 && !last_rows) return reread(facts, from);
  const uint64_t place = from + facts.rows;
  if (facts.rows > 0) move_to(from + facts.rows - facts.unusable_behind);
  reread_id_.reset();
  const bool enough = whole(place) && !fell(place);
  if (++ends_ == 1) return enough && short_page_ && usable_total(place) ? Step::kEnd : Step::kAgain;
  if (enough) return Step::kEnd;
  // Counting found the last row where it must be, twice: the total is too large, or a window ends.
  return facts.rows > 0 ? ask_highest() : failure(shortfall(seen_));
}

// A whole page of rows that were read: many joined in front, or the page was asked for from further
// back than was needed. Its last row is a place to go on from.
Result<Position::Step> Position::reread(const PageFacts& facts, uint64_t from) {
  forget_ends();
  if (!reread_id_ || facts.last_id > reread_id_) {
    reread_id_ = facts.last_id;
    move_to(from + facts.rows - facts.unusable_behind);
    return Step::kAgain;
  }
  if (!whole(seen_)) return failure(shortfall(seen_));
  // A server that does not page answers all it has each time.
  if (facts.last_id == last_id_ && usable_total(seen_)) return Step::kEnd;
  return failure("a page was sent a second time");
}

// First by half a page, then by a whole one; then from the beginning, if one page holds all of it.
bool Position::look_further_back(uint32_t limit) {
  const uint64_t page = reach(limit);
  if (overlap_ == 1) {
    overlap_ = std::max<uint64_t>(page / 2, 2);
  } else if (overlap_ < page - 1) {
    overlap_ = page - 1;
  } else if (overlap_ < page && end_ < limit) {
    overlap_ = page;
  } else {
    return false;
  }
  return true;
}

void Position::move_to(uint64_t end) {
  end_ = end;
  overlap_ = 1;
}

// So far back that a page still reaches a new row.
uint64_t Position::offset(uint32_t limit) const {
  const uint64_t page = reach(limit);
  if (overlap_ >= page && end_ < limit) return 0;
  const uint64_t back = std::min(overlap_, page - 1);
  return end_ > back ? end_ - back : 0;
}

void Position::take(const PageFacts& facts, uint32_t limit) {
  if (short_page_) short_counts_ = false;
  short_page_ = falls_short(facts.rows, limit);
  largest_ = std::max<uint64_t>(largest_, facts.rows);
  seen_ += facts.fresh + facts.unusable;
  unusable_ = facts.unusable_behind;
  last_id_ = facts.last_id;
  rows_total_ = total_;
  if (total_) {
    least_total_ = std::min(*total_, least_total_.value_or(*total_));
    most_total_ = std::max(*total_, most_total_.value_or(*total_));
  }
  ends_ = without_rows_ = 0;
  distrust_ = false;
  reread_id_.reset();
}

// Only answers in a row agree with each other.
void Position::forget_ends() {
  ends_ = 0;
  if (short_page_) short_counts_ = short_page_ = false;
}

bool Position::falls_short(size_t rows, uint32_t limit) const {
  return short_counts_ && !short_page_ && largest_ > 0 && rows < usual(limit);
}

std::optional<uint64_t> Position::usable_total(uint64_t seen) const {
  if (!total_ || seen > std::max(*total_, most_total_.value_or(0))) return std::nullopt;
  return total_;
}

bool Position::whole(uint64_t seen) const {
  const std::optional<uint64_t> total = usable_total(seen);
  if (!total || seen >= *total) return true;
  const uint64_t differed = std::max(*total, most_total_.value_or(*total)) -
                            std::min(*total, least_total_.value_or(*total));
  return *total - seen <= std::min(differed, tolerated(*total));
}

// An empty page whose total is far below the one that came with the last rows is a fault, not rows
// that left.
bool Position::fell(uint64_t seen) const {
  return rows_total_ && usable_total(seen) && *rows_total_ > *total_ + tolerated(seen);
}

std::string Position::shortfall(uint64_t seen) const {
  const std::string promised = total_ ? std::to_string(*total_) : "an unknown number of";
  return "ThreatQ promised " + promised + " rows and sent " + std::to_string(seen);
}

Result<Position::Step> Position::once_more(std::string reason) {
  forget_ends();
  if (distrust_) return failure(std::move(reason));
  distrust_ = true;
  return Step::kAgain;
}

Error Position::failure(std::string reason) {
  return Error{Status::kTransient,
               "the read is not whole: " + std::move(reason) + ". It is tried again later"};
}

}  // namespace tq
