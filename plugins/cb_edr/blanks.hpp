// SPDX-License-Identifier: Apache-2.0
// What people and web pages leave at the ends of a value without anybody seeing it: blanks, control
// characters and invisible marks, in UTF-8. Pure functions; what they return borrows the text.
#pragma once

#include <cstddef>
#include <string_view>

namespace cb_edr {

// Bytes of the blank or invisible mark that the text begins (ends) with; 0: there is none.
size_t leading_blank(std::string_view text);
size_t trailing_blank(std::string_view text);

std::string_view trimmed_slowly(std::string_view text);

// Without those at both ends.
inline std::string_view trimmed(std::string_view text) {
  // Nearly every value begins and ends with a visible character of ASCII.
  constexpr auto kVisible = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte < 0x7f;
  };
  if (!text.empty() && kVisible(text.front()) && kVisible(text.back())) return text;
  return trimmed_slowly(text);
}

}  // namespace cb_edr
