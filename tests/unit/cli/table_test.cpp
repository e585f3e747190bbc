// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string printed(const Table& table, const Screen& screen) {
  std::ostringstream out;
  table.print(out, screen);
  return out.str();
}

Table two_rows() {
  Table table({"NAME", "STATE", "NEXT", "OTHER"}, 2);
  table.row({{"a-name-that-is-rather-long"}, {"waiting", Colour::kGreen}, {"in 5 min"}, {"x"}});
  table.row({{"b"}, {"failed", Colour::kRed}, {"-"}, {""}});
  table.line("to do: look at the log and mend what is written there", Colour::kRed);
  return table;
}

TEST(Table, IsAsWideAsWhatIsInIt) {
  EXPECT_EQ(printed(two_rows(), {}),
            "NAME                        STATE    NEXT      OTHER\n"
            "a-name-that-is-rather-long  waiting  in 5 min  x\n"
            "b                           failed   -\n"
            "  to do: look at the log and mend what is written there\n");
}

TEST(Table, LeavesOutColumnsThatDoNotFitTheTerminal) {
  EXPECT_EQ(printed(two_rows(), {.width = 46}),
            "NAME                        STATE    NEXT\n"
            "a-name-that-is-rather-long  waiting  in 5 min\n"
            "b                           failed   -\n"
            "  to do: look at the log and mend what is\n"
            "  written there\n");
}

TEST(Table, ShortensNamesOnlyWhereNothingElseHelps) {
  const std::string text = printed(two_rows(), {.width = 30});
  EXPECT_THAT(text, HasSubstr("a-name-that-is-rat...  waiting\n"));
  EXPECT_THAT(printed(two_rows(), {.width = 3}), HasSubstr("a-nam...  waiting\n"));
}

TEST(Table, HasColoursWhereTheTerminalHas) {
  EXPECT_THAT(printed(two_rows(), {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(printed(two_rows(), {.width = 100, .colour = true}),
              HasSubstr("\x1b[31mfailed \x1b[0m  -"));
}

TEST(Table, CutsLinesAtBlanks) {
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("a-long-word b", 4), ElementsAre("a-long-word", "b"));
  EXPECT_THAT(wrapped("one two", 0), ElementsAre("one two"));
}

}  // namespace
}  // namespace tq
