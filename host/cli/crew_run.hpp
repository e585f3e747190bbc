// SPDX-License-Identifier: Apache-2.0
// Runs instances in worker processes, side by side, and tells people how it goes: what run-once,
// check, why and instance remove have in common. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "worker/assignment.hpp"

namespace tq {

// What all instances of one command have in common.
struct Order {
  Purpose purpose = Purpose::kRun;
  uint32_t flags = 0;
  std::optional<int64_t> historical_ms{};
  bool strict = false;
  bool external_proxy = false, debugger = false;
  std::string explain_value{}, explain_type{};
};

// `names`: empty for all enabled ones. The worst exit status.
Exit run_crew(const CommandContext& context, const std::vector<std::string>& names,
              const Order& order);

}  // namespace tq
