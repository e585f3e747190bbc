// SPDX-License-Identifier: Apache-2.0
// INI files, taken as they stand.
#include "schema/ini.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<IniEntry> entries(std::string_view text) {
  auto out = parse_ini(text, "x.conf");
  EXPECT_TRUE(out.ok()) << out.error().message;
  return out ? *out : std::vector<IniEntry>();
}

std::string value_of(std::string_view line) {
  const auto found = entries(line);
  return found.size() == 1 ? found.front().value : "(not one entry)";
}

std::string refusal(std::string_view text) {
  auto out = parse_ini(text, "x.conf");
  EXPECT_FALSE(out.ok());
  return out ? std::string() : out.error().message;
}

TEST(Ini, ValuesAreRaw) {
  EXPECT_EQ(value_of("k = a%20b"), "a%20b");
  EXPECT_EQ(value_of("k = %(x)s %%"), "%(x)s %%");
  EXPECT_EQ(value_of("k = a;b ; c"), "a;b ; c");
  EXPECT_EQ(value_of("k = a#b # c"), "a#b # c");
  EXPECT_EQ(value_of("k = \"quoted\" 'too'"), "\"quoted\" 'too'");
  EXPECT_EQ(value_of("k = a=b:c"), "a=b:c");
  EXPECT_EQ(value_of("k = Zq9&!^x/+=$~é 密"), "Zq9&!^x/+=$~é 密");
  EXPECT_EQ(value_of("k = $HOME `x` \\n"), "$HOME `x` \\n");
  EXPECT_EQ(value_of("k: v"), "v");
  EXPECT_EQ(value_of("k=v\r\n"), "v");
  EXPECT_EQ(value_of("\xEF\xBB\xBFk = v"), "v");
  EXPECT_EQ(value_of("k ="), "");
  EXPECT_EQ(value_of("k = v \t "), "v");
}

TEST(Ini, LinesSectionsAndCommentsAreKeptApart) {
  const auto found =
      entries("top = 0\n# comment = 1\n; comment = 2\n\n[One]\nA = 1\n[ two ]\nA = 2\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].section, "");
  EXPECT_EQ(found[0].line, 1u);
  EXPECT_EQ(found[1].section, "One");
  EXPECT_EQ(found[1].key, "A");
  EXPECT_EQ(found[1].line, 6u);
  EXPECT_EQ(found[2].section, "two");
  EXPECT_EQ(found[2].value, "2");
}

TEST(Ini, AnIndentedLineGoesOnWithTheValue) {
  EXPECT_EQ(value_of("k = a,\n  b,\n\tc"), "a,\nb,\nc");
  EXPECT_EQ(value_of("k =\n  b"), "b");
  EXPECT_EQ(value_of("k = a\n  # comment\n  b"), "a\nb");
  EXPECT_THAT(refusal("  k = v"), StartsWith("x.conf:1: "));
  EXPECT_THAT(refusal("[s]\n  k = v"), HasSubstr("begins with a blank"));
}

TEST(Ini, WhatIsNoIniIsRefusedByLineAndNeverQuoted) {
  EXPECT_THAT(refusal("a = 1\nsecret-text"), StartsWith("x.conf:2: neither a [section] nor"));
  EXPECT_THAT(refusal("secret-text"), Not(HasSubstr("secret-text")));
  EXPECT_THAT(refusal("= v"), StartsWith("x.conf:1: neither"));
  EXPECT_THAT(refusal("[open"), HasSubstr("no \"]\""));
  EXPECT_THAT(refusal("k = caf\xE9"), HasSubstr("x.conf:1: the line is not UTF-8"));
  EXPECT_TRUE(entries("").empty());
  EXPECT_TRUE(entries("\n\n# only\n").empty());
}

}  // namespace
}  // namespace tq
