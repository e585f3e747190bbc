// SPDX-License-Identifier: Apache-2.0
#include "core/shown.hpp"

#include <gmock/gmock.h>

#include "core/json.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

// What each would do to a terminal is not to happen.
const std::vector<std::string> kHostile = {"\x1b[31mred",  // escape
                                           "\a\b\r",       // bell, backspace, carriage return
                                           "\x7f",         // delete
                                           "\xc2\x9b"
                                           "31m",       // the control sequence introducer of 8 bits
                                           "\xc2\x85",  // next line
                                           "\xe2\x80\xae"
                                           "gpj.exe",  // right-to-left override
                                           "\xe2\x81\xa6"
                                           "x\xe2\x81\xa9",     // isolates
                                           "\xd8\x9c",          // Arabic letter mark
                                           "\xe2\x80\xa8",      // line separator
                                           "\xf3\xa0\x81\x81",  // a tag
                                           "\x9b"
                                           "31m",
                                           "\xff\xfe",
                                           "\xc0\x9b",
                                           "\xe0\x82\x9b",
                                           "\xed\xa0\x80",
                                           "\xf4\x90\x80\x80",
                                           "\xc3"};

TEST(Shown, TakesAwayWhatATerminalObeys) {
  for (const std::string& text : kHostile) {
    const std::string out = shown("a" + text + "z");
    EXPECT_EQ(out.find_first_of("\x1b\a\b\r\x7f"), std::string::npos) << out;
    EXPECT_EQ(out.front(), 'a');
    EXPECT_EQ(out.back(), 'z');
    EXPECT_NE(out.find('?'), std::string::npos) << out;
    EXPECT_EQ(shown(out), out);
    EXPECT_EQ(printable(text), shown(text)) << "messages go the same way";
    EXPECT_EQ(Json(out).dump(), dump_json(Json(out))) << "it is UTF-8";
  }
}

TEST(Shown, KeepsEveryLanguage) {
  for (const char* text :
       {"plain ~", "Größe", "данные", "日本語", "עברית", "👩‍💻", "\xef\xbf\xbd"})
    EXPECT_EQ(shown(text), text);
}

TEST(Shown, ARowStaysOneRow) {
  EXPECT_EQ(shown("a\nb\tc"), "a?b?c");
  EXPECT_EQ(shown("a\nb\tc\r\n", Lines::kMany), "a\nb\tc?\n");
}

TEST(Shown, LaterLinesDoNotLookLikeRows) {
  EXPECT_EQ(shown_lines("two:\n  /a is\x1b\nb: good\n", "    "), "two:\n  /a is?\n    b: good\n");
  EXPECT_EQ(shown_lines("one", "    "), "one");
}

TEST(Shown, ACharacterThatIsCutIsWaitedFor) {
  EXPECT_EQ(cut_character_bytes("abc"), 0u);
  EXPECT_EQ(cut_character_bytes("a\xc3"), 1u);
  EXPECT_EQ(cut_character_bytes("a\xe2\x80"), 2u);
  EXPECT_EQ(cut_character_bytes("a\xf0\x9f\x91"), 3u);
  EXPECT_EQ(cut_character_bytes("a\xc3\xa4"), 0u);
  EXPECT_EQ(cut_character_bytes("\x80\x80\x80\x80"), 0u) << "the rest of nothing";
}

TEST(Shown, JsonKeepsTheDataAndEscapesIt) {
  for (const std::string& text : kHostile) {
    const Json json = {{"text", "a" + text}, {text, 1}};
    for (const std::string& out : {dump_json(json), pretty_json(json)}) {
      EXPECT_EQ(shown(out, Lines::kMany), out);
      const auto again = parse_json(out, "it");
      ASSERT_TRUE(again) << out;
      EXPECT_EQ(dump_json(*again), dump_json(json));
    }
  }
  EXPECT_EQ(dump_json(Json("\xe2\x80\xae\xf3\xa0\x81\x81\x7f")), R"("\u202e\udb40\udc41\u007f")");
  const Json good = parse_json(R"("\u202e\udb40\udc41")", "it").take();
  EXPECT_EQ(good.get<std::string>(), "\xe2\x80\xae\xf3\xa0\x81\x81");
}

}  // namespace
}  // namespace tq
