// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::ElementsAre;

TEST(SplitList, TrimsAndDropsEmptiesAndDoubles) {
  EXPECT_THAT(split_list(" a, b ,,a,\tc "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_list(""), ElementsAre());
  EXPECT_THAT(split_list(" , ,"), ElementsAre());
}

TEST(Utf8Cut, NeverSplitsACharacter) {
  EXPECT_EQ(utf8_cut("a\xC3\xA4z", 2), "a");
  EXPECT_EQ(utf8_cut("a\xC3\xA4z", 3), "a\xC3\xA4");
  EXPECT_EQ(utf8_cut("abc", 9), "abc");
}

TEST(Printable, KeepsALineALine) {
  EXPECT_EQ(printable("a\nb\x7f", 10), "a?b?");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("a b/ä~"), "a%20b%2F%C3%A4~");
}

TEST(Trim, KnowsEveryBlank) {
  EXPECT_EQ(trim("\t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(EqualNoCase, ComparesLettersOnly) {
  EXPECT_TRUE(equal_no_case("Retry-After", "retry-AFTER"));
  EXPECT_FALSE(equal_no_case("a", "ab"));
}

}  // namespace
}  // namespace tq
