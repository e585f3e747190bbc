// SPDX-License-Identifier: Apache-2.0
// The small languages of list parameters: "%" as a wildcard, ">123" for numbers. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lab::threatq {

// "%" stands for any text; without case, as the vendor's database compares.
bool wildcard_match(std::string_view pattern, std::string_view text);

// The number behind ">". Throws Refusal.
std::size_t after_greater(const std::string& text);

}  // namespace lab::threatq
