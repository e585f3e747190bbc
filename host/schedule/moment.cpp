// SPDX-License-Identifier: Apache-2.0
#include "schedule/moment.hpp"

#include <algorithm>

namespace tq {

uint64_t Due::wait_ms(Moment now) const {
  if (reached(now)) return 0;
  const uint64_t by_mono = mono_ms == kNeverMono ? UINT64_MAX : elapsed(now.mono_ms, mono_ms);
  const uint64_t by_wall = wall_ms == kNeverWall ? UINT64_MAX : elapsed(now.wall_ms, wall_ms);
  return std::min(by_mono, by_wall);
}

int64_t Due::for_people(Moment now) const {
  if (never()) return 0;
  const int64_t waits_ms =
      saturating_sub(to_signed(mono_ms), to_signed(now.mono_ms));  // negative: it is past
  const int64_t by_mono =
      mono_ms == kNeverMono ? kNeverWall : saturating_add(now.wall_ms, waits_ms);
  return std::min(wall_ms, by_mono);
}

}  // namespace tq
