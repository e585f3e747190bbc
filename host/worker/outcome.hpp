// SPDX-License-Identifier: Apache-2.0
// Outcome: what a run's status means to the caller of the process and to the run record. Pure
// functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace tq {

// The longest wait that a plugin can ask of the host, whatever its remote told it.
constexpr uint64_t kLongestAskedMs = 24 * 60 * 60'000;

// Exit statuses of every command: 0 done, cancelled, or switched off; 1 a run failed; 2 wrong usage
// or configuration; 3 done, with items dead-lettered; 4 refused; 130 and 143 as a shell tells them:
// SIGINT or SIGTERM cut a run off, which ended in order.
enum class Exit : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kDeadLettered = 3,
  kRefused = 4,
  kInterrupted = 130,
  kTerminated = 143
};

// `before_work`: the failure came before anything was attempted.
Exit exit_of(Status status, bool before_work, bool dead_letters);

// "done", "cancelled", "failed", "needs_attention": as it stands in the run record.
std::string_view state_of(Status status);

// Of several runs: 4, 2, 1, 130 and 143, 3, 0 in this order.
Exit worse(Exit a, Exit b);

}  // namespace tq
