// SPDX-License-Identifier: Apache-2.0
#include "threatq/position.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tq {
namespace {

// Nobody would notice that a collection came out empty by mistake, and there is no row to compare a
// proof with: so many answers in a row have to say that there is none.
constexpr uint32_t kEndsOfNothing = 3;
constexpr uint32_t kEndsOfRows = 2;

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
  if (proof_ == Proof::kHighest)
    return "limit=" + std::to_string(1 + unusable_) + "&sort=-id&offset=0";
  if (proof_ == Proof::kPlace)
    return base_query(limit) + "&offset=" + std::to_string(seen_ - unusable_ - 1);
  return paging_ == Paging::kOffset ? base_query(limit) + "&offset=" + std::to_string(offset(limit))
                                    : query_at(mark_, limit);
}

std::optional<std::string> Position::query_after(std::string_view next_mark, uint32_t limit) const {
  if (proving() || paging_ == Paging::kOffset || next_mark.empty() || next_mark == mark_)
    return std::nullopt;
  return query_at(next_mark, limit);
}

std::optional<uint64_t> Position::total() const {
  return usable_total(paging_ == Paging::kOffset ? end_ : seen_);
}

Result<Position::Step> Position::advance(const PageFacts& facts, uint32_t limit) {
  if (facts.total) total_ = facts.total;
  if (proving()) return prove(facts);
  if (facts.fresh == 0 && ++without_rows_ > kMostWithoutRows)
    return failure(std::to_string(kMostWithoutRows) + " answers in a row brought no new row");
  if (facts.rows > 0 && facts.rows == facts.unusable)
    return once_more("a page came without a single usable id");
  if (paging_ == Paging::kUnknown && facts.rows > 0)
    paging_ = facts.next_mark ? Paging::kCursor : Paging::kOffset;
  return paging_ == Paging::kOffset ? advance_offset(facts, limit) : advance_cursor(facts, limit);
}

// An answer that nothing follows ends nothing, whatever the total says: an empty page can be a
// passing fault, and pages and total can be capped at the same row. It leads to the proof: at once
// when it reaches a total, else when it is repeated.
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
  if (!enough && ends_ > 1 && seen == 0) return failure(shortfall(seen));
  if (fresh) {
    const bool short_page = falls_short(facts.rows, limit);
    if (ends_ == 1 && !(short_page && enough && usable_total(seen))) return Step::kAgain;
    take(facts, limit);
    begin_proof(enough);
    return Step::kTake;
  }
  const bool at_total = enough && usable_total(seen) && last_id_;
  if (!at_total && ends_ < (last_id_ ? kEndsOfRows : kEndsOfNothing)) return Step::kAgain;
  return begin_proof(enough);
}

// `enough`: the total, if there is one, allows the end.
Position::Step Position::begin_proof(bool enough) {
  proof_ = Proof::kHighest;
  told_missing_ = !enough;
  return ends_ < 2 ? Step::kAskNext : Step::kAgain;
}

// The answer that names the highest id: it needs no total, and no window of the server's hides it.
// A row that is behind the last one may have joined just now, so the read goes on once to fetch it.
Result<Position::Step> Position::prove(const PageFacts& facts) {
  if (proves_end(facts)) {
    // A total that says more may be too large, or a cursor has skipped rows. Offsets cannot: each
    // page began with a row that was known.
    const bool may_have_skipped = told_missing_ && last_id_ && paging_ != Paging::kOffset;
    if (!may_have_skipped || proof_ == Proof::kPlace) return Step::kEnd;
    proof_ = Proof::kPlace;
    return Step::kAskNext;
  }
  if (proof_ == Proof::kPlace) return failure(shortfall(seen_));
  std::string reason = shortfall(seen_);
  if (facts.last_id && (!last_id_ || *facts.last_id > *last_id_)) {
    reason += ": there is a row with the id " + std::to_string(*facts.last_id) + ", and " +
              (last_id_ ? "the last one sent was " + std::to_string(*last_id_) : "none was sent");
  } else {
    reason += ", and did not tell which is the last when it was asked with sort=-id";
  }
  const bool once = !told_missing_ && !disproved_;
  proof_ = Proof::kNone;
  disproved_ = true;
  forget_ends();
  return once ? Result<Step>(Step::kAgain) : failure(std::move(reason));
}

bool Position::proves_end(const PageFacts& facts) const {
  if (!last_id_) return facts.rows == 0;
  const bool one = facts.rows == 1 + facts.unusable && facts.last_id;
  if (proof_ == Proof::kPlace) return one && facts.last_id == last_id_;
  return one && can_be_highest(*facts.last_id);
}

// A server that does not know the order answers one of its first rows. The last ones may have left.
bool Position::can_be_highest(uint64_t id) const {
  if (id > *last_id_) return false;
  if (*front_last_ < *last_id_) return id >= *front_last_;
  return id > *first_id_ || *first_id_ == *last_id_;
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
    return facts.rows == 0 ? Step::kAgain : Step::kAskNext;
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
  ++ends_;
  if (!enough && ends_ > 1 && facts.rows == 0) return failure(shortfall(seen_));
  const bool at_total = enough && usable_total(place) && last_id_;
  if (!at_total && ends_ < (last_id_ ? kEndsOfRows : kEndsOfNothing)) return Step::kAgain;
  return begin_proof(enough);
}

// A whole page of rows that were read: many joined in front, or the page was asked for from further
// back than was needed. Its last row is a place to go on from.
Result<Position::Step> Position::reread(const PageFacts& facts, uint64_t from) {
  forget_ends();
  if (!reread_id_ || facts.last_id > reread_id_) {
    reread_id_ = facts.last_id;
    move_to(from + facts.rows - facts.unusable_behind);
    return Step::kAskNext;
  }
  if (!whole(seen_)) return failure(shortfall(seen_));
  // A server that does not page answers all it has each time.
  if (facts.last_id == last_id_ && usable_total(seen_)) return begin_proof(true);
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
  if (!first_id_) {
    first_id_ = facts.first_id;
    front_last_ = facts.last_id;
  }
  last_id_ = facts.last_id;
  rows_total_ = total_;
  if (total_) {
    least_total_ = std::min(*total_, least_total_.value_or(*total_));
    most_total_ = std::max(*total_, most_total_.value_or(*total_));
  }
  ends_ = without_rows_ = 0;
  distrust_ = disproved_ = false;
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
