// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/safe_output.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace tq {
namespace {

TEST(SafeOutput, LetsNothingThroughThatATerminalObeys) {
  std::ostringstream out;
  {
    const SafeOutput safe(out, true);
    out << "a\x1b]0;title\a" << 7 << '\x9b' << "\n\tb\r" << std::flush;
  }
  EXPECT_EQ(out.str(), "a?]0;title?7?\n\tb?");
}

TEST(SafeOutput, ACharacterMayComeInPieces) {
  std::ostringstream out;
  {
    const SafeOutput safe(out, true);
    for (const char c : std::string("\xe2\x80\xae-\xf0\x9f\x91\xa9-\xc3")) out << c << std::flush;
  }
  EXPECT_EQ(out.str(), "?-\xf0\x9f\x91\xa9-?");
}

TEST(SafeOutput, OnlyTheProgramsOwnSequencesPass) {
  std::ostringstream out, plain;
  {
    const SafeOutput safe(out, true);
    print_control(out, "\r");
    out << "line\x1b[K";
    print_control(out, "\x1b[K");
  }
  EXPECT_EQ(out.str(), "\rline?[K\x1b[K");
  print_control(plain, "\x1b[K");
  EXPECT_EQ(plain.str(), "\x1b[K");
}

TEST(SafeOutput, DataIsWholeWhereNobodyLooks) {
  for (const bool terminal : {false, true}) {
    std::ostringstream out;
    {
      const SafeOutput safe(out, terminal);
      print_data(out, "\x1b[1m\xc2\x9b");
    }
    EXPECT_EQ(out.str(), terminal ? "?[1m?" : "\x1b[1m\xc2\x9b");
  }
}

TEST(SafeOutput, AFailureToWriteStays) {
  std::ostream out(nullptr);
  struct Full : std::streambuf {
  } full;
  out.rdbuf(&full);
  {
    const SafeOutput safe(out, false);
    out << "x";
    EXPECT_FALSE(out);
  }
  EXPECT_FALSE(out);
  EXPECT_EQ(out.rdbuf(), &full);
}

}  // namespace
}  // namespace tq
