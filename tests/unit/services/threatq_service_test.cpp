// SPDX-License-Identifier: Apache-2.0
// tqp.threatq/1 as a plugin sees it, over a scripted client.
#include "services/threatq_service.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <deque>
#include <new>
#include <thread>

#include "services/host_ctx.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

class FakeCursor : public IndicatorCursor {
 public:
  std::deque<Result<const IndicatorBatch*>> script;
  CollectionInfo about{"Crimeware", "41", 7};
  std::vector<std::string> types = {"FQDN", ""}, statuses = {"Active"};

  Result<const IndicatorBatch*> next() override {
    if (script.empty()) return Error{Status::kBug, "read beyond its end"};
    auto step = std::move(script.front());
    script.pop_front();
    return step;
  }
  const CollectionInfo& info() override { return about; }
  const std::string* type_name(uint32_t index) const override {
    return index < types.size() ? &types[index] : nullptr;
  }
  const std::string* status_name(uint32_t index) const override {
    return index < statuses.size() ? &statuses[index] : nullptr;
  }
};

class FakeThreatq : public ThreatqClient {
 public:
  std::unique_ptr<FakeCursor> cursor = std::make_unique<FakeCursor>();
  std::optional<Error> refusal{};
  std::vector<ReadSpec> specs{};
  bool no_memory = false;

  Result<void> log_in() override { return {}; }
  Result<std::unique_ptr<IndicatorCursor>> open(const ReadSpec& spec) override {
    specs.push_back(spec);
    if (refusal.has_value()) return *refusal;
    if (no_memory) throw std::bad_alloc();
    return std::unique_ptr<IndicatorCursor>(std::move(cursor));
  }
  Result<std::vector<std::string>> statuses() override { return std::vector<std::string>(); }
  Result<std::string> ui_proxy() override { return std::string(); }
  std::unique_ptr<Connector> connector() override { return nullptr; }
};

IndicatorBatch two_rows() {
  IndicatorBatch batch;
  batch.id = {5, 9};
  batch.type = {0, 1};
  batch.status = {0, 0};
  batch.score = {10, -1};
  batch.updated_ms = {1000, INT64_MIN};
  batch.value = {{0, 1, 3}, "abb"};
  batch.raw = {{0, 2, 4}, "{}{}"};
  return batch;
}

constexpr const char* kAll =
    R"({"collection":"Crimeware","columns":["value","type","status","score","updated_ms","raw"]})";

class ThreatqServiceTest : public testing::Test {
 protected:
  ThreatqServiceTest() {
    ctx.home = std::this_thread::get_id();
    ctx.threatq = &service;
    batch.size = sizeof batch;
  }
  tqp_status open(std::string_view spec) {
    cursor = reinterpret_cast<tqp_cursor*>(this);
    error = {};
    error.size = sizeof error;
    return threatq->open(&ctx, borrow(spec), &cursor, &error);
  }
  tqp_status next() { return threatq->next(cursor, &batch, &error); }

  FakeThreatq client;
  FakeCursor& script = *client.cursor;
  ThreatqService service{client, "https://tq.example/indicators/"};
  tqp_host_ctx ctx{};
  const tqp_threatq* threatq = threatq_table();
  tqp_cursor* cursor = nullptr;
  tqp_indicators batch{};
  tqp_error error{};
  const IndicatorBatch rows = two_rows();
};

TEST_F(ThreatqServiceTest, TheSpecIsUnderstood) {
  ASSERT_EQ(open(R"({"collection":"Crimeware","columns":["value","raw"],"since":-5})"), TQP_OK);
  ASSERT_EQ(client.specs.size(), 1u);
  EXPECT_EQ(client.specs[0].collection, "Crimeware");
  EXPECT_EQ(client.specs[0].columns, uint32_t{kColumnValue | kColumnRaw});
  EXPECT_EQ(client.specs[0].since_ms, -5);
}

TEST_F(ThreatqServiceTest, AllColumnsAreKnown) {
  ASSERT_EQ(open(kAll), TQP_OK);
  EXPECT_EQ(client.specs[0].columns, 63u);
  EXPECT_FALSE(client.specs[0].since_ms.has_value());
}

TEST_F(ThreatqServiceTest, OneValueCanBeAskedFor) {
  ASSERT_EQ(open(R"({"collection":"C","columns":["value"],"value":"evil.example.com"})"), TQP_OK);
  EXPECT_EQ(client.specs[0].value, "evil.example.com");
  threatq->close(cursor);
  client.cursor = std::make_unique<FakeCursor>();
  ASSERT_EQ(open(R"({"collection":"C","columns":[]})"), TQP_OK);
  EXPECT_FALSE(client.specs[1].value.has_value());
}

TEST_F(ThreatqServiceTest, WhatIsUnknownIsNamed) {
  EXPECT_EQ(open(R"({"collection":"C","columns":["value","tags"]})"), TQP_E_UNSUPPORTED);
  EXPECT_THAT(error.message, HasSubstr("\"tags\""));
  EXPECT_EQ(cursor, nullptr);
  EXPECT_EQ(open(R"({"collection":"C","columns":[],"limit":5})"), TQP_E_UNSUPPORTED);
  EXPECT_THAT(error.message, HasSubstr("\"limit\""));
}

TEST_F(ThreatqServiceTest, WhatIsWrongIsABug) {
  for (const char* spec :
       {"", "{", "[]", R"({"columns":["value"]})", R"({"collection":5,"columns":[]})",
        R"({"collection":"C","columns":"value"})", R"({"collection":"C","columns":[1]})",
        R"({"collection":"C","columns":[],"since":"now"})",
        R"({"collection":"C","columns":[],"since":1.5})",
        R"({"collection":"C","columns":[],"value":1})",
        R"({"collection":"C","columns":[],"value":null})",
        R"({"collection":"C","columns":[],"since":18446744073709551615})",
        R"({"collection":"C","collection":"D","columns":[]})"}) {
    EXPECT_EQ(open(spec), TQP_E_BUG) << spec;
    EXPECT_EQ(cursor, nullptr);
  }
  EXPECT_TRUE(client.specs.empty());
}

TEST_F(ThreatqServiceTest, AnUnknownCollectionIsTheClientsError) {
  client.refusal = Error{Status::kConfig, "Data collection \"C\" was not found"};
  EXPECT_EQ(open(R"({"collection":"C","columns":[]})"), TQP_E_CONFIG);
  EXPECT_STREQ(error.message, "Data collection \"C\" was not found");
  EXPECT_EQ(cursor, nullptr);
  EXPECT_EQ(service.open_handles(), 0u);
}

TEST_F(ThreatqServiceTest, MemoryThatRunsOutIsNobodysBug) {
  client.no_memory = true;
  EXPECT_EQ(open(R"({"collection":"C","columns":[]})"), TQP_E_TRANSIENT);
  EXPECT_STREQ(error.message, "threatq.open: out of memory. Raise limits.memory_mb");
}

TEST_F(ThreatqServiceTest, RowsComeAsColumns) {
  script.script = {&rows, nullptr};
  ASSERT_EQ(open(kAll), TQP_OK);
  ASSERT_EQ(next(), TQP_OK);
  ASSERT_EQ(batch.count, 2u);
  EXPECT_EQ(batch.id[1], 9u);
  EXPECT_EQ(batch.type[1], 1);
  EXPECT_EQ(batch.status[0], 0);
  EXPECT_EQ(batch.score[1], -1);
  EXPECT_EQ(batch.updated_ms[1], INT64_MIN);
  EXPECT_EQ(std::string_view(batch.value.bytes + batch.value.off[1], 2), "bb");
  EXPECT_EQ(std::string_view(batch.raw.bytes + batch.raw.off[0], 2), "{}");
  EXPECT_EQ(next(), TQP_END);
  EXPECT_EQ(batch.count, 0u);
  EXPECT_EQ(batch.id, nullptr);
  EXPECT_EQ(next(), TQP_END) << "and so it stays";
}

TEST_F(ThreatqServiceTest, ColumnsNotAskedForAreNull) {
  script.script = {&rows};
  ASSERT_EQ(open(R"({"collection":"C","columns":["score"]})"), TQP_OK);
  ASSERT_EQ(next(), TQP_OK);
  EXPECT_NE(batch.id, nullptr);
  EXPECT_NE(batch.score, nullptr);
  EXPECT_EQ(batch.type, nullptr);
  EXPECT_EQ(batch.status, nullptr);
  EXPECT_EQ(batch.updated_ms, nullptr);
  EXPECT_EQ(batch.value.off, nullptr);
  EXPECT_EQ(batch.value.bytes, nullptr);
  EXPECT_EQ(batch.raw.off, nullptr);
}

TEST_F(ThreatqServiceTest, ABrokenReadStaysBroken) {
  script.script = {&rows, Error{Status::kTransient, "HTTP 502"}, &rows};
  ASSERT_EQ(open(kAll), TQP_OK);
  ASSERT_EQ(next(), TQP_OK);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(next(), TQP_E_TRANSIENT);
    EXPECT_STREQ(error.message, "HTTP 502");
    EXPECT_EQ(batch.count, 0u);
  }
}

TEST_F(ThreatqServiceTest, ABatchIsFilledUpToItsSize) {
  script.script = {&rows, &rows, &rows};
  ASSERT_EQ(open(kAll), TQP_OK);
  struct {
    tqp_indicators known;
    uint64_t later[2];
  } larger;
  std::memset(&larger, 0xEE, sizeof larger);
  larger.known.size = sizeof larger.known + sizeof larger.later[0];
  ASSERT_EQ(threatq->next(cursor, &larger.known, &error), TQP_OK);
  EXPECT_EQ(larger.later[0], 0u) << "a member of a later header";
  EXPECT_EQ(larger.later[1], 0xEEEEEEEEEEEEEEEEu) << "beyond the size";

  tqp_indicators smaller;
  std::memset(&smaller, 0xEE, sizeof smaller);
  smaller.size = offsetof(tqp_indicators, score);
  ASSERT_EQ(threatq->next(cursor, &smaller, &error), TQP_OK);
  EXPECT_EQ(smaller.status[1], 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(smaller.score), 0xEEEEEEEEEEEEEEEEu);

  batch.size = 0;
  EXPECT_EQ(next(), TQP_E_BUG);
  EXPECT_EQ(threatq->next(cursor, nullptr, &error), TQP_E_BUG);
}

TEST_F(ThreatqServiceTest, DictionariesNameTypesAndStatuses) {
  ASSERT_EQ(open(kAll), TQP_OK);
  EXPECT_EQ(view(threatq->dictionary(cursor, TQP_DICT_TYPE, 0)), "FQDN");
  EXPECT_NE(threatq->dictionary(cursor, TQP_DICT_TYPE, 1).ptr, nullptr) << "empty, but there";
  EXPECT_EQ(threatq->dictionary(cursor, TQP_DICT_TYPE, 2).ptr, nullptr);
  EXPECT_EQ(view(threatq->dictionary(cursor, TQP_DICT_STATUS, 0)), "Active");
  EXPECT_EQ(threatq->dictionary(cursor, TQP_DICT_TAG, 0).ptr, nullptr);
  EXPECT_EQ(threatq->dictionary(cursor, 99, 0).ptr, nullptr);
}

tqp_status collect(void* text, const void* bytes, size_t n) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), n);
  return TQP_OK;
}
tqp_status full(void*, const void*, size_t) { return TQP_E_DATA; }

TEST_F(ThreatqServiceTest, DescribesItself) {
  ASSERT_EQ(open(kAll), TQP_OK);
  std::string text;
  ASSERT_EQ(threatq->describe(cursor, {&text, &collect}, &error), TQP_OK);
  EXPECT_EQ(text, R"({"collection":"Crimeware","id":"41","total":7,)"
                  R"("link_base":"https://tq.example/indicators/"})");
  EXPECT_EQ(threatq->describe(cursor, {nullptr, &full}, &error), TQP_E_DATA) << "what put returns";
  EXPECT_EQ(threatq->describe(cursor, {nullptr, nullptr}, &error), TQP_E_BUG);
}

TEST_F(ThreatqServiceTest, AnUnknownTotalIsNull) {
  script.about.total.reset();
  ASSERT_EQ(open(kAll), TQP_OK);
  std::string text;
  ASSERT_EQ(threatq->describe(cursor, {&text, &collect}, &error), TQP_OK);
  EXPECT_THAT(text, HasSubstr("\"total\":null"));
}

TEST_F(ThreatqServiceTest, OpenCursorsAreCounted) {
  ASSERT_EQ(open(kAll), TQP_OK);
  EXPECT_EQ(service.open_handles(), 1u);
  threatq->close(nullptr);
  threatq->close(cursor);
  EXPECT_EQ(service.open_handles(), 0u);
}

TEST_F(ThreatqServiceTest, OtherThreadsAreRefused) {
  script.script = {&rows};
  ASSERT_EQ(open(kAll), TQP_OK);
  std::thread other([&] {
    tqp_cursor* made = nullptr;
    EXPECT_EQ(threatq->open(&ctx, borrow(kAll), &made, nullptr), TQP_E_BUG);
    EXPECT_EQ(next(), TQP_E_BUG);
    EXPECT_EQ(threatq->dictionary(cursor, TQP_DICT_TYPE, 0).ptr, nullptr);
    threatq->close(cursor);
  });
  other.join();
  EXPECT_EQ(service.open_handles(), 1u);
  EXPECT_EQ(next(), TQP_OK);
}

}  // namespace
}  // namespace tq
