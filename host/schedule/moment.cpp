// SPDX-License-Identifier: Apache-2.0
#include "schedule/moment.hpp"

#include <algorithm>

namespace tq {

uint64_t Due::wait_ms(Moment now) const {
  if (reached(now)) return 0;
  const uint64_t by_mono = mono_ms == kNeverMono ? UINT64_MAX : mono_ms - now.mono_ms;
  const uint64_t by_wall =
      wall_ms == kNeverWall ? UINT64_MAX : static_cast<uint64_t>(wall_ms - now.wall_ms);
  return std::min(by_mono, by_wall);
}

int64_t Due::for_people(Moment now) const {
  if (never()) return 0;
  const int64_t by_mono = mono_ms == kNeverMono ? kNeverWall
                                                : now.wall_ms + static_cast<int64_t>(mono_ms) -
                                                      static_cast<int64_t>(now.mono_ms);
  return std::min(wall_ms, by_mono);
}

}  // namespace tq
