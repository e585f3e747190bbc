// SPDX-License-Identifier: Apache-2.0
#include "cutting.hpp"

#include <cmath>

namespace cb_edr {
namespace {

// The finaliser of splitmix64: every bit of the id reaches every bit of the result. Fixed for ever:
// another function would move every boundary of every feed.
constexpr uint64_t mixed(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

}  // namespace

bool ends_report(uint64_t id, size_t count, int target_bits) {
  if (count < kLeastIocs) return false;
  if (count >= kMostIocs) return true;
  const uint64_t mask = (uint64_t{1} << target_bits) - 1;
  return (mixed(id) & mask) == 0;
}

double mean_report_size(int target_bits) {
  const double target = std::ldexp(1.0, target_bits);
  const double least = kLeastIocs;
  const double room = static_cast<double>(kMostIocs) - least;
  return least +
         target * (1 - std::exp(-room / target));  // a geometric distribution, cut at kMostIocs
}

int choose_target_bits(double indicators, int current_bits, size_t places) {
  const double wanted = kShareWanted * static_cast<double>(places);
  const double relaxed = kShareRelaxed * static_cast<double>(places);
  int bits = current_bits;
  while (bits < kMostTargetBits && indicators / mean_report_size(bits) > wanted) ++bits;
  while (bits > kFirstTargetBits && indicators / mean_report_size(bits - 1) < relaxed) --bits;
  return bits;
}

}  // namespace cb_edr
