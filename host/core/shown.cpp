// SPDX-License-Identifier: Apache-2.0
#include "core/shown.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace tq {
namespace {

struct Character {
  uint32_t code = 0;
  size_t bytes = 1;
  bool good = false;  // else one byte that is no UTF-8
};

// Of the sequence that this byte begins; 0: it begins none.
size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

Character first_of(std::string_view text) {
  const auto byte = [&text](size_t at) { return static_cast<unsigned char>(text[at]); };
  const size_t length = length_of(byte(0));
  if (length == 1) return {byte(0), 1, true};
  if (length == 0 || text.size() < length) return {};
  uint32_t code = byte(0) & (0xFFu >> (length + 1));
  for (size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(at) & 0x3Fu);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool no_character = (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF;
  if (too_long || no_character) return {};
  return {code, length, true};
}

constexpr std::pair<uint32_t, uint32_t> kHidden[] = {
    {0x00, 0x1F},        // control characters
    {0x7F, 0x9F},        // delete, and the control characters of 8 bits
    {0x061C, 0x061C},    // Arabic letter mark
    {0x200E, 0x200F},    // left-to-right and right-to-left mark
    {0x2028, 0x202E},    // line and paragraph separator, embeddings and overrides of direction
    {0x2066, 0x2069},    // isolates of direction
    {0xFFF9, 0xFFFB},    // interlinear annotation
    {0xE0000, 0xE007F},  // tags
};

bool is_hidden(uint32_t code) {
  return std::any_of(std::begin(kHidden), std::end(kHidden), [code](const auto& range) {
    return code >= range.first && code <= range.second;
  });
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }

void append_escape(uint32_t code, std::string* out) {
  std::array<char, 11> text{};  // also for what no number here has, or g++ warns
  const auto unit = [&](uint32_t number) {
    std::snprintf(text.data(), text.size(), "\\u%04x", number);
    *out += text.data();
  };
  if (code < 0x10000) return unit(code);
  unit(0xD800 + ((code - 0x10000) >> 10));
  unit(0xDC00 + ((code - 0x10000) & 0x3FF));
}

}  // namespace

std::string shown(std::string_view text, Lines lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_of(text);
    const bool layout = lines == Lines::kMany && (next.code == '\n' || next.code == '\t');
    if (next.good && (layout || !is_hidden(next.code))) {
      out += text.substr(0, next.bytes);
    } else {
      out += '?';
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string shown_lines(std::string_view text, std::string_view indent) {
  std::string out;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out += shown(text.substr(0, end)) + '\n';
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ' ') out += indent;
  }
  return out + shown(text);
}

size_t cut_character_bytes(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(3, text.size()); ++bytes) {
    const auto byte = static_cast<unsigned char>(text[text.size() - bytes]);
    if ((byte & 0xC0) == 0x80) continue;  // not the first one of its character
    return length_of(byte) > bytes ? bytes : 0;
  }
  return 0;
}

std::string escape_hidden(std::string json) {
  if (std::all_of(json.begin(), json.end(), [](char c) { return is_plain(c) || c == '\n'; }))
    return json;
  std::string out;
  out.reserve(json.size() + 16);
  for (std::string_view rest = json; !rest.empty();) {
    const Character next = first_of(rest);
    // What is below a blank is the document's own layout.
    if (next.good && next.code >= 0x7F && is_hidden(next.code)) {
      append_escape(next.code, &out);
    } else {
      out += rest.substr(0, next.bytes);
    }
    rest.remove_prefix(next.bytes);
  }
  return out;
}

}  // namespace tq
