// SPDX-License-Identifier: Apache-2.0
// The world of a process, and for crash tests one that ends it with SIGKILL at the n-th point it
// reaches: right before or right after an effect. Only builds with TQ_CRASH_POINTS have the second
// (docs/testing.md). Any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "core/world.hpp"
#include "schema/config.hpp"

namespace tq {

// The n of TQ_CRASH_AT. 0: it is not set, or the build has no crash points.
uint64_t crash_point(const Environment& environment);

// 0: the real world.
std::unique_ptr<World> make_world(uint64_t crash_at);

}  // namespace tq
