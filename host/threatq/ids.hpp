// SPDX-License-Identifier: Apache-2.0
// Ids of ThreatQ's records, which arrive as numbers or as text. Any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/json.hpp"

namespace tq {

// Digits only.
inline std::optional<uint64_t> parse_id(std::string_view text) {
  uint64_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return id;
}

// The member "id" of a record.
inline std::optional<uint64_t> read_id(const Json& record) {
  const auto id = record.find("id");
  if (id == record.end()) return {};
  if (id->is_number_unsigned()) return id->get<uint64_t>();
  if (id->is_string()) return parse_id(id->get_ref<const std::string&>());
  return {};
}

}  // namespace tq
