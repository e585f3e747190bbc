// SPDX-License-Identifier: Apache-2.0
// ValueIndex: which rows of a report have which value: a hash table that keeps no values, only
// where the rows begin, and that is cleared from report to report. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cb_edr {

class ValueIndex {
 public:
  void clear() {
    if (used_ > 0) std::fill(slots_.begin(), slots_.end(), Slot{});
    used_ = 0;
  }

  // Takes the row in, unless `same` holds for a row with that hash: then false.
  template <typename Same>
  bool insert(uint32_t hash, uint32_t row, Same same) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    size_t at = hash & (slots_.size() - 1);
    for (; slots_[at].row_plus_1 != 0; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].hash == hash && same(slots_[at].row_plus_1 - 1)) return false;
    slots_[at] = {hash, row + 1};
    ++used_;
    return true;
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t row_plus_1 = 0;  // 0: free
  };
  static constexpr size_t kFirstSlots = 256;

  void grow() {
    std::vector<Slot> larger(std::max(kFirstSlots, 2 * slots_.size()));
    for (const Slot& slot : slots_) {
      if (slot.row_plus_1 == 0) continue;
      size_t at = slot.hash & (larger.size() - 1);
      while (larger[at].row_plus_1 != 0) at = (at + 1) & (larger.size() - 1);
      larger[at] = slot;
    }
    slots_ = std::move(larger);
  }

  std::vector<Slot> slots_;  // a power of two, at most half of them used
  size_t used_ = 0;
};

}  // namespace cb_edr
