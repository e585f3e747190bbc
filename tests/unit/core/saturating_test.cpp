// SPDX-License-Identifier: Apache-2.0
#include "core/saturating.hpp"

#include <gtest/gtest.h>

#include "core/record_json.hpp"

namespace tq {
namespace {

constexpr uint64_t kAll[] = {0, 1, 1ULL << 31, INT64_MAX, 1ULL << 63, UINT64_MAX};

TEST(Saturating, SumsAndProductsNeverWrapAround) {
  for (const uint64_t a : kAll)
    for (const uint64_t b : kAll) {
      EXPECT_GE(saturating_add(a, b), std::max(a, b));
      EXPECT_LE(saturating_sub(a, b), a);
      if (b > 0) EXPECT_GE(saturating_mul(a, b), a);
    }
  EXPECT_EQ(saturating_add(UINT64_MAX, 1), UINT64_MAX);
  EXPECT_EQ(saturating_sub(uint64_t{1}, 2), 0u);
  EXPECT_EQ(saturating_add(INT64_MAX, 1), INT64_MAX);
  EXPECT_EQ(saturating_add(INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(saturating_sub(INT64_MIN, 1), INT64_MIN);
  EXPECT_EQ(saturating_sub(INT64_MAX, -1), INT64_MAX);
  EXPECT_EQ(saturating_mul(INT64_MAX, -2), INT64_MIN);
  EXPECT_EQ(saturating_add(int64_t{2}, 3), 5);
}

TEST(Saturating, TimesStayInOrder) {
  for (const uint64_t ms : kAll)
    for (const int64_t at_ms : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1} << 31, INT64_MAX})
      EXPECT_GE(later(at_ms, ms), at_ms);
  EXPECT_EQ(later(5, 7), 12);
  EXPECT_EQ(elapsed(int64_t{5}, int64_t{12}), 7u);
  EXPECT_EQ(elapsed(int64_t{12}, int64_t{5}), 0u);
  EXPECT_EQ(elapsed(INT64_MIN, INT64_MAX), static_cast<uint64_t>(INT64_MAX));
  EXPECT_EQ(elapsed(uint64_t{12}, uint64_t{5}), 0u);
  EXPECT_EQ(to_signed(UINT64_MAX), INT64_MAX);
  EXPECT_EQ(to_unsigned(-1), 0u);
}

TEST(RecordNumber, ThatItsTypeDoesNotHoldReadsAsNothing) {
  const Json json = {{"below", -1}, {"above", UINT64_MAX}, {"good", 7}};
  EXPECT_EQ(number_at<uint64_t>(json, "below"), 0u);
  EXPECT_EQ(number_at<int64_t>(json, "above"), 0);
  EXPECT_EQ(number_at<uint64_t>(json, "above"), UINT64_MAX);
  EXPECT_EQ(number_at<int>(json, "good"), 7);
}

TEST(FormattedTime, IsOneThatCanBeReadAgain) {
  for (const int64_t ms : {INT64_MIN, int64_t{-1}, int64_t{1} << 31, INT64_MAX}) {
    int64_t read = 0;
    const std::string text = format_time_utc(ms);
    EXPECT_TRUE(parse_time_utc(text, &read)) << text;
  }
  EXPECT_EQ(format_time_utc(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace tq
