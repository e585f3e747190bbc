// SPDX-License-Identifier: Apache-2.0
// Arithmetic with numbers that come from outside (what a remote, a plugin, a file or a person says
// of times): what does not fit is the nearest number that does, and never wraps around. Pure
// functions.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace tq {

template <typename T>
constexpr T saturating_add(T a, std::type_identity_t<T> b) {
  T sum{};
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}

template <typename T>
constexpr T saturating_sub(T a, std::type_identity_t<T> b) {
  T difference{};
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b < 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
}

template <typename T>
constexpr T saturating_mul(T a, std::type_identity_t<T> b) {
  T product{};
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) == (b < 0) ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
}

// Between signed and unsigned, as wall times and lengths of time are: a negative length is none.
constexpr int64_t to_signed(uint64_t number) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(number < kMost ? number : kMost);
}
constexpr uint64_t to_unsigned(int64_t number) {
  return number < 0 ? 0 : static_cast<uint64_t>(number);
}

// The wall time `ms` milliseconds after `at_ms`.
constexpr int64_t later(int64_t at_ms, uint64_t ms) { return saturating_add(at_ms, to_signed(ms)); }
// How long after `since_ms` it is at `now_ms`; 0: it is not after it.
constexpr uint64_t elapsed(int64_t since_ms, int64_t now_ms) {
  return to_unsigned(saturating_sub(now_ms, since_ms));
}
constexpr uint64_t elapsed(uint64_t since_ms, uint64_t now_ms) {
  return saturating_sub(now_ms, since_ms);
}

constexpr uint64_t minutes_to_ms(uint64_t minutes) { return saturating_mul(minutes, 60'000); }

}  // namespace tq
