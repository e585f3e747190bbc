// SPDX-License-Identifier: Apache-2.0
// How fast a page of 1,000 indicators becomes columns: the streaming parser that threatq/ uses,
// beside the JSON library that the rest of the host uses, as events and as a tree. Two kinds of
// pages: whole records as a server sends them by default, and the few fields that an export asks
// for.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "threatq/page_parser.hpp"
#include "threatq/timestamp.hpp"

namespace {

using tq::Json;

constexpr int kRows = 1000;
constexpr uint32_t kColumns =
    tq::kColumnValue | tq::kColumnType | tq::kColumnStatus | tq::kColumnScore | tq::kColumnUpdated;

std::string hash_like(uint64_t seed) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(seed >> shift) & 15];
  }
  return text;
}

const char* type_of(int row) {
  constexpr const char* kTypes[] = {"SHA-256", "IP Address", "FQDN", "MD5"};
  return kTypes[row % 4];
}

// What a row has when every field comes: about 1.3 KB, with a source, two attributes and two tags.
std::string full_row(int row) {
  const std::string id = std::to_string(500'000 + row);
  const std::string times =
      R"("created_at":"2024-05-01 10:00:00","updated_at":"2024-05-02 11:12:13","touched_at":"2024-05-03 12:13:14")";
  return R"({"id":)" + id + R"(,"value":")" + hash_like(static_cast<uint64_t>(row)) +
         R"(","type_id":24,"status_id":1,"class":"host","hash":"0123456789abcdef0123456789abcdef","description":"<p>Seen in a campaign against \"examples\"</p>","last_detected_at":null,"expires_at":null,"expired_at":null,"expires_needs_calc":"N","published_at":"2024-05-01 10:00:00",)" +
         times + R"(,"score":7,"type":{"id":24,"name":")" + type_of(row) +
         R"(","class":"host"},"status":{"id":1,"name":"Active","description":"Poses a threat"},"attributes":[{"id":5,"attribute_id":1,"indicator_id":)" +
         id + R"(,"name":"Category","value":"Malware",)" + times +
         R"(},{"id":6,"attribute_id":2,"indicator_id":)" + id +
         R"(,"name":"Confidence","value":"80",)" + times +
         R"(}],"sources":[{"id":6,"source_id":9,"source_type":"connectors","reference_id":2,"name":"Emerging Threats","indicator_id":)" +
         id +
         R"(,"indicator_type_id":24,"indicator_status_id":1,"creator_source_id":8,"tlp_id":null,"published_at":null,)" +
         times + R"(}],"tags":[{"id":3,"name":"crimeware"},{"id":4,"name":"q2"}]})";
}

std::string lean_row(int row) {
  return R"({"id":)" + std::to_string(500'000 + row) + R"(,"value":")" +
         hash_like(static_cast<uint64_t>(row)) + R"(","type":")" + type_of(row) +
         R"(","status":"Active","score":7,"updated_at":"2024-05-02 11:12:13"})";
}

std::string page(bool full) {
  std::string json = R"({"total":1000000,"limit":1000,"offset":0,"data":[)";
  for (int row = 0; row < kRows; ++row)
    json += (row > 0 ? "," : "") + (full ? full_row(row) : lean_row(row));
  return json + R"(],"nextCursorMark":"AoEjNTAwOTk5"})";
}

class NoNames : public tq::NameLookup {
 public:
  tq::Result<std::string> name(tq::NameKind, uint64_t) override { return std::string(); }
};

void report(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
  state.counters["page_bytes"] = static_cast<double>(bytes);
}

void streaming(benchmark::State& state) {
  tq::PageBuffer buffer;
  buffer.assign(page(state.range(0) != 0));
  tq::Dictionary types, statuses;
  NoNames names;
  const tq::Redactor redactor;
  const uint32_t raw = state.range(1) != 0 ? static_cast<uint32_t>(tq::kColumnRaw) : 0U;
  tq::PageParser parser(kColumns | raw, types, statuses, names, redactor);
  tq::PageRows rows;
  for (auto _ : state) {
    auto facts = parser.parse(buffer, std::nullopt, &rows);
    if (!facts || facts->fresh != kRows) state.SkipWithError("the page was not read");
    benchmark::DoNotOptimize(rows);
  }
  report(state, buffer.size());
}

// Both peers fill the same columns, types and statuses by the same dictionary.
struct Columns {
  tq::IndicatorBatch batch;
  tq::Dictionary types, statuses;

  void clear() {
    batch.id.clear(), batch.type.clear(), batch.status.clear(), batch.score.clear();
    batch.updated_ms.clear(), batch.value.bytes.clear(), batch.value.off.assign(1, 0);
  }
};

void tree(benchmark::State& state) {
  const std::string text = page(state.range(0) != 0);
  Columns columns;
  const auto name = [](const Json& json) -> const std::string& {
    return (json.is_object() ? json["name"] : json).get_ref<const std::string&>();
  };
  for (auto _ : state) {
    columns.clear();
    const Json root = Json::parse(text);
    for (const Json& row : root["data"]) {
      columns.batch.id.push_back(row["id"].get<uint64_t>());
      columns.batch.type.push_back(*columns.types.index(name(row["type"])));
      columns.batch.status.push_back(*columns.statuses.index(name(row["status"])));
      columns.batch.score.push_back(row["score"].get<int16_t>());
      columns.batch.updated_ms.push_back(
          tq::parse_timestamp(row["updated_at"].get_ref<const std::string&>()));
      tq::append(&columns.batch.value, row["value"].get_ref<const std::string&>());
    }
    benchmark::DoNotOptimize(columns.batch);
  }
  report(state, text.size());
}

// {"data":[{row}]}: a row's members are at depth 3, the names of its type and status at 4.
class Events : public nlohmann::json_sax<Json> {
 public:
  explicit Events(Columns* columns) : columns_(columns) {}

  bool start_object(size_t) override {
    if (++depth_ == 4) outer_ = key_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(size_t) override { return ++depth_ > 0; }
  bool end_array() override { return --depth_ > 0; }
  bool key(std::string& key) override {
    if (depth_ == 3 || depth_ == 4) key_.swap(key);
    return true;
  }
  bool number_unsigned(uint64_t number) override {
    if (depth_ == 3 && key_ == "id") columns_->batch.id.push_back(number);
    if (depth_ == 3 && key_ == "score")
      columns_->batch.score.push_back(static_cast<int16_t>(number));
    return true;
  }
  bool string(std::string& text) override {
    if (depth_ == 4 && key_ == "name") name(outer_, text);
    if (depth_ != 3) return true;
    if (key_ == "value") tq::append(&columns_->batch.value, text);
    if (key_ == "updated_at") columns_->batch.updated_ms.push_back(tq::parse_timestamp(text));
    name(key_, text);
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return false; }
  bool parse_error(size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  void name(const std::string& key, const std::string& text) {
    if (key == "type") columns_->batch.type.push_back(*columns_->types.index(text));
    if (key == "status") columns_->batch.status.push_back(*columns_->statuses.index(text));
  }

  Columns* const columns_;
  int depth_ = 0;
  std::string key_, outer_;
};

void events(benchmark::State& state) {
  const std::string text = page(state.range(0) != 0);
  Columns columns;
  for (auto _ : state) {
    columns.clear();
    Events handler(&columns);
    if (!Json::sax_parse(text, &handler) || columns.batch.rows() != kRows ||
        columns.batch.type.size() != kRows)
      state.SkipWithError("the page was not read");
    benchmark::DoNotOptimize(columns.batch);
  }
  report(state, text.size());
}

}  // namespace

BENCHMARK(streaming)
    ->ArgNames({"full", "raw"})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({0, 0})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(events)->ArgName("full")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(tree)->ArgName("full")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
