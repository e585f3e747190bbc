// SPDX-License-Identifier: Apache-2.0
#include "threatq/timestamp.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

TEST(Timestamp, IsReadAsUtc) {
  EXPECT_EQ(parse_timestamp("1970-01-01 00:00:00"), 0);
  EXPECT_EQ(parse_timestamp("2024-02-29 23:59:59"), 1'709'251'199'000);
  EXPECT_EQ(parse_timestamp("2024-03-01T00:00:00Z"), 1'709'251'200'000);
  EXPECT_EQ(parse_timestamp("2024-03-01 00:00:00.250"), 1'709'251'200'250);
  EXPECT_EQ(parse_timestamp("1969-12-31 23:59:59"), -1000);
}

TEST(Timestamp, OfNonsenseIsNone) {
  for (const char* text :
       {"", "0000-00-00 00:00:00", "2023-02-29 00:00:00", "2024-13-01 00:00:00",
        "2024-01-01 24:00:00", "2024-01-01 00:60:00", "2024-01-01", "2024-01-01 00:00:0x",
        "2024-01-01 00:00:00+01:00", "2024-01-01 00:00:00.", "yesterday, quite early"})
    EXPECT_EQ(parse_timestamp(text), kNoTime) << text;
}

TEST(Timestamp, IsWrittenAsThreatqReadsIt) {
  EXPECT_EQ(format_timestamp(1'709'251'199'999), "2024-02-29 23:59:59");
  EXPECT_EQ(format_timestamp(INT64_MIN), "1970-01-01 00:00:00");
  EXPECT_EQ(format_timestamp(INT64_MAX), "9999-12-31 23:59:59");
}

}  // namespace
}  // namespace tq
