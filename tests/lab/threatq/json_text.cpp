// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/json_text.hpp"

#include <charconv>

namespace lab::threatq {
namespace {

constexpr bool plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_escaped(char c, std::string& to) {
  switch (c) {
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    case '\n':
      to += "\\n";
      return;
    default:
      to += "\\u00";
      to += "0123456789abcdef"[c >> 4 & 15];
      to += "0123456789abcdef"[c & 15];
  }
}

}  // namespace

void append_json(std::string_view text, std::string& to) {
  to += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (plain(text[i])) continue;
    to.append(text.substr(done, i - done));
    append_escaped(text[i], to);
    done = i + 1;
  }
  to.append(text.substr(done));
  to += '"';
}

void append_number(std::int64_t number, std::string& to) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  to.append(digits, static_cast<std::size_t>(end - digits));
}

void append_json_time(Seconds time, std::string& to) {
  to += '"';
  append_time(time, to);
  to += '"';
}

}  // namespace lab::threatq
