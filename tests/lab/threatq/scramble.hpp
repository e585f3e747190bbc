// SPDX-License-Identifier: Apache-2.0
// Numbers that look random and are the same in every run. Pure functions.
#pragma once

#include <cstdint>

namespace lab::threatq {

// The mixing of SplitMix64: each bit of the result depends on each bit of both arguments.
constexpr std::uint64_t scrambled(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t x = seed * 0xd1342543de82ef95ULL + number * 0x9e3779b97f4a7c15ULL;
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace lab::threatq
