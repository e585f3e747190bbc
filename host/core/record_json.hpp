// SPDX-License-Identifier: Apache-2.0
// Reading and writing the members of small records that tqhost keeps for itself. What is absent or
// of another type reads as nothing, for a later version may have written it. Pure functions.
#pragma once

#include <cstdint>
#include <utility>

#include "core/json.hpp"
#include "core/world.hpp"

namespace tq {

template <typename T>
T number_at(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_number_integer()) return T{};
  // A number that its type does not hold would read as another one.
  const bool fits = member->is_number_unsigned() ? std::in_range<T>(member->get<uint64_t>())
                                                 : std::in_range<T>(member->get<int64_t>());
  return fits ? member->get<T>() : T{};
}

inline bool flag_at(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_boolean() && member->get<bool>();
}

// Times are kept as text, for people; null is "never", 0.
inline Json time_or_null(int64_t ms) { return ms == 0 ? Json(nullptr) : Json(format_time_utc(ms)); }

inline int64_t time_at(const Json& object, const char* key) {
  int64_t ms = 0;
  const std::string text = text_at(object, key);
  return !text.empty() && parse_time_utc(text, &ms) ? ms : 0;
}

}  // namespace tq
