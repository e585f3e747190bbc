// SPDX-License-Identifier: Apache-2.0
// The highest id there is proves the end of a read, or that there is more.
#include <gmock/gmock.h>

#include "unit/threatq/position_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

// Neither offsets nor marks lead beyond row 10,000 of a million.
TEST_F(PositionTest, WindowIsNoEndWhateverTheTotalSays) {
  for (const std::optional<uint64_t> total :
       {std::optional<uint64_t>(1'000'000), std::optional<uint64_t>(10'000),
        std::optional<uint64_t>()}) {
    position_ = Position();
    take(1, 5'000, total);
    take(5'000, 10'000, total);
    const PageFacts last = page(10'000, 10'000, 10'000, total, {});
    while (!position_.proving()) ASSERT_NE(step(last), Step::kEnd);
    if (total != 1'000'000u) {
      EXPECT_EQ(step(highest(1'000'000)), Step::kAgain) << "it may have joined just now";
      while (!position_.proving()) ASSERT_NE(step(last), Step::kEnd);
    }
    EXPECT_THAT(failure(highest(1'000'000)), HasSubstr("a row with the id 1000000"));

    position_ = Position();
    take(1, 5'000, total, "a");
    take(5'001, 10'000, total, "b");
    while (!position_.proving()) ASSERT_NE(step(nothing(total, "b")), Step::kEnd);
    const auto proof = position_.advance(highest(1'000'000), kLimit);
    EXPECT_TRUE(!proof || *proof == Step::kAgain);
  }
}

TEST_F(PositionTest, RowThatJoinedBeforeTheProofIsFetched) {
  take(1, 100, {}, "a");
  step(nothing({}, "a"));
  step(nothing({}, "a"));
  EXPECT_EQ(step(highest(101)), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&cursorMark=a");
  EXPECT_EQ(take(101, 101, {}, "b"), Step::kTake);
  step(nothing({}, "b"));
  step(nothing({}, "b"));
  expect_end_at(101);
}

TEST_F(PositionTest, EmptyAnswersAreNoEndOfACollectionThatHasARow) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(nothing(0, {})), Step::kAgain);
  EXPECT_EQ(step(highest(7)), Step::kAgain);
  EXPECT_EQ(take(1, 7, 7, "a"), Step::kTake);

  position_ = Position();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(step(nothing(0, {})), Step::kAgain);
    if (round == 0) EXPECT_EQ(step(highest(7)), Step::kAgain);
  }
  EXPECT_THAT(failure(highest(7)), HasSubstr("the id 7, and none was sent"));
}

TEST_F(PositionTest, FirstRowProvesNoEndWhereTheServerDoesNotKnowTheOrder) {
  for (const uint64_t rows : {uint64_t{100}, uint64_t{200}}) {
    position_ = Position();
    for (uint64_t row = 0; row < rows; row += 100)
      take(row + 1, row + 100, rows, std::to_string(row));
    while (!position_.proving()) step(nothing(rows, {}));
    EXPECT_EQ(step(highest(1)), Step::kAgain);
    while (!position_.proving()) step(nothing(rows, {}));
    EXPECT_THAT(failure(highest(1)), HasSubstr("asked with sort=-id"));
  }
}

}  // namespace
}  // namespace tq
