// SPDX-License-Identifier: Apache-2.0
// start, stop, restart, trigger, pause: a person's word to the running supervisor. One thread.
#pragma once

#include <cstdint>
#include <string>

#include <filesystem>

#include "cli/command.hpp"
#include "core/json.hpp"

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

// reload: the supervisor reads the configuration again. kUsage: it cannot, with the reason, and
// goes on with the one before; kFailed: none runs.
Exit reload_command(const CommandContext& context);

// Where the supervisor is found that runs by this configuration: also while that cannot be read,
// for then it goes on with the one before. An error: why the configuration cannot be read.
Result<std::filesystem::path> place_of_supervisor(const CommandContext& context,
                                                  const Result<HostConfig>& config);

// After a change of what a running supervisor has read: it reads it again, and what it answers goes
// to `context`; a person is told what to type where that fails. Nothing where none runs. `quiet`:
// only failures are told.
void tell_supervisor(const CommandContext& context, const std::filesystem::path& state_dir,
                     bool quiet = false);

}  // namespace tq
