// SPDX-License-Identifier: Apache-2.0
// The page that is asked for before it is needed: taken when it is the right one, given up when
// not.
#include "threatq/page_ahead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tq {
namespace {

class PageAheadTest : public testing::Test {
 protected:
  // Answers "page of TARGET"; one named "hang" waits until it is given up.
  PageAhead make() {
    return PageAhead(
        [this](const std::string& target, const Cancel& stop, PageBuffer* out) -> Result<void> {
          ++downloads;
          if (target == "hang") {
            const bool stopped = stop.wait_ms(20'000);
            return Error{stopped ? Status::kCancelled : Status::kTransient, "nothing came"};
          }
          if (target == "bad") return Error{Status::kTransient, "the connection broke"};
          out->assign("page of " + target);
          return {};
        },
        cancel);
  }

  Cancel cancel;
  std::atomic<int> downloads{0};
  PageBuffer page;
};

TEST_F(PageAheadTest, RightGuessIsTakenOnce) {
  PageAhead ahead = make();
  EXPECT_FALSE(ahead.take("a", &page)) << "nothing was guessed";
  for (const char* target : {"a", "b"}) {
    ahead.begin(target);
    const auto taken = ahead.take(target, &page);
    ASSERT_TRUE(taken && *taken);
    EXPECT_EQ(page.view(), std::string("page of ") + target);
    EXPECT_FALSE(ahead.take(target, &page));
  }
  EXPECT_EQ(downloads, 2);
}

TEST_F(PageAheadTest, WrongGuessIsGivenUpAtOnce) {
  PageAhead ahead = make();
  page.assign("mine");
  ahead.begin("hang");
  EXPECT_FALSE(ahead.take("a", &page));
  EXPECT_EQ(page.view(), "mine");
  ahead.begin("b");
  EXPECT_TRUE(ahead.take("b", &page));
}

TEST_F(PageAheadTest, FailureIsToldToWhoTakesIt) {
  PageAhead ahead = make();
  ahead.begin("bad");
  const auto taken = ahead.take("bad", &page);
  ASSERT_TRUE(taken);
  ASSERT_FALSE(*taken);
  EXPECT_EQ(taken->error().status, Status::kTransient);
}

TEST_F(PageAheadTest, CancelEndsAGuessThatIsWaitedFor) {
  PageAhead ahead = make();
  ahead.begin("hang");
  std::thread stopper([this] {
    while (downloads == 0) std::this_thread::yield();
    cancel.cancel();
  });
  const auto taken = ahead.take("hang", &page);
  stopper.join();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->error().status, Status::kCancelled);
}

TEST_F(PageAheadTest, EndsWithAGuessUnderWay) {
  PageAhead ahead = make();
  ahead.begin("hang");
}

TEST(GuessNextMark, IsFoundAtEitherEnd) {
  const std::string rows(5'000, 'x');
  EXPECT_EQ(guess_next_mark(R"({"data":[")" + rows + R"("],"nextCursorMark":"bTE="})"), "bTE=");
  EXPECT_EQ(guess_next_mark(R"({"nextCursorMark" : "m1","data":[")" + rows + R"("]})"), "m1");
  EXPECT_EQ(guess_next_mark(R"({"nextCursorMark":"m"})"), "m");
}

TEST(GuessNextMark, IsEmptyWhenThereIsNone) {
  const std::string rows(5'000, 'x');
  for (const std::string& text : std::vector<std::string>{
           "", "{}", R"({"nextCursorMark":null})", R"({"nextCursorMark":"cut)",
           R"({"nextCursorMark")", R"({"nextCursorMark":"a\u002bb"})", R"({"total":5,"data":[]})",
           "\"" + rows + R"("nextCursorMark":"m")" + rows})
    EXPECT_EQ(guess_next_mark(text), "") << text.substr(0, 40);
}

}  // namespace
}  // namespace tq
