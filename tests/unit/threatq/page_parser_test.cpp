// SPDX-License-Identifier: Apache-2.0
#include "threatq/page_parser.hpp"

#include <gmock/gmock.h>

#include "threatq/timestamp.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FakeNames : public NameLookup {
 public:
  Result<std::string> name(NameKind kind, uint64_t id) override {
    ++asked;
    if (id == 666) return Error{Status::kAuth, "no right"};
    return (kind == NameKind::kType ? "T" : "S") + std::to_string(id);
  }
  int asked = 0;
};

class PageParserTest : public testing::Test {
 protected:
  static constexpr uint32_t kAll =
      kColumnValue | kColumnType | kColumnStatus | kColumnScore | kColumnUpdated | kColumnRaw;
  static constexpr uint32_t kAllButType = kAll & ~static_cast<uint32_t>(kColumnType);

  Result<PageFacts> parse(std::string_view page, uint32_t columns = kAll,
                          std::optional<uint64_t> after = {}) {
    if (!parser_ || columns != columns_)
      parser_ = std::make_unique<PageParser>(columns, types_, statuses_, names_, redactor_);
    columns_ = columns;
    buffer_.assign(page);
    return parser_->parse(buffer_, after, &rows_);
  }
  Result<PageFacts> parse_rows(const std::string& rows, uint32_t columns = kAll,
                               std::optional<uint64_t> after = {}) {
    if (columns == kAll && rows.find("type") == std::string::npos) columns = kAllButType;
    return parse(R"({"data":[)" + rows + "]}", columns, after);
  }
  static std::string_view cell(const TextColumn& column, size_t row) {
    return std::string_view(column.bytes)
        .substr(column.off[row], column.off[row + 1] - column.off[row]);
  }
  std::string type(size_t row) { return *types_.name(rows_[0].type[row]); }
  std::string status(size_t row) { return *statuses_.name(rows_[0].status[row]); }

  Dictionary types_, statuses_;
  FakeNames names_;
  Redactor redactor_;
  PageBuffer buffer_;
  PageRows rows_;
  uint32_t columns_ = 0;
  std::unique_ptr<PageParser> parser_;
};

TEST_F(PageParserTest, ReadsEveryColumn) {
  const auto facts = parse(
      R"({"limit":2,"total":"7","data":[
      {"id":3,"value":"a\u00e4\"","type":"FQDN","status":"Active","score":5,"updated_at":"1970-01-01 00:00:01"} ,
      {"zzz":[1,{"id":9}],"updated_at":"1970-01-01 00:00:02","score":null,"status":{"name":"Review","id":4},
       "type":{"id":30,"name":"URL"},"value":"b","id":"4"}
      ],"nextCursorMark":"AoE=","offset":0})");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->rows, 2u);
  EXPECT_EQ(facts->fresh, 2u);
  EXPECT_EQ(facts->total, 7u);
  EXPECT_EQ(facts->next_mark, "AoE=");
  EXPECT_EQ(facts->first_id, 3u);
  EXPECT_EQ(facts->last_id, 4u);
  ASSERT_EQ(rows_.size(), 1u);
  const IndicatorBatch& batch = rows_[0];
  EXPECT_THAT(batch.id, ElementsAre(3u, 4u));
  EXPECT_EQ(cell(batch.value, 0), "a\xC3\xA4\"");
  EXPECT_EQ(cell(batch.value, 1), "b");
  EXPECT_EQ(type(0), "FQDN");
  EXPECT_EQ(type(1), "URL");
  EXPECT_EQ(status(1), "Review");
  EXPECT_THAT(batch.score, ElementsAre(5, -1));
  EXPECT_THAT(batch.updated_ms, ElementsAre(1000, 2000));
  EXPECT_EQ(
      cell(batch.raw, 0),
      R"({"id":3,"value":"a\u00e4\"","type":"FQDN","status":"Active","score":5,"updated_at":"1970-01-01 00:00:01"})")
      << "the server's bytes, without the blank behind";
  EXPECT_EQ(names_.asked, 0);
}

TEST_F(PageParserTest, LeavesOtherColumnsEmpty) {
  ASSERT_TRUE(parse_rows(R"({"id":1,"value":"a","type":"FQDN","score":7})", kColumnScore));
  const IndicatorBatch& batch = rows_[0];
  EXPECT_THAT(batch.score, ElementsAre(7));
  EXPECT_EQ(batch.rows(), 1u);
  EXPECT_TRUE(batch.type.empty() && batch.status.empty() && batch.updated_ms.empty());
  EXPECT_THAT(batch.value.off, ElementsAre(0u));
  EXPECT_THAT(batch.raw.off, ElementsAre(0u));
}

TEST_F(PageParserTest, ScoresComeInManyForms) {
  ASSERT_TRUE(parse_rows(
      R"({"id":1,"score":"7.00"},{"id":2,"score":55},{"id":3,"score":-2},{"id":4,"score":"high"},
         {"id":5,"score":{"generated_score":"4.00","manual_score":null}},
         {"id":6,"score":{"manual_score":"9","generated_score":"4.00"}},
         {"id":7,"score":{"manual_score":0,"generated_score":"4.00"}},
         {"id":8,"score":{}},{"id":9,"score":[1]},{"id":10,"score":6.6},{"id":11}, {"id":12,"score":"nan"})"));
  EXPECT_THAT(rows_[0].score, ElementsAre(7, 10, 0, -1, 4, 9, 0, -1, -1, 7, -1, -1));
}

TEST_F(PageParserTest, IdsOfTypesAndStatusesAreResolvedOnceEach) {
  ASSERT_TRUE(parse_rows(
      R"({"id":1,"type_id":15,"status_id":1},{"id":2,"type_id":15,"status_id":"1"},{"id":3,"type":{"id":15},"status":1},
         {"id":4,"type_id":99,"type":"FQDN","status":{"id":1,"name":"Active"}},{"id":5,"type":"FQDN","status":null})"));
  EXPECT_EQ(type(0), "T15");
  EXPECT_EQ(type(2), "T15");
  EXPECT_EQ(type(3), "FQDN") << "a name goes before an id";
  EXPECT_EQ(status(4), "");
  EXPECT_EQ(status(1), "S1");
  EXPECT_EQ(status(3), "Active");
  EXPECT_EQ(names_.asked, 2);
  const auto refused = parse_rows(R"({"id":6,"type_id":666})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, Status::kAuth) << "the look-up's own error";
}

TEST_F(PageParserTest, RowWithoutATypeIsNoRowOfAWholePage) {
  for (const char* type :
       {"", R"(,"type":null)", R"(,"type":"")", R"(,"type":" ")", R"(,"type":{"name":null})",
        R"(,"type":{"id":"FQDN"})", R"(,"type":[],"type_id":null)", R"(,"type_id":"x")"}) {
    const std::string rows = R"({"id":4,"type":"FQDN"},{"id":5,"value":"v")" + std::string(type);
    const auto facts = parse_rows(rows + "}");
    ASSERT_FALSE(facts) << type;
    EXPECT_EQ(facts.error().status, Status::kTransient);
    EXPECT_THAT(facts.error().message, HasSubstr("the row with the id 5 has no type")) << type;
    EXPECT_TRUE(parse_rows(rows + "}", kColumnValue)) << "nobody asked for it";
    EXPECT_TRUE(parse_rows(rows + "}", kAll, 5)) << "it was read before";
  }
  EXPECT_TRUE(parse_rows(R"({"id":5,"value":null,"type":"FQDN"})"));
}

TEST_F(PageParserTest, BadRowsAreCountedAndBadCellsPassedOn) {
  const auto facts = parse_rows(
      R"({"id":1,"value":null},{"id":2,"value":""},{"id":3},{"value":"no id"},{"id":"x"},{"id":-4},{"id":1.5},
         null,[],"text",{"id":9,"value":"v","updated_at":"soon"},{"id":10,"value":{"a":1}})");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->rows, 12u);
  EXPECT_EQ(facts->fresh, 5u);
  EXPECT_EQ(facts->unusable, 7u);
  EXPECT_EQ(facts->without_value, 4u);
  EXPECT_THAT(rows_[0].id, ElementsAre(1u, 2u, 3u, 9u, 10u));
  EXPECT_EQ(rows_[0].updated_ms[3], kNoTime);
  EXPECT_EQ(cell(rows_[0].value, 3), "v");
}

TEST_F(PageParserTest, RowsSeenBeforeAreDropped) {
  const auto facts = parse_rows(R"({"id":4},{"id":5},{"id":6},{"id":6},{"id":7})", kColumnValue, 5);
  ASSERT_TRUE(facts);
  EXPECT_THAT(rows_[0].id, ElementsAre(6u, 7u));
  EXPECT_EQ(facts->first_id, 4u);
  EXPECT_EQ(facts->fresh, 2u);
}

TEST_F(PageParserTest, UnsortedRowsAreAnError) {
  const auto facts = parse_rows(R"({"id":4},{"id":6},{"id":5})");
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().status, Status::kTransient);
  EXPECT_THAT(facts.error().message, HasSubstr("not sorted by id: 5 follows 6"));
}

TEST_F(PageParserTest, OnlyAWholePageIsAPage) {
  const std::string whole = R"({"total":1,"data":[{"id":1,"value":"a","type":"b"}],"x":{"y":[1]}})";
  ASSERT_TRUE(parse(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto cut = parse(whole.substr(0, size));
    ASSERT_FALSE(cut) << whole.substr(0, size);
    EXPECT_EQ(cut.error().status, Status::kTransient);
  }
  for (const std::string& page :
       {whole + "x", whole + whole, whole + "]", std::string(R"({"total":1})"), std::string("[]"),
        std::string(R"({"data":{}})"), std::string(R"({"data":[{"id":1}]],"a":1})"),
        std::string(R"({"data":[],"data":[]})"), std::string("{\"data\":[{\"value\":\"\xff\"}]}"),
        std::string("<html></html>")})
    EXPECT_FALSE(parse(page)) << page;
  EXPECT_TRUE(parse(" " + whole + "\n"));
}

TEST_F(PageParserTest, ErrorsInAGoodAnswerAreAFailure) {
  const auto facts = parse(R"({"data":[{"id":1,"type":"a"}],"errors":["index is broken"]})");
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message, HasSubstr("index is broken"));
  EXPECT_TRUE(parse(R"({"errors":[],"data":[]})"));
  EXPECT_TRUE(parse(R"({"errors":null,"data":[]})"));
  EXPECT_THAT(parse(R"({"data":{"errors":{"limit":["too big"]}}})").error().message,
              HasSubstr("limit: too big"));
  redactor_.add_value("s3cr>et-9977");
  for (const char* page : {R"({"data":[],"errors":["no s3cr>et-9977"]})",
                           R"({"data":{"errors":["no s3cr>et-9977"]}})"})
    EXPECT_THAT(parse(page).error().message, HasSubstr("no ***"));
}

TEST_F(PageParserTest, BatchesAreBoundedInRowsAndText) {
  std::string rows;
  for (int id = 1; id <= 5000; ++id)
    rows += (id > 1 ? "," : "") + (R"({"id":)" + std::to_string(id) + "}");
  ASSERT_TRUE(parse_rows(rows));
  ASSERT_EQ(rows_.size(), 2u);
  EXPECT_EQ(rows_[0].rows(), 4096u);
  EXPECT_EQ(rows_[1].rows(), 904u);

  const std::string large(600'000, 'x');
  ASSERT_TRUE(parse_rows(R"({"id":1,"value":")" + large + R"("},{"id":2,"value":")" + large +
                             R"("},{"id":3,"value":")" + large + large + R"("},{"id":4})",
                         kColumnValue));
  ASSERT_EQ(rows_.size(), 4u);
  EXPECT_EQ(rows_[2].value.bytes.size(), 1'200'000u) << "a row alone may be larger";
  EXPECT_EQ(rows_[3].rows(), 1u);
}

TEST(DictionaryTest, NumbersNamesInOrderOfFirstSight) {
  Dictionary names;
  EXPECT_EQ(*names.index("a"), 0);
  EXPECT_EQ(*names.index("b"), 1);
  EXPECT_EQ(*names.index("a"), 0);
  const std::string* first = names.name(0);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(names.index("n" + std::to_string(i)));
  EXPECT_EQ(names.name(0), first) << "a name stays where it is";
  EXPECT_EQ(*first, "a");
  EXPECT_EQ(names.name(5000), nullptr);
}

TEST(DictionaryTest, RefusesMoreThanAColumnCanTell) {
  Dictionary names;
  for (uint32_t i = 0; i < UINT16_MAX; ++i) ASSERT_TRUE(names.index(std::to_string(i)));
  EXPECT_EQ(names.index("one more").error().status, Status::kData);
  EXPECT_TRUE(names.index("17"));
}

}  // namespace
}  // namespace tq
