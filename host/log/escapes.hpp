// SPDX-License-Identifier: Apache-2.0
// Escapes: a character as JSON, HTML, a URL or a form writes it, also written so twice (JSON in
// JSON, "%252F"). Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tq {

// What the beginning of a text can mean.
struct Reading {
  std::array<char, 4> bytes{};  // of UTF-8; of a percent-coded text, one byte
  size_t size = 0;              // how many of them
  size_t length = 0;            // of the text that it took
};

struct Readings {
  std::array<Reading, 3> items{};  // one a layer, the outermost first
  size_t count = 0;
};

inline bool begins_escape(char c) { return c == '\\' || c == '%' || c == '&' || c == '+'; }

// REQUIRES: begins_escape(text.front())
Readings read_escape(std::string_view text);

// Whether the whole text can be the beginning of an escape whose end was cut off.
bool is_cut_escape(std::string_view text);

}  // namespace tq
