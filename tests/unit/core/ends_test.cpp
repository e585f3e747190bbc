// SPDX-License-Identifier: Apache-2.0
#include "core/ends.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "core/file.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

TEST(CutEnds, TakesAMarkAndOneEndOfALine) {
  for (const char* value :
       {"key", "key\n", "key\r\n", "key\r", "\xEF\xBB\xBFkey", "\xEF\xBB\xBFkey\r\n"})
    EXPECT_EQ(cut_ends(value), "key");
  EXPECT_EQ(cut_ends("key\n\n"), "key\n");
  EXPECT_EQ(cut_ends(" key \t"), " key \t");
  EXPECT_EQ(cut_ends("key\xC2\xA0\n"), "key\xC2\xA0");
  EXPECT_EQ(cut_ends("\n"), "");
  EXPECT_EQ(cut_ends(""), "");
}

TEST(InvisibleEnds, AreNamed) {
  EXPECT_EQ(invisible_ends("key"), "");
  EXPECT_EQ(invisible_ends(""), "");
  EXPECT_EQ(invisible_ends("k\xC3\xA9y\xC3\xA9"), "");
  EXPECT_EQ(invisible_ends("key "), "ends in a blank");
  EXPECT_EQ(invisible_ends("\tkey"), "begins with a tab");
  EXPECT_EQ(invisible_ends("key\n"), "ends in an end of a line");
  EXPECT_EQ(invisible_ends("\xC2\xA0key\xE2\x80\x8B"),
            "begins with a no-break space (U+00A0) and ends in a zero-width character (U+200B)");
  EXPECT_EQ(invisible_ends("key\xEF\xBB\xBF"), "ends in a byte order mark (U+FEFF)");
  EXPECT_EQ(invisible_ends(std::string("key\0", 4)), "ends in a control character (U+0000)");
  EXPECT_EQ(invisible_ends("\xFFkey\x80"), "") << "no UTF-8, and visible for all we know";
}

TEST(InvisibleEnds, OfBinaryDataAreBytes) {
  for (const char* lead : {"\xC2", "\xE9", "\xFF", "\x80"})
    for (const size_t behind : {size_t{4}, size_t{31}, size_t{32}, size_t{70}})
      EXPECT_EQ(invisible_ends(lead + std::string(behind, '\x80')), "") << lead << behind;
  EXPECT_EQ(invisible_ends("key \x80"), "") << "the blank is not at the end";
  EXPECT_EQ(invisible_ends("\xC2"), "");
  EXPECT_EQ(invisible_ends("\xE2\x80"), "");
}

TEST(InvisibleEnds, AreToldWithoutTheValue) {
  EXPECT_EQ(note_invisible_ends({{"the API ID", "A"}, {"the key", "B"}}), "");
  EXPECT_EQ(note_invisible_ends({{"the API ID", "A "}, {"the org key", "O"}, {"the key", "\tB"}}),
            "; note that the API ID ends in a blank, and that the key begins with a tab: if that "
            "is not meant, enter it again without");
}

TEST(IsUtf16, ByMarkOrByZeros) {
  using std::string_literals::operator""s;
  EXPECT_TRUE(is_utf16("\xFF\xFE{\0}\0"s));
  EXPECT_TRUE(is_utf16("\xFE\xFF\0{\0}"s));
  EXPECT_TRUE(is_utf16("{\0}\0"s));
  EXPECT_TRUE(is_utf16("\0{\0\"\0\xE9"s));
  EXPECT_FALSE(is_utf16("{}\n\n"));
  EXPECT_FALSE(is_utf16("\xEF\xBB\xBF{}"));
  EXPECT_FALSE(is_utf16("a\0"s));
  EXPECT_FALSE(is_utf16("\0\0\0\0\0\0"s)) << "not text of any kind";
  EXPECT_FALSE(is_utf16(""));
}

TEST(ReadTextFile, RefusesUtf16WithWhatToDo) {
  std::string pattern = testing::TempDir() + "tq-ends-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  ASSERT_TRUE(write_file_atomically(folder / "good", "key"));
  ASSERT_TRUE(write_file_atomically(folder / "bad", std::string("\xFF\xFEk\0e\0y\0", 8)));
  EXPECT_EQ(*read_text_file(folder / "good", 100), "key");
  const auto bad = read_text_file(folder / "bad", 100);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().status, Status::kConfig);
  EXPECT_EQ(bad.error().message, (folder / "bad").string() + " is UTF-16; save it as UTF-8");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tq
