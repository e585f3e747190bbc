// SPDX-License-Identifier: Apache-2.0
// The "sort" parameter, and cursor marks: opaque texts that say after which row a page goes on.
// Fixed once made; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/threatq/store.hpp"

namespace lab::threatq {

class SortOrder {
 public:
  // As "updated_at", "-created_at,id"; empty: by id. Throws Refusal.
  static SortOrder parse(const std::string& text);

  // Rows come in by id.
  void apply(const IndicatorStore& store, std::vector<Row>& rows) const;

  std::string mark(const IndicatorStore& store, Row last) const;

  // The place of the first of these sorted rows behind the mark; "*" is before all. Throws Refusal
  // when it is no mark of this order.
  std::size_t place_after(const std::string& mark, const IndicatorStore& store,
                          const std::vector<Row>& rows) const;

  const std::string& text() const { return text_; }

 private:
  enum class Field : std::uint8_t { kId, kCreated, kUpdated, kTouched, kScore };
  struct Key {
    Field field;
    bool descending;
  };
  using Place = std::vector<std::int64_t>;  // of a row: its keys, so that less is earlier

  static std::optional<Field> field(std::string_view name);
  static std::int64_t value(const Key& key, const IndicatorStore& store, Row row);
  Place place(const IndicatorStore& store, Row row) const;

  std::string text_;
  std::vector<Key> keys_;  // ends with the id, so that the order is whole
};

}  // namespace lab::threatq
