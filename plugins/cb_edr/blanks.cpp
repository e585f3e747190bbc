// SPDX-License-Identifier: Apache-2.0
#include "blanks.hpp"

namespace cb_edr {
namespace {

constexpr bool is_between(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

constexpr bool is_blank(char32_t c) {
  return c <= U' ' || is_between(c, 0x7f, 0xa0) ||  // controls, no-break space
         c == 0xad || c == 0x61c ||                 // soft hyphen, Arabic letter mark
         c == 0x1680 || c == 0x180e ||              // Ogham space, Mongolian vowel separator
         is_between(c, 0x2000, 0x200f) ||           // spaces, zero width, direction marks
         is_between(c, 0x2028, 0x202f) ||           // separators, direction, narrow no-break space
         is_between(c, 0x205f, 0x206f) ||           // mathematical space, joiners, isolates
         c == 0x3000 || c == 0xfeff ||              // ideographic space, byte order mark
         is_between(c, 0xfe00, 0xfe0f);             // variation selectors
}

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
constexpr char32_t low_bits(char c, unsigned mask) { return static_cast<unsigned char>(c) & mask; }

// Whether the text is one character of at most three bytes, and a blank: none of them takes more.
bool is_one_blank(std::string_view text) {
  char32_t c = 0;
  switch (text.size()) {
    case 1:
      return static_cast<unsigned char>(text[0]) < 0x80 && is_blank(low_bits(text[0], 0x7f));
    case 2:
      if ((static_cast<unsigned char>(text[0]) & 0xe0) != 0xc0) return false;
      c = low_bits(text[0], 0x1f) << 6 | low_bits(text[1], 0x3f);
      return is_continuation(text[1]) && c >= 0x80 && is_blank(c);
    case 3:
      if ((static_cast<unsigned char>(text[0]) & 0xf0) != 0xe0) return false;
      c = low_bits(text[0], 0x0f) << 12 | low_bits(text[1], 0x3f) << 6 | low_bits(text[2], 0x3f);
      return is_continuation(text[1]) && is_continuation(text[2]) && c >= 0x800 && is_blank(c);
    default:
      return false;
  }
}

constexpr size_t kLongestBlankBytes = 3;

}  // namespace

size_t leading_blank(std::string_view text) {
  for (size_t size = 1; size <= kLongestBlankBytes && size <= text.size(); ++size)
    if (is_one_blank(text.substr(0, size))) return size;
  return 0;
}

size_t trailing_blank(std::string_view text) {
  for (size_t size = 1; size <= kLongestBlankBytes && size <= text.size(); ++size)
    if (is_one_blank(text.substr(text.size() - size))) return size;
  return 0;
}

std::string_view trimmed_slowly(std::string_view text) {
  while (const size_t size = leading_blank(text)) text.remove_prefix(size);
  while (const size_t size = trailing_blank(text)) text.remove_suffix(size);
  return text;
}

}  // namespace cb_edr
