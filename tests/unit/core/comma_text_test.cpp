// SPDX-License-Identifier: Apache-2.0
#include "core/comma_text.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::ElementsAre;

TEST(CommaText, TakesQuotesAsInCsv) {
  EXPECT_THAT(split_comma_text(R"("a, b", c)"), ElementsAre("a, b", "c"));
  EXPECT_THAT(split_comma_text(R"( "a ""b"", c" ,d)"), ElementsAre(R"(a "b", c)", "d"));
  EXPECT_THAT(split_comma_text(R"(a, b ,,a,"",)"), ElementsAre("a", "b"));
  EXPECT_THAT(split_comma_text(R"(5" disk, "x" y, "open, z)"),
              ElementsAre(R"(5" disk)", R"("x" y)", R"("open)", "z"))
      << "quotes that enclose no entry are part of it";
  EXPECT_THAT(split_comma_text(""), ElementsAre());
}

TEST(CommaText, ComesBackAsItWas) {
  const std::vector<std::string> entries = {
      "plain", "a, b", R"("quoted")", R"(5" disk)", R"(x,"y")", R"(")", ","};
  EXPECT_EQ(split_comma_text(comma_text(entries)), entries) << comma_text(entries);
  EXPECT_EQ(comma_text({"a", "b"}), "a, b");
  EXPECT_EQ(comma_text({"a, b", "c"}), R"("a, b", c)");
}

}  // namespace
}  // namespace tq
