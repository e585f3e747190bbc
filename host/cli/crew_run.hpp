// SPDX-License-Identifier: Apache-2.0
// Runs instances in worker processes, side by side, and tells people how it goes: what run-once,
// check, why and instance remove have in common. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "worker/assignment.hpp"
#include "worker/worker_process.hpp"

namespace tq {

// What all instances of one command have in common.
struct Order {
  Purpose purpose = Purpose::kRun;
  uint32_t flags = 0;
  std::optional<int64_t> historical_ms{};
  bool strict = false;
  bool external_proxy = false, debugger = false;
  bool tells_signals = true;  // by the exit status, when one cut a run off
  std::string explain_value{}, explain_type{};
  // Sees how each worker ended; true: its note was shown. Null: the note is shown as it is.
  std::function<bool(const WorkerEnd&)> ended{};
};

// `names`: empty for all enabled ones. The worst exit status.
Exit run_crew(const CommandContext& context, const std::vector<std::string>& names,
              const Order& order);

}  // namespace tq
