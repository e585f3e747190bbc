// SPDX-License-Identifier: Apache-2.0
// Moment: now, by two clocks. The wall clock can be set and jumps; the other one never does, counts
// while the machine sleeps, and begins anew when it boots. Values; any thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/saturating.hpp"

namespace tq {

struct Moment {
  int64_t wall_ms = 0;   // milliseconds since 1970, UTC
  uint64_t mono_ms = 0;  // CLOCK_BOOTTIME
};

// When something is to happen, by one of the two clocks or by whichever comes first. Without
// either: never.
struct Due {
  static constexpr int64_t kNeverWall = INT64_MAX;
  static constexpr uint64_t kNeverMono = UINT64_MAX;

  int64_t wall_ms = kNeverWall;
  uint64_t mono_ms = kNeverMono;

  static Due in(uint64_t milliseconds, Moment now) {
    // The farthest is still a time, and not "never".
    return {kNeverWall, std::min(saturating_add(now.mono_ms, milliseconds), kNeverMono - 1)};
  }

  bool never() const { return wall_ms == kNeverWall && mono_ms == kNeverMono; }
  bool reached(Moment now) const { return now.wall_ms >= wall_ms || now.mono_ms >= mono_ms; }
  // How long from `now` on, as far as is known now: UINT64_MAX when never.
  uint64_t wait_ms(Moment now) const;
  // In wall time, for people: 0 when never.
  int64_t for_people(Moment now) const;

  bool operator==(const Due&) const = default;
};

}  // namespace tq
