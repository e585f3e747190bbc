// SPDX-License-Identifier: Apache-2.0
// Appends JSON to a text, much quicker than building a document first. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/threatq/times.hpp"

namespace lab::threatq {

void append_json(std::string_view text, std::string& to);  // quoted and escaped
void append_number(std::int64_t number, std::string& to);
void append_json_time(Seconds time, std::string& to);  // quoted

}  // namespace lab::threatq
