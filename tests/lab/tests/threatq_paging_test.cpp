// SPDX-License-Identifier: Apache-2.0
// Both pagings give each indicator once; what goes wrong with pages on demand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lab/tests/threatq_fixture.hpp"

namespace lab {
namespace {

using Ids = std::vector<std::uint64_t>;

Ids all_ids(Threatq& lab) {
  Ids ids;
  const Json dump = lab.dump();
  for (const Json& row : dump.at("indicators")) ids.push_back(row.at("id").get<std::uint64_t>());
  return ids;
}

Ids by_offset(const Threatq& lab, std::size_t limit, const std::string& sort = "id") {
  Ids ids;
  while (true) {
    const Json page = lab.query("limit=" + std::to_string(limit) + "&sort=" + sort +
                                    "&offset=" + std::to_string(ids.size()),
                                {{"fields", {"id"}}});
    const Ids more = ids_of(page);
    ids.insert(ids.end(), more.begin(), more.end());
    if (more.empty() || ids.size() >= page.at("total").get<std::size_t>()) return ids;
  }
}

Json cursor_page(const Threatq& lab, const std::string& mark, std::size_t limit,
                 const std::string& sort = "id") {
  return lab.query(
      "limit=" + std::to_string(limit) + "&sort=" + sort + "&cursorMark=" + escaped(mark),
      {{"fields", {"id"}}});
}

Ids by_cursor(const Threatq& lab, std::size_t limit, const std::string& sort = "id") {
  Ids ids;
  for (std::string mark = "*";;) {
    const Json page = cursor_page(lab, mark, limit, sort);
    const Ids more = ids_of(page);
    ids.insert(ids.end(), more.begin(), more.end());
    const std::string next = page.at("nextCursorMark").get<std::string>();
    if (next == mark) return ids;
    mark = next;
  }
}

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

class Paging : public testing::Test {
 protected:
  Paging() : lab({"--generate", "257", "--seed", "5"}) {}
  Threatq lab;
};

TEST_F(Paging, BothGiveEachIdOnceAscending) {
  const Ids all = all_ids(lab);
  ASSERT_EQ(all.size(), 257U);
  EXPECT_EQ(sorted(all), all);
  for (const std::size_t limit : {1U, 10U, 100U, 256U, 257U, 258U, 1000U}) {
    if (limit > 1) {
      EXPECT_EQ(by_offset(lab, limit), all) << limit;
    }
    EXPECT_EQ(by_cursor(lab, limit), all) << limit;
  }
}

TEST_F(Paging, OtherOrdersGiveEachIdOnceToo) {
  for (const char* sort : {"updated_at", "-created_at,id", "touched_at", "-id", "score"}) {
    EXPECT_EQ(sorted(by_cursor(lab, 20, sort)), all_ids(lab)) << sort;
    EXPECT_EQ(by_offset(lab, 20, sort), by_cursor(lab, 33, sort)) << sort;
  }
  const Ids all = all_ids(lab);
  EXPECT_EQ(by_cursor(lab, 20, "-id"), Ids(all.rbegin(), all.rend()));
}

TEST_F(Paging, ACursorSurvivesChangesBeforeIt) {
  const Ids all = all_ids(lab);
  const Json first = cursor_page(lab, "*", 100);
  lab.process.change(R"({"oldest": 50})");
  const Json second = cursor_page(lab, first.at("nextCursorMark").get<std::string>(), 100);
  EXPECT_EQ(ids_of(second), Ids(all.begin() + 100, all.begin() + 200));
}

TEST_F(Paging, AMarkBelongsToItsOrder) {
  const Json first = cursor_page(lab, "*", 100);
  const std::string mark = escaped(first.at("nextCursorMark").get<std::string>());
  EXPECT_EQ(
      lab.call("POST", "/api/indicators/query?sort=updated_at&cursorMark=" + mark, "{}").status,
      400);
}

TEST_F(Paging, TheAnswerTellsTotalLimitAndOffset) {
  const Json page = lab.query("limit=10&offset=20");
  EXPECT_EQ(page.at("total"), 257);
  EXPECT_EQ(page.at("limit"), 10);
  EXPECT_EQ(page.at("offset"), 20);
  EXPECT_FALSE(page.contains("nextCursorMark"));
  EXPECT_TRUE(lab.query("limit=10&offset=257").at("data").empty());
}

TEST(OldPaging, DoesNotKnowCursors) {
  Threatq lab({"--generate", "30", "--paging", "offset"});
  const Json page = cursor_page(lab, "*", 10);
  EXPECT_EQ(page.at("data").size(), 10U);
  EXPECT_FALSE(page.contains("nextCursorMark"));
}

TEST(LargestPage, IsRefusedAbove) {
  Threatq lab({"--generate", "30", "--max-page", "20"});
  EXPECT_EQ(lab.call("POST", "/api/indicators/query?limit=20", "{}").status, 200);
  EXPECT_EQ(lab.call("POST", "/api/indicators/query?limit=21", "{}").status, 400);
  lab.process.fault(R"({"service":{"refuse_page_above":{"rows":10,"status":504}}})");
  EXPECT_EQ(lab.call("POST", "/api/indicators/query?limit=11", "{}").status, 504);
  EXPECT_EQ(lab.call("POST", "/api/indicators/query?limit=10", "{}").status, 200);
  lab.process.fault(R"({"service":{"refuse_page_above":0}})");
  EXPECT_EQ(lab.call("POST", "/api/indicators/query?limit=20", "{}").status, 200);
}

class PageFault : public Paging {
 protected:
  Json second_page() {
    first = cursor_page(lab, "*", 100);
    mark = first.at("nextCursorMark").get<std::string>();
    return cursor_page(lab, mark, 100);
  }
  Json first;
  std::string mark;
};

TEST_F(PageFault, APageRepeatsAndTheCursorStays) {
  lab.process.fault(R"({"service":{"repeat_page":true}})");
  const Json second = second_page();
  EXPECT_EQ(ids_of(second), ids_of(first));
  EXPECT_EQ(second.at("nextCursorMark"), mark);
  EXPECT_EQ(by_cursor(lab, 100), all_ids(lab)) << "once only";
}

TEST_F(PageFault, APageRepeatsAndTheCursorMoves) {
  lab.process.fault(R"({"service":{"repeat_page":"moving"}})");
  const Json second = second_page();
  EXPECT_EQ(ids_of(second), ids_of(first));
  const Ids all = all_ids(lab);
  const Json third = cursor_page(lab, second.at("nextCursorMark").get<std::string>(), 100);
  EXPECT_EQ(ids_of(third), Ids(all.begin() + 200, all.end())) << "the second page never came";
}

TEST_F(PageFault, APageComesEmpty) {
  lab.process.fault(R"({"service":{"empty_page":true}})");
  const Json second = second_page();
  EXPECT_TRUE(second.at("data").empty());
  EXPECT_EQ(second.at("total"), 257);
  EXPECT_EQ(second.at("nextCursorMark"), mark);
}

TEST_F(PageFault, DamagedRowsStandBetweenGoodOnesAndHideNone) {
  const Ids all = all_ids(lab);
  for (const bool cursor : {true, false}) {
    lab.process.fault(R"({"service":{"bad_rows":7}})");
    Ids read = cursor ? by_cursor(lab, 50) : by_offset(lab, 50);
    EXPECT_EQ(read.size(), all.size() + 7) << cursor;
    EXPECT_EQ(sorted(read), read) << cursor;
    EXPECT_TRUE(std::includes(read.begin(), read.end(), all.begin(), all.end())) << cursor;
    EXPECT_EQ(std::set<std::uint64_t>(read.begin(), read.end()).size(), read.size()) << cursor;
  }
}

TEST_F(PageFault, DamageIsOfEachKind) {
  lab.process.fault(R"({"service":{"bad_rows":4}})");
  const Json page =
      lab.query("limit=50&sort=id", {{"fields", {"id", "value", "updated_at", "score"}}});
  EXPECT_EQ(page.at("data").size(), 50U);
  EXPECT_TRUE(page.at("data")[1].at("value").is_null());
  EXPECT_EQ(page.at("data")[3].at("value"), "");
  EXPECT_EQ(page.at("data")[5].at("updated_at"), "0000-00-00 00:00:00");
  EXPECT_EQ(page.at("data")[7].at("score"), "high");
}

TEST_F(PageFault, OffsetsShiftWhileTheSetChanges) {
  const Ids all = all_ids(lab);
  lab.process.fault(R"({"service":{"shift_pages":3}})");
  const Ids missed = by_offset(lab, 100);
  EXPECT_EQ(missed.size(), all.size() - 3);
  EXPECT_EQ(missed[100], all[103]);
  lab.process.fault(R"({"service":{"shift_pages":-3}})");
  const Ids doubled = by_offset(lab, 100);
  EXPECT_EQ(doubled[100], all[97]);
  EXPECT_EQ(by_cursor(lab, 100), all) << "a cursor does not mind";
  lab.process.fault(R"({"service":{"clear":true}})");
  EXPECT_EQ(by_offset(lab, 100), all);
}

TEST_F(PageFault, TotalIsTooLarge) {
  lab.process.fault(R"({"service":{"total_too_large":true}})");
  EXPECT_EQ(lab.query("limit=1").at("total"), 267);
  lab.process.fault(R"({"service":{"total_too_large":false}})");
  EXPECT_EQ(lab.query("limit=1").at("total"), 257);
}

TEST_F(PageFault, AnswersBecomeThoseOfAnOldServer) {
  lab.process.fault(R"({"service":{"old_answers":true}})");
  EXPECT_TRUE(lab.query("limit=1", {{"fields", {"type"}}}).at("data")[0].at("type").is_object());
  lab.process.fault(R"({"service":{"old_answers":false}})");
  EXPECT_TRUE(lab.query("limit=1", {{"fields", {"type"}}}).at("data")[0].at("type").is_string());
}

TEST_F(PageFault, UnknownOnesAreRefused) {
  for (const char* what :
       {R"({"service":{}})", R"({"service":{"unknown":1}})", R"({"service":{"repeat_page":false}})",
        R"({"service":{"bad_rows":-1}})", R"({"service":{"refuse_page_above":"x"}})"})
    EXPECT_EQ(lab.process.call("POST", "/__lab/fault", what).status, 400) << what;
}

}  // namespace
}  // namespace lab
