// SPDX-License-Identifier: Apache-2.0
// ThreatQ's times: UTC text "YYYY-MM-DD HH:MM:SS". Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tq {

// What a time that is not there or cannot be read becomes.
constexpr int64_t kNoTime = INT64_MIN;

// Milliseconds since 1970; a 'T' in the middle, a fraction and a 'Z' at the end are taken, too.
int64_t parse_timestamp(std::string_view text);

// The second in which `ms` lies, between 1970 and 9999.
std::string format_timestamp(int64_t ms);

}  // namespace tq
