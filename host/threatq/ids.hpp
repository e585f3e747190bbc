// SPDX-License-Identifier: Apache-2.0
// Ids of ThreatQ's records, which arrive as numbers or as text. Any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace tq {

// Digits only.
inline std::optional<uint64_t> parse_id(std::string_view text) {
  uint64_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return id;
}

inline std::optional<uint64_t> as_id(const Json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (value.is_string()) return parse_id(value.get_ref<const std::string&>());
  return {};
}

// The member "id" of a record.
inline std::optional<uint64_t> read_id(const Json& record) {
  const auto id = record.find("id");
  return id == record.end() ? std::nullopt : as_id(*id);
}

// The member "id" as text, whatever it is; empty: none.
inline std::string id_text(const Json& record) {
  const auto id = record.find("id");
  if (id == record.end() || id->is_null()) return {};
  return id->is_string() ? id->get<std::string>() : dump_json(*id);
}

// Of two records: numbers before other texts, each in its order.
inline bool lower_id(const Json& a, const Json& b) {
  const auto x = read_id(a), y = read_id(b);
  if (x && y) return *x < *y;
  if (x || y) return x.has_value();
  return id_text(a) < id_text(b);
}

// Names are not unique: of the records with this one the first made, which every host takes.
struct Lowest {
  const Json* record = nullptr;  // null: there is none
  size_t count = 0;
};
inline Lowest lowest_named(const std::vector<Json>& records, const std::string& name) {
  Lowest out;
  for (const Json& record : records) {
    if (text_at(record, "name") != name) continue;
    ++out.count;
    if (out.record == nullptr || lower_id(record, *out.record)) out.record = &record;
  }
  return out;
}

}  // namespace tq
