// SPDX-License-Identifier: Apache-2.0
// All indicators of the instance in columns, so that a million fit into little memory. Rows ascend
// by id and ids leave gaps; a deleted row stays as a gap. Reading from several threads is fine,
// writing needs the caller's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/threatq/catalogue.hpp"
#include "lab/threatq/times.hpp"

namespace lab::threatq {

using Row = std::uint32_t;
using IndicatorId = std::uint32_t;

struct NewIndicator {
  IndicatorId id = 0;  // 0: the next one
  std::string_view value;
  TypeIndex type = 0;
  StatusIndex status = 0;
  std::uint8_t score = 0;
  Seconds created = 0;
  Seconds updated = 0;
  Seconds touched = 0;
  bool generated = false;  // its context is derived from its id
};

class IndicatorStore {
 public:
  static constexpr IndicatorId kLeastGap = 2;  // a fault may put a row between any two

  // REQUIRES: a given id is greater than all before.
  Row add(const NewIndicator& indicator);
  void remove(Row row);

  Row rows() const { return static_cast<Row>(ids_.size()); }
  std::size_t living() const { return living_; }
  bool alive(Row row) const { return (flags_[row] & kAlive) != 0; }
  bool generated(Row row) const { return (flags_[row] & kGenerated) != 0; }

  IndicatorId id(Row row) const { return ids_[row]; }
  std::string_view value(Row row) const {
    return {text_.data() + value_start_[row], value_length_[row]};
  }
  TypeIndex type(Row row) const { return types_[row]; }
  StatusIndex status(Row row) const { return statuses_[row]; }
  int generated_score(Row row) const { return scores_[row]; }
  std::optional<int> manual_score(Row row) const;
  int score(Row row) const { return manual_[row] >= 0 ? manual_[row] : scores_[row]; }
  Seconds created(Row row) const { return created_[row]; }
  Seconds updated(Row row) const { return updated_[row]; }
  Seconds touched(Row row) const { return touched_[row]; }
  std::uint64_t changed(Row row) const { return changed_[row]; }  // version of its last change

  // Only living rows.
  std::optional<Row> find(IndicatorId id) const;
  // Needs the lock for writing: it may build an index.
  std::optional<Row> find(TypeIndex type, std::string_view value);

  // These raise updated_at and touched_at; touch() raises touched_at only.
  void set_status(Row row, StatusIndex status);
  void set_type(Row row, TypeIndex type);
  void set_value(Row row, std::string_view value);
  void set_manual_score(Row row, std::optional<int> score);
  void update(Row row);
  void touch(Row row);

  // Rises with every change.
  std::uint64_t version() const { return version_; }

  void reserve(std::size_t rows, std::size_t text_bytes);

 private:
  static constexpr std::uint8_t kAlive = 1;
  static constexpr std::uint8_t kGenerated = 2;

  void put_text(Row row, std::string_view value);
  void build_index();
  void put_in_index(Row row);

  std::vector<IndicatorId> ids_;
  std::vector<std::uint32_t> value_start_, value_length_;
  std::vector<TypeIndex> types_;
  std::vector<StatusIndex> statuses_;
  std::vector<std::uint8_t> scores_, flags_;
  std::vector<std::int8_t> manual_;  // -1: none
  std::vector<Seconds> created_, updated_, touched_;
  std::vector<std::uint32_t> changed_;
  std::vector<char> text_;
  std::size_t living_ = 0;
  std::uint32_t version_ = 0;
  std::vector<Row> index_;  // open addressing by (type, value); empty until it is needed
  std::size_t indexed_ = 0;
};

}  // namespace lab::threatq
