// SPDX-License-Identifier: Apache-2.0
#include "schema/interval.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

const Json kSchema = {{"title", "VMware Carbon Black Cloud Enterprise EDR"},
                      {"x-default-schedule", "every 2h"},
                      {"x-min-interval", "1h"}};

// CB-59
TEST(Interval, WarnsWhenItIsTooShort) {
  EXPECT_EQ(interval_warning(kSchema, "every 30m"),
            "every 30m is more often than VMware Carbon Black Cloud Enterprise EDR should run: at "
            "most once in 1h; a run costs only what changed, so this is no error");
  EXPECT_NE(interval_warning(kSchema, "every 59m"), "");
  EXPECT_NE(interval_warning(kSchema, " every  3599s "), "");
}

TEST(Interval, SaysNothingOtherwise) {
  for (const char* schedule :
       {"every 1h", "every 60m", "every 2h", "every 1d", "*/5 * * * *", "continuous", "", "every",
        "every m", "every 5", "every 5x", "every -5m", "every 0m", "every 5mm",
        "every 99999999999999999999m", "every 9999999999999m"})
    EXPECT_EQ(interval_warning(kSchema, schedule), "") << schedule;
  EXPECT_EQ(interval_warning({{"title", "T"}}, "every 1s"), "") << "a schema without a least";
}

TEST(Interval, ADurationIsANumberAndAUnit) {
  EXPECT_EQ(duration_s("90m"), 5400);
  EXPECT_EQ(duration_s("7d"), 604800);
  for (const char* text : {"", "7", "d", "7 d", "7dd", "0s", "-1s", "1.5h", "every 7d"})
    EXPECT_FALSE(duration_s(text)) << text;
}

TEST(Interval, TheSchemasScheduleIsTheDefault) {
  EXPECT_EQ(schedule_or_default(kSchema, ""), "every 2h");
  EXPECT_EQ(schedule_or_default(kSchema, "every 3h"), "every 3h");
  EXPECT_EQ(schedule_or_default({{"title", "T"}}, ""), "");
}

}  // namespace
}  // namespace tq
