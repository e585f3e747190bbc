// SPDX-License-Identifier: Apache-2.0
// Whole reads through ThreatqClient, against a small ThreatQ that can be spoiled page by page.
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "unit/threatq/cursor_fixture.hpp"

namespace tq {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(CursorTest, ReadsAWholeCollection) {
  server.fill(1234);
  auto cursor = open(kColumnValue | kColumnType | kColumnStatus);
  ASSERT_TRUE(cursor);
  EXPECT_EQ((*cursor)->info().name, "Crimeware");
  EXPECT_EQ((*cursor)->info().id, "5");
  const auto first = (*cursor)->next();
  ASSERT_TRUE(first);
  ASSERT_NE(*first, nullptr);
  EXPECT_EQ((*first)->value.bytes.substr(0, 4), "v1v2");
  EXPECT_EQ(*(*cursor)->type_name((*first)->type[0]), "IP Address");
  EXPECT_EQ(*(*cursor)->type_name((*first)->type[1]), "FQDN");
  EXPECT_EQ(*(*cursor)->status_name((*first)->status[0]), "Active");
  EXPECT_EQ((*cursor)->type_name(9), nullptr);
  EXPECT_EQ((*cursor)->info().total, 1234u);
  const ReadIds rest = read_ids(**cursor);
  EXPECT_FALSE(rest.error) << rest.error->message;
  EXPECT_EQ(rest.ids, numbers(101, 1234));
  EXPECT_EQ(*(*cursor)->next(), nullptr) << "the end stays the end";
}

TEST_F(CursorTest, TotalIsKnownBeforeTheFirstRowIsTaken) {
  server.fill(250);
  auto cursor = open();
  ASSERT_TRUE(cursor);
  EXPECT_EQ((*cursor)->info().total, 250u);
  EXPECT_EQ(read_ids(**cursor).ids, numbers(1, 250));
}

TEST_F(CursorTest, AsksAsItShould) {
  server.fill(150);
  read();
  const Seen page = pages().at(1);
  EXPECT_EQ(page.method, "POST");
  EXPECT_EQ(page.target, "/api/indicators/query?limit=100&sort=id&cursorMark=m%2B%3D100");
  EXPECT_EQ(
      page.body,
      R"({"criteria":{"+and":[{"status_name":"Active"}]},"filters":{},"fields":["id","value","type"]})");
  EXPECT_EQ(page.authorization, "Bearer token-1");
  EXPECT_TRUE(page.idempotent);
  EXPECT_THAT(page.headers, testing::Contains(std::pair<std::string, std::string>(
                                "Content-Type", "application/json")));
}

TEST_F(CursorTest, ReadsByOffsetWhenThereAreNoMarks) {
  server.cursor = false;
  server.fill(450);
  const ReadIds all = read();
  EXPECT_FALSE(all.error);
  EXPECT_EQ(all.ids, numbers(1, 450));
  EXPECT_THAT(pages().at(1).target, HasSubstr("&offset=99"));
}

TEST_F(CursorTest, EmptyCollectionIsWhole) {
  auto cursor = open();
  ASSERT_TRUE(cursor);
  const ReadIds all = read_ids(**cursor);
  EXPECT_FALSE(all.error);
  EXPECT_THAT(all.ids, IsEmpty());
  EXPECT_EQ((*cursor)->info().total, 0u);
}

TEST_F(CursorTest, RowsThatLeaveDuringAReadByOffsetCostNoOther) {
  server.cursor = false;
  server.fill(500);
  server.spoil = [this](const PageQuery& query) -> std::optional<Reply> {
    if (query.nth == 3)
      for (uint64_t id = 1; id <= 20; ++id) server.ids.erase(id);
    return {};
  };
  const ReadIds all = read();
  EXPECT_FALSE(all.error);
  EXPECT_EQ(all.ids, numbers(1, 500));
}

TEST_F(CursorTest, RowsThatJoinDuringAReadAreNotDoubled) {
  server.cursor = false;
  for (uint64_t id = 100; id < 500; ++id) server.ids.insert(id);
  server.spoil = [this](const PageQuery& query) -> std::optional<Reply> {
    if (query.nth == 2) server.ids.insert({7, 8, 600});
    return {};
  };
  const ReadIds all = read();
  EXPECT_FALSE(all.error) << all.error->message;
  auto expected = numbers(100, 499);
  expected.push_back(600);
  EXPECT_EQ(all.ids, expected);
}

TEST_F(CursorTest, PagesShrinkWhenTheServerCannotGiveThem) {
  server.fill(300);
  for (const int status : {400, 413, 500, 504}) {
    const size_t before = pages().size();
    server.spoil = [status](const PageQuery& query) -> std::optional<Reply> {
      if (query.limit > 30) return Reply{status, "too much"};
      return {};
    };
    const ReadIds all = read();
    EXPECT_FALSE(all.error) << all.error->message;
    EXPECT_EQ(all.ids, numbers(1, 300));
    EXPECT_THAT(pages().at(before + 1).target, HasSubstr("limit=50&"));
    EXPECT_THAT(pages().back().target, HasSubstr("limit=25&")) << "it stays";
  }
  EXPECT_THAT(log.text(), HasSubstr("a page failed and is asked for with fewer rows rows=50"));
}

TEST_F(CursorTest, SmallestPageThatFailsFailsTheRead) {
  server.fill(300);
  server.spoil = [](const PageQuery&) { return Reply{500, R"({"errors":["index down"]})"}; };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kTransient);
  EXPECT_EQ(all.error->http_status, 500);
  EXPECT_THAT(
      all.error->message,
      HasSubstr("ThreatQ at https://tq.example: reading data collection \"Crimeware\" failed: HTTP "
                "500 (index down)"));
  EXPECT_THAT(pages(), SizeIs(3));
}

TEST_F(CursorTest, CutAndMalformedPagesAreAskedForAgain) {
  server.fill(300);
  for (const Reply& bad :
       {Reply{200, R"({"data":[{"id":1)", {}, true},  // the connection broke
        Reply{200, R"({"data":[{"id":1,"value":"a"},{"id":2,"val)"},
        Reply{200, "<html>one moment</html>"}, Reply{200, R"({"data":[],"errors":["busy"]})"},
        Reply{.error = Error{Status::kTransient, "timed out"}}}) {
    const size_t before = pages().size();
    server.spoil = [&, first = true](const PageQuery&) mutable -> std::optional<Reply> {
      if (!std::exchange(first, false)) return {};
      return bad;
    };
    const ReadIds all = read();
    EXPECT_FALSE(all.error) << all.error->message;
    EXPECT_EQ(all.ids, numbers(1, 300));
    EXPECT_THAT(pages().at(before + 1).target, HasSubstr("limit=50&"));
    server.spoil = [&](const PageQuery&) { return bad; };
    const ReadIds none = read();
    ASSERT_TRUE(none.error) << bad.body;
    EXPECT_EQ(none.error->status, Status::kTransient);
    EXPECT_THAT(none.ids, IsEmpty());
  }
}

TEST_F(CursorTest, CutInTheMiddleNeverPassesForWhole) {
  server.fill(300);
  server.spoil = [this](const PageQuery& query) -> std::optional<Reply> {
    if (query.mark == "m+=100" || query.nth > 2)
      return Reply{200, server.page(query).substr(0, 500), {}, true};
    return {};
  };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kTransient);
  EXPECT_EQ(all.ids, numbers(1, 100)) << "what was whole was given";
}

TEST_F(CursorTest, PromisedRowsThatDoNotComeFailTheRead) {
  server.fill(300);
  server.spoil = [](const PageQuery& query) -> std::optional<Reply> {
    if (query.mark == "m+=100")
      return Reply{200, R"({"data":[],"total":300,"nextCursorMark":"m+=100"})"};
    return {};
  };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kTransient);
  EXPECT_THAT(all.error->message, HasSubstr("ThreatQ promised 300 rows and sent 100"));
  EXPECT_THAT(pages(), SizeIs(4));
}

TEST_F(CursorTest, TotalThatIsTooLargeIsSeenThrough) {
  server.fill(300);
  server.extra_total = 50;
  for (const bool by_cursor : {true, false}) {
    server.cursor = by_cursor;
    const ReadIds all = read();
    EXPECT_FALSE(all.error) << all.error->message;
    EXPECT_EQ(all.ids, numbers(1, 300));
  }
}

TEST_F(CursorTest, RepeatedPagesEndTheRead) {
  server.fill(300);
  server.spoil = [this](const PageQuery& query) -> std::optional<Reply> {
    PageQuery first = query;
    first.mark = "*";
    return Reply{200, server.page(first)};
  };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kTransient);
  EXPECT_EQ(all.ids, numbers(1, 100));
  EXPECT_LE(pages().size(), 4u);
}

TEST_F(CursorTest, ExpiredTokenIsReplacedOncePerCall) {
  server.fill(300);
  ASSERT_TRUE(client().log_in());
  server.token = "token-2";
  server.spoil = [this, turned = false](const PageQuery& query) mutable -> std::optional<Reply> {
    if (query.nth != 2 || std::exchange(turned, true)) return {};
    server.token = "token-3";
    return Reply{401, "{}"};
  };
  const ReadIds all = read();
  EXPECT_FALSE(all.error) << all.error->message;
  EXPECT_EQ(all.ids, numbers(1, 300));
  EXPECT_THAT(http.requests("/api/token"), SizeIs(3));
}

TEST_F(CursorTest, NewTokenThatIsRefusedIsTold) {
  server.fill(300);
  server.spoil = [](const PageQuery&) { return Reply{401, R"({"errors":["go away token-1"]})"}; };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kAuth);
  EXPECT_THAT(all.error->message, AllOf(HasSubstr("with a new token"), Not(HasSubstr("token-1"))));
  EXPECT_THAT(pages(), SizeIs(2));
}

TEST_F(CursorTest, RefusalsOfAPageAreTold) {
  server.spoil = [](const PageQuery&) { return Reply{403, "{}"}; };
  ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kAuth);
  EXPECT_THAT(all.error->message, HasSubstr("may read indicators in the Threat Library"));
  server.spoil = [](const PageQuery&) { return Reply{404, ""}; };
  EXPECT_EQ(read().error->status, Status::kConfig);
  server.spoil = [](const PageQuery&) { return Reply{429, "", {{"Retry-After", "9"}}}; };
  all = read();
  EXPECT_EQ(all.error->status, Status::kLimited);
  EXPECT_EQ(all.error->retry_after_ms, 9000u);
  EXPECT_THAT(pages(), SizeIs(3)) << "none of these is a matter of size";
}

TEST_F(CursorTest, RowsThatCannotBeUsedAreLoggedOnceAPage) {
  server.spoil = [](const PageQuery&) {
    return Reply{200,
                 R"({"total":4,"data":[{"id":1,"value":"","type":"FQDN"},{"value":"x"},{"id":"y"},)"
                 R"({"id":3,"type":"FQDN"}]})"};
  };
  const ReadIds all = read();
  EXPECT_FALSE(all.error) << all.error->message;
  EXPECT_THAT(all.ids, ElementsAre(1, 3));
  EXPECT_THAT(log.text(), HasSubstr("3 threatq.row rows without a usable id were left out "
                                    "collection=Crimeware rows=2"));
  EXPECT_THAT(log.text(),
              HasSubstr("1 threatq.row rows have no value collection=Crimeware rows=2"));
  EXPECT_THAT(log.text(), HasSubstr("threatq.page a page was read"));
}

TEST_F(CursorTest, TypeThatIsNotInTheListFailsTheReadAtOnce) {
  server.spoil = [](const PageQuery&) {
    return Reply{200, R"({"total":1,"data":[{"id":1,"value":"x","type_id":99}]})"};
  };
  const ReadIds all = read();
  ASSERT_TRUE(all.error);
  EXPECT_EQ(all.error->status, Status::kTransient);
  EXPECT_THAT(all.error->message, HasSubstr("type has the id 99"));
  EXPECT_THAT(all.ids, IsEmpty());
  EXPECT_THAT(pages(), SizeIs(1)) << "a smaller page would say the same";
}

TEST_F(CursorTest, CancelEndsNextAtOnce) {
  server.spoil = [](const PageQuery&) { return Reply{.hang = true}; };
  auto cursor = open();
  ASSERT_TRUE(cursor);
  std::thread stopper([this] {
    while (http.hanging == 0) std::this_thread::yield();
    cancel.cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto batch = (*cursor)->next();
  stopper.join();
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().status, Status::kCancelled);
  EXPECT_EQ((*cursor)->next().error().status, Status::kCancelled);
  cursor->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(http.hanging, 0);
}

TEST_F(CursorTest, ClosingStopsWhatIsUnderWay) {
  server.fill(2000);
  server.spoil = [](const PageQuery& query) -> std::optional<Reply> {
    if (query.nth == 2) return Reply{.hang = true};
    return {};
  };
  auto cursor = open();
  ASSERT_TRUE(cursor);
  ASSERT_TRUE((*cursor)->next());
  while (http.hanging == 0) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  cursor->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(cancel.cancelled()) << "only the cursor was given up";
}

TEST_F(CursorTest, OpenTellsWhatIsWrongBeforeAnyPage) {
  auto unknown = client().open({"Crimware", kColumnValue, {}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().status, Status::kConfig);
  EXPECT_THAT(pages(), IsEmpty());
  cancel.cancel();
  EXPECT_EQ(open().error().status, Status::kCancelled);
}

TEST_F(CursorTest, TwoCursorsReadSideBySide) {
  server.fill(500);
  auto a = open(), b = open();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(read_ids(**a).ids, numbers(1, 500));
  EXPECT_EQ(read_ids(**b).ids, numbers(1, 500));
  EXPECT_THAT(http.requests("/api/token"), SizeIs(1));
}

}  // namespace
}  // namespace tq
