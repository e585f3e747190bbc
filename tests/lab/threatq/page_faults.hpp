// SPDX-License-Identifier: Apache-2.0
// What tests make go wrong with the pages of searches for indicators. All members are thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "lab/service.hpp"

namespace lab::threatq {

struct PageRequest {
  std::size_t begin = 0;  // place of the first row in the whole result
  std::size_t limit = 0;
  bool by_cursor = false;
};

struct PagePlan {
  std::size_t begin = 0;
  std::size_t limit = 0;  // of rows that exist
  bool stay = false;      // nextCursorMark is the one that was sent
  // Rows of this page serve as the ones before did, but the cursor moves on as if they were its
  // own.
  bool moves_as_asked = false;
  std::size_t bad_rows = 0;       // to put in between
  std::int64_t total_offset = 0;  // to add to the real total
};

class PageFaults {
 public:
  // One member of a service fault; false: not one of these, or not understood.
  //   "repeat_page": true      once: a page after the first repeats the rows of the page before,
  //   and
  //                            the cursor does not move; "moving": the cursor does
  //   "empty_page": true       once: a page after the first comes empty, the cursor does not move
  //   "bad_rows": N            once: a page holds N damaged rows between good ones
  //   "shift_pages": N         until 0: with offset paging, pages after the first begin N rows
  //   late,
  //                            as if N rows before had gone; a negative N: early
  //   "total_too_large": B     until false: total is ten more than there is
  //   "refuse_page_above": N   until 0: a larger limit is answered 413; or
  //                            {"rows": N, "status": 504}
  //   "old_answers": B         until false: as --answers old; "names": as old-names
  bool set(const std::string& name, const Json& value);
  void clear();

  // The status for a page of this size, if it is refused.
  std::optional<int> refusal(std::size_t limit) const;
  PagePlan plan(const PageRequest& page);
  std::string answers(const std::string& otherwise) const;

 private:
  enum class Repeat { kNo, kStay, kMove };

  bool set_refusal(const Json& value);

  mutable std::mutex mutex_;
  Repeat repeat_ = Repeat::kNo;
  bool empty_ = false;
  bool total_too_large_ = false;
  std::size_t bad_rows_ = 0;
  std::int64_t shift_ = 0;
  std::size_t refuse_above_ = 0;
  int refuse_status_ = 413;
  std::optional<std::string> answers_;
  // Where damaged rows stand in the offsets of the read that is under way.
  std::size_t placed_at_ = 0;
  std::size_t placed_rows_ = 0;
};

}  // namespace lab::threatq
