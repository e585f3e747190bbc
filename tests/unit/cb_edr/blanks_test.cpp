// SPDX-License-Identifier: Apache-2.0
#include "blanks.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cb_edr {
namespace {

std::string utf8(char32_t c) {
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
  return {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
          static_cast<char>(0x80 | (c & 0x3f))};
}

TEST(Trimmed, LosesBlanksAndInvisibleMarksAtBothEnds) {
  std::u32string blanks = {0xa0, 0xad, 0x1680, 0x180e, 0x205f, 0x3000, 0xfeff};
  for (char32_t c = 0; c <= 0x20; ++c) blanks += c;
  blanks += 0x7f;
  for (char32_t c = 0x2000; c <= 0x200f; ++c) blanks += c;
  for (char32_t c = 0x2028; c <= 0x202f; ++c) blanks += c;
  for (char32_t c = 0x2060; c <= 0x2064; ++c) blanks += c;
  for (char32_t c = 0x2066; c <= 0x2069; ++c) blanks += c;
  for (const char32_t c : blanks) {
    const std::string blank = utf8(c);
    for (const std::string& text :
         {blank + "a b", "a b" + blank, blank + " " + blank + "a b\n" + blank + blank})
      EXPECT_EQ(trimmed(text), "a b") << std::hex << static_cast<uint32_t>(c);
    EXPECT_EQ(trimmed(blank + blank), "");
  }
}

TEST(Trimmed, KeepsEverythingElse) {
  for (const std::string text :
       {"", "a",
        "a\xC2\xA0"
        "b",
        "b\xC3\xBC", "\xE2\x82\xAC", "\xE2\x81\x90", "\xF0\x9F\x98\x80",
        // Damaged UTF-8 is no blank: a byte alone, a blank in too many bytes, half of one.
        "\xA0", "\xC0\xA0", "\xE0\x80\xA0", "a\x80\x8B", "\xE2\x80", "\x80\x8B", "\x8B"})
    EXPECT_EQ(trimmed(text), text);
}

TEST(Trimmed, TellsBytesOfOneBlank) {
  EXPECT_EQ(leading_blank("\xE2\x80\x8B\xC2\xA0"
                          "a"),
            3u);
  EXPECT_EQ(trailing_blank("a\xE2\x80\x8B\xC2\xA0"), 2u);
  EXPECT_EQ(leading_blank(""), 0u);
  EXPECT_EQ(trailing_blank(""), 0u);
  EXPECT_EQ(leading_blank("a "), 0u);
}

}  // namespace
}  // namespace cb_edr
