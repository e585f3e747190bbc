// SPDX-License-Identifier: Apache-2.0
#include "threatq/position.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::HasSubstr;
using Step = Position::Step;

constexpr uint32_t kLimit = 100;

// A page of ids `first` to `last`, of which those above `after` are new.
PageFacts page(uint64_t first, uint64_t last, std::optional<uint64_t> after,
               std::optional<uint64_t> total, std::optional<std::string> mark) {
  PageFacts facts;
  facts.rows = last - first + 1;
  facts.first_id = first;
  facts.last_id = last;
  facts.fresh = after && *after >= first ? last - std::min(*after, last) : facts.rows;
  facts.total = total;
  facts.next_mark = std::move(mark);
  return facts;
}

PageFacts nothing(std::optional<uint64_t> total, std::optional<std::string> mark) {
  PageFacts facts;
  facts.total = total;
  facts.next_mark = std::move(mark);
  return facts;
}

class PositionTest : public testing::Test {
 protected:
  std::string query() { return position_.query(kLimit); }
  Step step(const PageFacts& facts) {
    auto result = position_.advance(facts, kLimit);
    EXPECT_TRUE(result.ok()) << (result ? "" : result.error().message);
    return result ? *result : Step::kEnd;
  }
  std::string failure(const PageFacts& facts) {
    auto result = position_.advance(facts, kLimit);
    if (result) return "no failure";
    EXPECT_EQ(result.error().status, Status::kTransient);
    return result.error().message;
  }
  Step take(uint64_t first, uint64_t last, std::optional<uint64_t> total,
            std::optional<std::string> mark = {}) {
    return step(page(first, last, position_.last_id(), total, std::move(mark)));
  }

  Position position_;
};

TEST_F(PositionTest, CursorGoesOnUntilItsMarkStays) {
  EXPECT_EQ(query(), "limit=100&sort=id&cursorMark=%2A");
  EXPECT_EQ(take(1, 100, 150, "a="), Step::kTake);
  EXPECT_EQ(query(), "limit=100&sort=id&cursorMark=a%3D");
  EXPECT_EQ(take(101, 150, 150, "b"), Step::kTake);
  EXPECT_EQ(step(nothing(150, "b")), Step::kEnd);
}

TEST_F(PositionTest, CursorMayEndWithItsLastRows) {
  EXPECT_EQ(take(1, 100, 150, "a"), Step::kTake);
  EXPECT_EQ(take(101, 150, 150, "a"), Step::kTakeAndEnd);
}

TEST_F(PositionTest, CursorGoesOnBeyondATotalThatIsCapped) {
  EXPECT_EQ(take(1, 100, 100, "a"), Step::kTake);
  EXPECT_EQ(take(101, 200, 100, "b"), Step::kTake);
  EXPECT_FALSE(position_.total()) << "more rows came than it told";
  EXPECT_EQ(step(nothing(100, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(100, "b")), Step::kEnd);
}

TEST_F(PositionTest, EmptyPageThatPassesEndsNoReadBeyondATotalThatIsCapped) {
  for (uint64_t row = 0; row < 50'000; row += 100)
    ASSERT_EQ(take(row + 1, row + 100, 10'000, std::to_string(row)), Step::kTake);
  EXPECT_EQ(step(nothing(10'000, "49900")), Step::kAgain);
  EXPECT_EQ(take(50'001, 50'100, 10'000, "50000"), Step::kTake);
}

TEST_F(PositionTest, EmptyPageThatPassesEndsNoReadWhereATotalIsCapped) {
  take(1, 100, 100, "a");
  EXPECT_EQ(step(nothing(100, "a")), Step::kAgain);
  EXPECT_EQ(take(101, 200, 100, "b"), Step::kTake);
}

TEST_F(PositionTest, TotalThatFlapsIsToleratedByItsDifferenceOnly) {
  for (uint64_t row = 0; row < 9'920; row += 80)
    ASSERT_EQ(take(row + 1, row + 80, row % 160 == 0 ? 10'000 : 9'990, std::to_string(row)),
              Step::kTake);
  EXPECT_EQ(step(nothing(10'000, "9840")), Step::kAgain) << "80 are missing";
  EXPECT_EQ(step(nothing(9'990, "9840")), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=9919");
  EXPECT_THAT(failure(page(9'920, 9'990, 9'920, 9'990, {})), HasSubstr("sent 9920"));
}

TEST_F(PositionTest, TotalOfAnEmptyPageThatPassedIsForgotten) {
  take(1, 100, 1000, "a");
  EXPECT_EQ(step(nothing(0, "a")), Step::kAgain);
  for (uint64_t row = 100; row < 900; row += 100)
    ASSERT_EQ(take(row + 1, row + 100, 1000, std::to_string(row)), Step::kTake);
  EXPECT_EQ(take(901, 990, 1000, "z"), Step::kTake);
  EXPECT_EQ(step(nothing(1000, "z")), Step::kAgain) << "ten are missing, and the total is steady";
  EXPECT_EQ(step(nothing(1000, "z")), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=989");
}

TEST_F(PositionTest, ShortPageThatWasFollowedByMoreSaysNothingAnyLonger) {
  take(1, 100, 150, "a");
  take(101, 150, 250, "b");
  take(151, 250, 250, "c");
  take(251, 300, 300, "d");
  EXPECT_EQ(step(nothing(300, "d")), Step::kAgain);
}

TEST_F(PositionTest, EmptyCollectionIsBelievedTheSecondTime) {
  EXPECT_EQ(step(nothing(0, {})), Step::kAgain);
  EXPECT_EQ(step(nothing(0, {})), Step::kEnd);
  EXPECT_EQ(Position().query(1), "limit=1&sort=id&cursorMark=%2A");
}

TEST_F(PositionTest, EmptyPageBeforeTheTotalIsAskedForOnceMoreAndThenAFailure) {
  take(1, 100, 300, "a");
  EXPECT_EQ(step(nothing(300, "a")), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&cursorMark=a");
  EXPECT_EQ(step(nothing(300, "a")), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=99") << "by counting, are there more?";
  EXPECT_THAT(failure(page(100, 199, 100, 300, {})),
              HasSubstr("ThreatQ promised 300 rows and sent 100"));
}

TEST_F(PositionTest, TotalThatIsTooLargeIsSeenThrough) {
  take(1, 100, 150, "a");
  take(101, 140, 150, "b");
  EXPECT_EQ(step(nothing(150, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(150, "b")), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=139");
  EXPECT_EQ(step(page(140, 140, 140, 150, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=1&sort=-id&offset=0") << "another witness than counting";
  EXPECT_EQ(step(page(140, 140, 140, 150, {})), Step::kEnd);
}

TEST_F(PositionTest, WindowOfTheServersIsNoEnd) {
  take(1, 100, 150'000, "a");
  take(101, 140, 150'000, "b");
  EXPECT_EQ(step(nothing(150'000, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(150'000, "b")), Step::kAgain);
  EXPECT_EQ(step(page(140, 140, 140, 150'000, {})), Step::kAgain) << "nothing behind it is given";
  EXPECT_THAT(failure(page(150'000, 150'000, 1, 150'000, {})),
              HasSubstr("there is a row with the id 150000, and the last one sent was 140"));
}

TEST_F(PositionTest, RowsThatWereSkippedAreNotSeenThrough) {
  take(1, 100, 300, "a");
  take(201, 300, 300, "b");
  EXPECT_EQ(step(nothing(300, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(300, "b")), Step::kAgain);
  EXPECT_THAT(failure(page(200, 299, 300, 300, {})), HasSubstr("promised 300 rows and sent 200"));
}

TEST_F(PositionTest, EmptyPageThatPassesDoesNoHarm) {
  take(1, 100, 200, "a");
  EXPECT_EQ(step(nothing(200, "a")), Step::kAgain);
  EXPECT_EQ(take(101, 200, 200, "b"), Step::kTake);
  EXPECT_EQ(step(nothing(200, "b")), Step::kAgain) << "a full page may meet a cap";
  EXPECT_EQ(step(nothing(200, "b")), Step::kEnd);
}

TEST_F(PositionTest, EmptyPageThatTakesTheTotalBackIsNoEnd) {
  take(1, 100, 300, "a");
  EXPECT_EQ(step(nothing(0, "a")), Step::kAgain) << "a search backend that is overloaded";
  EXPECT_EQ(take(101, 200, 300, "b"), Step::kTake) << "it has recovered";
  EXPECT_EQ(step(nothing(0, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(0, "b")), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=199");
  EXPECT_THAT(failure(nothing(0, {})), HasSubstr("the read is not whole"));
}

TEST_F(PositionTest, EndWithoutATotalIsBelievedTheSecondTime) {
  PageFacts rows = page(1, 100, {}, 300, "a"), none = nothing(300, "a");
  rows.total = none.total = std::nullopt;
  EXPECT_EQ(step(rows), Step::kTake);
  EXPECT_EQ(step(none), Step::kAgain);
  EXPECT_EQ(step(none), Step::kEnd);
}

TEST_F(PositionTest, SmallerPagesByOffsetStillReachNewRows) {
  take(1, 100, 300, {});
  EXPECT_EQ(step(page(150, 249, 100, 300, {})), Step::kAgain) << "rows left";
  EXPECT_EQ(step(page(140, 239, 100, 300, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=1");
  EXPECT_EQ(position_.query(50), "limit=50&sort=id&offset=51");
}

TEST_F(PositionTest, EmptyFirstPageOfAFullCollectionIsAFailure) {
  EXPECT_EQ(step(nothing(300, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&cursorMark=%2A");
  EXPECT_THAT(failure(nothing(300, {})), HasSubstr("promised 300 rows and sent 0"));
}

TEST_F(PositionTest, RepeatedPageNeverLoops) {
  take(1, 100, 300, "a");
  EXPECT_EQ(step(page(1, 100, 100, 300, "b")), Step::kAgain);
  EXPECT_THAT(failure(page(1, 100, 100, 300, "b")), HasSubstr("sent a second time"));
}

TEST_F(PositionTest, CursorThatDoesNotMoveNeverLoops) {
  take(1, 100, 300, "a");
  EXPECT_EQ(step(page(101, 200, 100, 300, "a")), Step::kAgain);
  EXPECT_EQ(step(page(101, 200, 100, 300, "a")), Step::kTake);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=199");
  EXPECT_THAT(failure(page(200, 299, 200, 300, {})), HasSubstr("promised 300 rows and sent 200"));
}

TEST_F(PositionTest, PageWithoutAUsableRowNeverLoops) {
  PageFacts bad = nothing(300, "a");
  bad.rows = bad.unusable = 100;
  EXPECT_EQ(step(bad), Step::kAgain);
  EXPECT_THAT(failure(bad), HasSubstr("without a single usable id"));
}

TEST_F(PositionTest, RowsThatLeaveMeanwhileAreNoFailure) {
  take(1, 100, 300, "a");
  take(101, 200, 290, "b");
  take(201, 280, 250, "c");  // thirty of those that were read are gone by now
  EXPECT_EQ(step(nothing(250, "c")), Step::kEnd);
}

TEST_F(PositionTest, FewRowsThatJoinBehindTheReadAreNoFailure) {
  take(1, 100, 200, "a");
  take(101, 200, 205, "b");
  EXPECT_EQ(step(nothing(205, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(205, "b")), Step::kEnd);
}

TEST_F(PositionTest, ManyRowsThatWereNeverSentAreAFailureHoweverTheTotalMoves) {
  take(1, 100, 200, "a");
  take(101, 200, 900, "b");
  EXPECT_EQ(step(nothing(900, "b")), Step::kAgain);
  EXPECT_EQ(step(nothing(900, "b")), Step::kAgain);
  EXPECT_THAT(failure(page(200, 299, 200, 900, {})), HasSubstr("promised 900"));
}

TEST_F(PositionTest, UnusableRowsCountAsSent) {
  PageFacts facts = page(1, 90, {}, 100, "a");
  facts.rows = 100;
  facts.unusable = 10;
  EXPECT_EQ(step(facts), Step::kTake);
  EXPECT_EQ(step(nothing(100, "a")), Step::kAgain);
  EXPECT_EQ(step(nothing(100, "a")), Step::kEnd);
}

TEST_F(PositionTest, WithoutMarksOffsetsCountItemsAndOverlapByOne) {
  EXPECT_EQ(take(1, 100, 250), Step::kTake);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=99");
  EXPECT_EQ(take(100, 199, 250), Step::kTake);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=198");
  EXPECT_EQ(take(199, 250, 250), Step::kTake);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=249");
  EXPECT_EQ(step(page(250, 250, 250, 250, {})), Step::kEnd);
}

TEST_F(PositionTest, PagesBelowWhatWasAskedForAreNoEndByOffset) {
  take(1, 50, 120);  // the server gives no more than fifty
  EXPECT_EQ(take(50, 99, 120), Step::kTake);
  EXPECT_EQ(take(99, 148, 120), Step::kTake) << "the total was capped";
  EXPECT_FALSE(position_.total());
  EXPECT_EQ(take(148, 180, 120), Step::kTake);
  EXPECT_EQ(step(page(180, 180, 180, 120, {})), Step::kAgain);
  EXPECT_EQ(step(page(180, 180, 180, 120, {})), Step::kEnd);
}

TEST_F(PositionTest, RowsWithoutAUsableIdAtTheEndAreNoFailureByOffset) {
  PageFacts rows = page(1, 9, {}, 12, {});
  rows.rows = 12;
  rows.unusable = rows.unusable_behind = 3;
  EXPECT_EQ(step(rows), Step::kTake);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=8");
  PageFacts last = page(9, 9, 9, 12, {});
  last.rows = 4;
  last.unusable = last.unusable_behind = 3;
  EXPECT_EQ(step(last), Step::kAgain);
  EXPECT_EQ(step(last), Step::kEnd);
}

TEST_F(PositionTest, LastRowThatLeavesIsNoFailureByOffset) {
  take(1, 100, 120);
  take(100, 120, 120);
  EXPECT_EQ(step(nothing(119, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=70");
  EXPECT_EQ(step(page(71, 119, 120, 119, {})), Step::kAgain);
  EXPECT_EQ(step(page(119, 119, 120, 119, {})), Step::kEnd);
}

TEST_F(PositionTest, OffsetsGoOnBehindAFullPageAndWithoutATotal) {
  take(1, 100, 100);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=99");
  EXPECT_EQ(step(page(100, 100, 100, 100, {})), Step::kAgain);
  EXPECT_EQ(step(page(100, 100, 100, 100, {})), Step::kEnd);

  position_ = Position();
  EXPECT_EQ(take(1, 60, {}), Step::kTake);  // the server's own page may be smaller
  EXPECT_EQ(take(60, 110, {}), Step::kTake);
  EXPECT_EQ(step(page(110, 110, 110, {}, {})), Step::kAgain);
  EXPECT_EQ(step(page(110, 110, 110, {}, {})), Step::kEnd);
}

TEST_F(PositionTest, RowsThatLeftMakeOffsetsGoBackUntilNothingCanBeMissing) {
  take(1, 100, 300);
  // Ten of the first hundred are gone: offset 99 is row 110 now.
  EXPECT_EQ(step(page(110, 209, 100, 290, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=50");
  EXPECT_EQ(take(61, 160, 290), Step::kTake);
  EXPECT_EQ(position_.last_id(), 160u);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=149");
}

TEST_F(PositionTest, RowsThatJoinBehindAReadByOffsetAreNoFailure) {
  take(1, 100, 250);
  EXPECT_EQ(take(60, 159, 290), Step::kTake);  // forty more stand in front of row 100
  EXPECT_EQ(query(), "limit=100&sort=id&offset=198");
  EXPECT_EQ(take(159, 250, 290), Step::kTake);
  EXPECT_EQ(step(page(250, 250, 250, 290, {})), Step::kEnd);
}

TEST_F(PositionTest, TooManyThatLeftAreAFailure) {
  take(1, 100, 1000);
  EXPECT_EQ(step(page(400, 499, 100, 700, {})), Step::kAgain);
  EXPECT_EQ(step(page(350, 449, 100, 700, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=100&sort=id&offset=1");
  EXPECT_THAT(failure(page(302, 401, 100, 700, {})), HasSubstr("too many rows left"));
}

TEST_F(PositionTest, EmptyPageByOffsetIsNoEndBeforeTheTotal) {
  take(1, 100, 300);
  EXPECT_EQ(step(nothing(300, {})), Step::kAgain);
  EXPECT_EQ(take(51, 150, 300), Step::kTake);
}

TEST_F(PositionTest, TotalThatIsTooLargeIsSeenThroughByOffsetToo) {
  take(1, 90, 200);
  EXPECT_EQ(step(page(90, 90, 90, 200, {})), Step::kAgain);
  EXPECT_EQ(step(page(90, 90, 90, 200, {})), Step::kAgain);
  EXPECT_EQ(query(), "limit=1&sort=-id&offset=0");
  EXPECT_EQ(step(page(90, 90, 90, 200, {})), Step::kEnd);
}

TEST_F(PositionTest, WindowOfTheServersIsNoEndByOffset) {
  take(1, 90, 200'000);
  EXPECT_EQ(step(page(90, 90, 90, 200'000, {})), Step::kAgain);
  EXPECT_EQ(step(page(90, 90, 90, 200'000, {})), Step::kAgain);
  EXPECT_THAT(failure(page(200'000, 200'000, 90, 200'000, {})),
              HasSubstr("there is a row with the id 200000"));
}

TEST_F(PositionTest, ServerThatIgnoresOffsetsNeverLoops) {
  take(1, 100, 150);
  EXPECT_EQ(step(page(1, 100, 100, 150, {})), Step::kAgain);
  EXPECT_THAT(failure(page(1, 100, 100, 150, {})), HasSubstr("promised 150 rows and sent 100"));

  position_ = Position();
  take(1, 100, {});
  EXPECT_EQ(step(page(1, 50, 100, {}, {})), Step::kAgain);
  EXPECT_THAT(failure(page(1, 50, 100, {}, {})), HasSubstr("sent a second time"));
}

}  // namespace
}  // namespace tq
