// SPDX-License-Identifier: Apache-2.0
// PageRows: the rows of one page, as one or more batches whose memory is used again for the next
// page. One thread at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "threatq/client.hpp"

namespace tq {

class PageRows {
 public:
  static constexpr size_t kMaxRows = 4096;
  static constexpr size_t kMaxTextBytes = 1 << 20;  // more only when one row has more

  size_t size() const { return used_; }
  const IndicatorBatch& operator[](size_t index) const { return batches_[index]; }

  void clear() { used_ = 0; }
  // The batch for a row with that much text.
  IndicatorBatch& with_room(size_t text_bytes);

 private:
  std::vector<IndicatorBatch> batches_;
  size_t used_ = 0;
};

void append(TextColumn* column, std::string_view text);

}  // namespace tq
