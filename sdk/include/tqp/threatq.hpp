// SPDX-License-Identifier: Apache-2.0
// ThreatQ: reading a data collection, row by row for the author, in batches of columns underneath.
// Home thread. A Cursor owns its handle and must end before the instance does.
#pragma once

#include <tqp/host.hpp>
#include <tqp/json_writer.hpp>

#include <iterator>

namespace tqp {

// One row, as a view into the current batch: valid until the loop's next step.
class Indicator {
 public:
  Indicator(const tqp_indicators* batch, uint32_t row) : batch_(batch), row_(row) {}

  uint64_t id() const { return batch_->id[row_]; }
  // Those below need their column, or are empty, -1, INT64_MIN.
  std::string_view value() const { return cell(batch_->value); }
  std::string_view raw() const { return cell(batch_->raw); }
  uint32_t type() const { return batch_->type == nullptr ? kNoIndex : batch_->type[row_]; }
  uint32_t status() const { return batch_->status == nullptr ? kNoIndex : batch_->status[row_]; }
  int score() const { return batch_->score == nullptr ? -1 : batch_->score[row_]; }
  int64_t updated_ms() const {
    return batch_->updated_ms == nullptr ? INT64_MIN : batch_->updated_ms[row_];
  }

  static constexpr uint32_t kNoIndex = UINT32_MAX;

 private:
  std::string_view cell(const tqp_text_column& column) const {
    if (column.off == nullptr) return {};
    return {column.bytes + column.off[row_], column.off[row_ + 1] - column.off[row_]};
  }

  const tqp_indicators* batch_;
  uint32_t row_;
};

// for (tqp::Indicator indicator : cursor) { ... }  TQP_TRY(cursor.result());
// The loop also ends when the read fails: result() tells. When a facet succeeds although a failure
// was never asked for, the facet call fails with it, so that half a collection never passes for a
// whole one.
class Cursor {
 public:
  Cursor(const tqp_threatq* table, tqp_cursor* cursor, Unclaimed* unclaimed)
      : table_(table), cursor_(cursor), unclaimed_(unclaimed) {}
  Cursor(Cursor&& other) noexcept
      : table_(other.table_),
        cursor_(std::exchange(other.cursor_, nullptr)),
        unclaimed_(other.unclaimed_),
        batch_(other.batch_),
        whole_(other.whole_),
        error_(std::exchange(other.error_, std::nullopt)) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor() {
    table_->close(cursor_);
    if (error_.has_value()) unclaimed_->error = std::move(error_);
  }

  class Iterator {
   public:
    using value_type = Indicator;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = Indicator;

    explicit Iterator(Cursor* cursor) : cursor_(cursor) {}
    Indicator operator*() const { return {&cursor_->batch_, row_}; }
    Iterator& operator++() {
      if (++row_ < cursor_->batch_.count) return *this;
      row_ = 0;
      if (!cursor_->fill()) cursor_ = nullptr;
      return *this;
    }
    bool operator==(const Iterator& other) const { return cursor_ == other.cursor_; }
    bool operator!=(const Iterator& other) const { return cursor_ != other.cursor_; }

   private:
    Cursor* cursor_;
    uint32_t row_ = 0;
  };
  // Once: a cursor goes forward only.
  Iterator begin() { return Iterator(fill() ? this : nullptr); }
  Iterator end() { return Iterator(nullptr); }

  // The next batch of columns, for authors who want them; null at the end and after a failure.
  const tqp_indicators* next_batch() { return fill() ? &batch_ : nullptr; }

  // Whether the whole collection was read.
  bool whole() const { return whole_; }
  Result<void> result() {
    if (!error_.has_value()) return {};
    return *std::exchange(error_, std::nullopt);
  }

  std::string_view type_name(uint32_t index) const { return name(TQP_DICT_TYPE, index); }
  std::string_view status_name(uint32_t index) const { return name(TQP_DICT_STATUS, index); }
  std::string_view name(uint32_t dictionary, uint32_t index) const {  // lives as long as the cursor
    return to_view(table_->dictionary(cursor_, dictionary, index));
  }
  // JSON: see tqp_threatq.describe.
  Result<std::string> describe() const {
    Fault fault;
    std::string json;
    const tqp_status status = table_->describe(cursor_, sink_to(json), fault.raw());
    if (status != TQP_OK) return fault.as(status);
    return json;
  }

 private:
  bool fill() {
    if (whole_ || stopped_) return false;
    Fault fault;
    batch_ = {};
    batch_.size = sizeof batch_;
    const tqp_status status = table_->next(cursor_, &batch_, fault.raw());
    if (status == TQP_OK && batch_.count > 0) return true;
    whole_ = status == TQP_END;
    stopped_ = true;
    if (status == TQP_OK) {
      error_ = Error{TQP_E_BUG, "the host gave an empty batch of indicators"};
    } else if (!whole_) {
      error_ = fault.as(status);
    }
    return false;
  }

  const tqp_threatq* table_;
  tqp_cursor* cursor_;
  Unclaimed* unclaimed_;
  tqp_indicators batch_{};
  bool whole_ = false;
  bool stopped_ = false;
  std::optional<Error> error_{};
};

class ThreatQ {
 public:
  ThreatQ() = default;
  ThreatQ(tqp_host_ctx* ctx, const tqp_threatq* table, Unclaimed* unclaimed)
      : ctx_(ctx), table_(table), unclaimed_(unclaimed) {}
  explicit operator bool() const { return table_ != nullptr; }

  // Columns: "value", "type", "status", "score", "updated_ms", "raw"; what is not named is not
  // fetched. Rows: updated at or after `since_ms`, and of exactly this value, when given.
  Result<Cursor> open(std::string_view collection, std::initializer_list<std::string_view> columns,
                      std::optional<int64_t> since_ms = std::nullopt,
                      std::optional<std::string_view> value = std::nullopt) const {
    if (table_ == nullptr) return not_served(TQP_THREATQ);
    JsonWriter spec;
    spec.begin_object().member("collection", collection).key("columns").begin_array();
    for (std::string_view column : columns) spec.value(column);
    spec.end_array();
    if (since_ms.has_value()) spec.member("since", *since_ms);
    if (value.has_value()) spec.member("value", *value);
    spec.end_object();
    Fault fault;
    tqp_cursor* cursor = nullptr;
    const tqp_status status = table_->open(ctx_, to_str(spec.view()), &cursor, fault.raw());
    if (status != TQP_OK) return fault.as(status);
    return Cursor(table_, cursor, unclaimed_);
  }

 private:
  tqp_host_ctx* ctx_ = nullptr;
  const tqp_threatq* table_ = nullptr;
  Unclaimed* unclaimed_ = nullptr;
};

}  // namespace tqp
