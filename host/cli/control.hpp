// SPDX-License-Identifier: Apache-2.0
// start, stop, restart, trigger, pause: a person's word to the running supervisor. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.hpp"

namespace tq {

struct ControlOptions {
  std::string command;  // "start", "stop", "restart", "trigger" or "pause"
  std::string instance;
  bool full = false;        // of trigger: also deletes more than half
  bool adopt = false;       // of trigger: takes over what has the name at the remote
  bool dry_run = false;     // of trigger: shows what it would do, in the instance's log
  std::string pause_for{};  // of pause: "7d", after which it ends by itself; empty: until start
  uint64_t wait_s = 90;     // of stop: how long it waits until the instance has drained
};

// stop: 0 also when it was stopped before or no supervisor runs, as an init script's stop is. The
// others: 1 when none runs.
Exit control_command(const CommandContext& context, const ControlOptions& options);

}  // namespace tq
