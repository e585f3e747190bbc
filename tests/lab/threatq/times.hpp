// SPDX-License-Identifier: Apache-2.0
// ThreatQ's times: UTC, "YYYY-MM-DD HH:MM:SS". Pure functions but for now().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lab::threatq {

using Seconds = std::uint32_t;  // since 1970

Seconds now();

void append_time(Seconds time, std::string& to);  // without quotes
std::string time_text(Seconds time);

// Exactly that form; empty for anything else.
std::optional<Seconds> parse_time(std::string_view text);

}  // namespace lab::threatq
