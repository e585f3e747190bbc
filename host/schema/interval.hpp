// SPDX-License-Identifier: Apache-2.0
// How often a plugin should run, as its schema says: x-default-schedule and x-min-interval. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace tq {

// "90m" -> 5400, "7d": N and s, m, h or d; nothing when it is of another form.
std::optional<int64_t> duration_s(std::string_view text);

// "every 90m" -> 5400; nothing when it is of another form.
std::optional<int64_t> every_s(std::string_view schedule);

// The instance's schedule, else the plugin's; empty when there is neither.
std::string schedule_or_default(const Json& plugin_schema, const std::string& schedule);

// A line for people when `schedule` is more often than the plugin should run, else "". Of the forms
// of a schedule only "every N(s|m|h|d)" is judged.
std::string interval_warning(const Json& plugin_schema, const std::string& schedule);

}  // namespace tq
