// SPDX-License-Identifier: Apache-2.0
#include "threatq/position.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tq {
namespace {

// Rows that joined the collection behind the read while it went on are told in the total and never
// sent. So many may be missing, and never more than the total was seen to move.
uint64_t tolerated(uint64_t total) { return std::max<uint64_t>(total / 100, 16); }

std::string base_query(uint32_t limit) { return "limit=" + std::to_string(limit) + "&sort=id"; }

std::string query_at(std::string_view mark, uint32_t limit) {
  return base_query(limit) + "&cursorMark=" + percent_encode(mark);
}

}  // namespace

std::string Position::query(uint32_t limit) const {
  if (proving_) return base_query(limit) + "&offset=" + std::to_string(seen_ - 1);
  return paging_ == Paging::kOffset ? base_query(limit) + "&offset=" + std::to_string(offset(limit))
                                    : query_at(mark_, limit);
}

std::optional<std::string> Position::query_after(std::string_view next_mark, uint32_t limit) const {
  if (proving_ || paging_ == Paging::kOffset || next_mark.empty() || next_mark == mark_)
    return std::nullopt;
  return query_at(next_mark, limit);
}

Result<Position::Step> Position::advance(const PageFacts& facts, uint32_t limit) {
  note_total(facts);
  if (proving_) return prove(facts);
  if (facts.rows > 0 && facts.rows == facts.unusable)
    return again("a page came without a single usable id");
  if (paging_ == Paging::kUnknown && facts.rows > 0)
    paging_ = facts.next_mark ? Paging::kCursor : Paging::kOffset;
  return paging_ == Paging::kOffset ? advance_offset(facts, limit) : advance_cursor(facts);
}

Result<Position::Step> Position::advance_cursor(const PageFacts& facts) {
  const bool last = facts.rows == 0 || !facts.next_mark || *facts.next_mark == mark_;
  if (!last) {
    if (facts.fresh == 0) return again("a page was sent a second time");
    take(facts);
    mark_ = *facts.next_mark;
    return Step::kTake;
  }
  const uint64_t seen = seen_ + facts.fresh + (facts.fresh > 0 ? facts.unusable : 0);
  // An empty page whose total is far below the one that came with the last rows is a fault, not
  // rows that left. Nothing is believed at once when nothing was read or no total was told.
  const bool fell =
      facts.fresh == 0 && rows_total_ && total_ && *rows_total_ > *total_ + tolerated(seen);
  const bool sure = asked_again_ || (seen > 0 && total_);
  const bool enough = whole(seen) && !fell && sure;
  if (!enough && (!asked_again_ || seen == 0)) return again(shortfall(seen));
  if (facts.fresh > 0) take(facts);
  proving_ = !enough;
  if (facts.fresh > 0) return enough ? Step::kTakeAndEnd : Step::kTake;
  return enough ? Step::kEnd : Step::kAgain;
}

// The server's end came short of its total, twice. A total can also be too large: when counting
// finds the last row that was read at the place where it must be, and nothing behind it, then
// nothing is missing.
Result<Position::Step> Position::prove(const PageFacts& facts) {
  if (facts.rows == 1 && facts.last_id == last_id_) return Step::kEnd;
  return failure(shortfall(seen_));
}

// Offsets count rows of a set that changes meanwhile. Each page therefore begins with the last row
// of the page before: an id that was seen proves that nothing between was missed. Without it, rows
// that left have moved the others forward, and the page is asked for from further back.
Result<Position::Step> Position::advance_offset(const PageFacts& facts, uint32_t limit) {
  const uint64_t from = offset(limit);
  if (from > 0 && (facts.rows == 0 || facts.first_id > last_id_)) {
    if (overlap_ + 1 >= limit)
      return failure("too many rows left the collection while it was read");
    overlap_ = overlap_ == 1 ? std::max<uint64_t>(limit / 2, 2) : limit - 1;
    return Step::kAgain;
  }
  if (facts.fresh == 0) {
    // The last row alone, found where it must be: the same proof.
    const bool proved = asked_again_ && facts.rows == 1 && overlap_ == 1;
    if (!whole(seen_) && !proved) return again(shortfall(seen_));
    if (facts.last_id != last_id_) return again("a page was sent a second time");
    return Step::kEnd;
  }
  // No row is missing up to here, so the place in the total decides, not how many were seen: rows
  // that joined behind the read were not.
  // A full page at the end of the total is followed up: a total can be capped.
  const bool last = total_ && facts.rows < limit && from + facts.rows >= *total_;
  take(facts);
  end_ = from + facts.rows;
  overlap_ = 1;
  return last ? Step::kTakeAndEnd : Step::kTake;
}

void Position::note_total(const PageFacts& facts) {
  if (!facts.total) return;
  if (total_) moved_ += std::max(*total_, *facts.total) - std::min(*total_, *facts.total);
  total_ = facts.total;
}

void Position::take(const PageFacts& facts) {
  seen_ += facts.fresh + facts.unusable;
  last_id_ = facts.last_id;
  rows_total_ = total_;
  asked_again_ = false;
}

bool Position::whole(uint64_t seen) const {
  if (!total_ || seen >= *total_) return true;
  return *total_ - seen <= std::min(moved_, tolerated(*total_));
}

std::string Position::shortfall(uint64_t seen) const {
  const std::string promised = total_ ? std::to_string(*total_) : "an unknown number of";
  return "ThreatQ promised " + promised + " rows and sent " + std::to_string(seen);
}

Result<Position::Step> Position::again(std::string reason) {
  if (asked_again_) return failure(std::move(reason));
  asked_again_ = true;
  return Step::kAgain;
}

Error Position::failure(std::string reason) {
  return Error{Status::kTransient,
               "the read is not whole: " + std::move(reason) + ". It is tried again later"};
}

}  // namespace tq
