// SPDX-License-Identifier: Apache-2.0
// Small functions on text. Letters are ASCII letters: nothing here depends on a locale. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tq {

inline constexpr std::string_view kBlanks = " \t\r\n\f\v";  // what trim() takes away

std::string_view trim(std::string_view text);
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string to_lower(std::string_view text);
bool equal_no_case(std::string_view a, std::string_view b);

// "a, b ,,a" -> {"a","b"}: trimmed, without empties and doubles, first order kept.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

std::string join(const std::vector<std::string>& items, std::string_view separator);

// Everything but unreserved characters (RFC 3986) as %XX.
std::string percent_encode(std::string_view text);

// At most `limit` bytes, cut at a UTF-8 boundary.
std::string_view utf8_cut(std::string_view text, size_t limit);

// For text from outside that goes into a message: shown() in one line, cut at `limit` bytes with
// "...".
std::string printable(std::string_view text, size_t limit = 200);

std::string to_hex(std::string_view bytes);

}  // namespace tq
