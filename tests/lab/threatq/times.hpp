// SPDX-License-Identifier: Apache-2.0
// ThreatQ's times: UTC, "YYYY-MM-DD HH:MM:SS". Pure functions but for now().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lab::threatq {

using Seconds = std::int64_t;  // since 1970; of the years 1 to 9999

Seconds now();

void append_time(Seconds time, std::string& to);  // without quotes
std::string time_text(Seconds time);

// Exactly that form; empty for anything else.
std::optional<Seconds> parse_time(std::string_view text);

// "NOW", "NOW-7DAYS", "NOW-1MONTH+2HOURS": seconds from now; a month is 30 days, a year 365. Empty
// for anything else.
std::optional<Seconds> parse_relative(std::string_view text);

}  // namespace lab::threatq
