// SPDX-License-Identifier: Apache-2.0
#include "core/idn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tq {
namespace {

using testing::HasSubstr;

std::string ascii(std::string_view name) {
  auto made = to_a_labels(name);
  return made ? *made : "refused: " + made.error().message;
}

TEST(Idn, ANameOutsideAsciiBecomesItsALabels) {
  EXPECT_EQ(ascii("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(ascii("B\u00dcCHER.Example."), "xn--bcher-kva.example.");
  EXPECT_EQ(ascii("bu\u0308cher.example"), "xn--bcher-kva.example") << "not composed";
  EXPECT_EQ(ascii("fa\u00df.example"), "xn--fa-hia.example") << "as browsers do, not \"fass\"";
  EXPECT_EQ(ascii("_x.\u4f8b\u3048.example"), "_x.xn--r8jz45g.example");
}

TEST(Idn, ANameInAsciiStaysAsItIs) {
  for (const char* name : {"", "Example.COM", "xn--zz", "a_b.example", "127.0.0.1", "a/b"})
    EXPECT_EQ(ascii(name), name);
}

TEST(Idn, MarksThatLookLikeAsciiAreAscii) {
  EXPECT_EQ(ascii("\uff11\uff12\uff17\u3002\uff10.0.1"), "127.0.0.1");
  EXPECT_EQ(ascii("a\uff0fb.example"), "a/b.example") << "so the caller looks at it afterwards";
}

TEST(Idn, SaysWhyThereIsNoSuchForm) {
  EXPECT_THAT(ascii("\u2603.example"), HasSubstr("disallowed character"));
  EXPECT_THAT(ascii("\u202e\u00fc.example"), HasSubstr("refused"));
  EXPECT_THAT(ascii("xn--zz.\u00fc"), HasSubstr("punycode"));
  EXPECT_THAT(ascii("\xff\xfe.example"), HasSubstr("refused"));
  EXPECT_THAT(ascii(std::string("\u00fc\0.example", 11)), HasSubstr("zero byte"));
  EXPECT_THAT(ascii(std::string(2000, '\xc3')), HasSubstr("too long"));
  std::string label;
  for (int i = 0; i < 70; ++i) label += "\u00fc";
  EXPECT_THAT(ascii(label + ".example"), HasSubstr("refused"));
}

}  // namespace
}  // namespace tq
