// SPDX-License-Identifier: Apache-2.0
#include "threatq/page_rows.hpp"

namespace tq {
namespace {

void clear_text(TextColumn* column) {
  column->off.assign(1, 0);
  column->bytes.clear();
}

void clear_batch(IndicatorBatch* batch) {
  batch->id.clear();
  batch->type.clear();
  batch->status.clear();
  batch->score.clear();
  batch->updated_ms.clear();
  clear_text(&batch->value);
  clear_text(&batch->raw);
}

}  // namespace

IndicatorBatch& PageRows::with_room(size_t text_bytes) {
  if (used_ > 0) {
    IndicatorBatch& last = batches_[used_ - 1];
    const size_t text = last.value.bytes.size() + last.raw.bytes.size();
    if (last.rows() < kMaxRows && text + text_bytes <= kMaxTextBytes) return last;
  }
  if (used_ == batches_.size()) batches_.emplace_back();
  IndicatorBatch& next = batches_[used_++];
  clear_batch(&next);
  return next;
}

void append(TextColumn* column, std::string_view text) {
  column->bytes += text;
  column->off.push_back(static_cast<uint32_t>(column->bytes.size()));
}

}  // namespace tq
