// SPDX-License-Identifier: Apache-2.0
// One indicator through the plugin ABI against the same loop without a boundary: the ratio of
// BM_ThroughTheTable to BM_Direct is what the function tables cost (goal: at most 1.2).
#include <benchmark/benchmark.h>
#include <tqp/plugin.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "services/host_ctx.hpp"
#include "services/threatq_service.hpp"

namespace tq {
namespace {

constexpr size_t kRows = 1000;
constexpr size_t kBatches = 1000;  // a read of a million indicators

IndicatorBatch rows_of_hashes() {
  IndicatorBatch batch;
  for (size_t i = 0; i < kRows; ++i) {
    batch.id.push_back(i + 1);
    batch.type.push_back(static_cast<uint16_t>(i % 7));
    batch.status.push_back(static_cast<uint16_t>(i % 3));
    batch.score.push_back(static_cast<int16_t>(i % 11));
    batch.updated_ms.push_back(1'700'000'000'000 + static_cast<int64_t>(i));
    batch.value.bytes += std::to_string(i * 2'654'435'761U) + "d41d8cd98f00b204e9800998";
    batch.value.off.push_back(static_cast<uint32_t>(batch.value.bytes.size()));
  }
  return batch;
}

class MemoryCursor final : public IndicatorCursor {
 public:
  explicit MemoryCursor(const IndicatorBatch& batch) : batch_(batch) {}

  Result<const IndicatorBatch*> next() override { return given_++ < kBatches ? &batch_ : nullptr; }
  const CollectionInfo& info() override { return info_; }
  const std::string* type_name(uint32_t index) const override {
    return index < types_.size() ? &types_[index] : nullptr;
  }
  const std::string* status_name(uint32_t index) const override { return type_name(index); }

 private:
  const IndicatorBatch& batch_;
  const CollectionInfo info_{};
  const std::vector<std::string> types_ = {"IP Address", "FQDN", "MD5",          "SHA-1",
                                           "SHA-256",    "URL",  "Email Address"};
  size_t given_ = 0;
};

class MemoryThreatq final : public ThreatqClient {
 public:
  Result<void> log_in() override { return {}; }
  Result<std::unique_ptr<IndicatorCursor>> open(const ReadSpec&) override {
    return std::unique_ptr<IndicatorCursor>(std::make_unique<MemoryCursor>(batch));
  }
  Result<std::vector<std::string>> statuses() override { return std::vector<std::string>(); }
  Result<std::string> ui_proxy() override { return std::string(); }
  std::unique_ptr<Connector> connector() override { return nullptr; }
  const IndicatorBatch batch = rows_of_hashes();
};

// What a plugin does with a row at the least: it looks at every column, and hashes the value.
uint64_t look_at(uint64_t sum, uint64_t id, uint32_t status, int score, int64_t updated_ms,
                 std::string_view type, std::string_view value) {
  sum = (sum ^ id ^ status ^ static_cast<uint64_t>(score)) * 0x100000001b3U;
  sum ^= static_cast<uint64_t>(updated_ms) + type.size();
  return sum ^ std::hash<std::string_view>()(value);
}

// Names stand behind indexes so that a plugin asks for each once, as cb_edr does; kEachRow is what
// it costs one that asks for every row.
enum Names : int64_t { kOnce, kEachRow };

template <typename Ask>
std::string_view name_of(uint16_t type, bool each_row, std::vector<std::string_view>* known,
                         const Ask& ask) {
  if (each_row) return ask(type);
  while (known->size() <= type) known->push_back(ask(static_cast<uint32_t>(known->size())));
  return (*known)[type];
}

void BM_Direct(benchmark::State& state) {
  MemoryThreatq client;
  for (auto _ : state) {
    auto cursor = client.open({});
    std::vector<std::string_view> known;
    const auto ask = [&](uint32_t type) -> std::string_view { return *(*cursor)->type_name(type); };
    uint64_t sum = 0;
    while (true) {
      const auto next = (*cursor)->next();
      if (!next.ok() || *next == nullptr) break;
      const IndicatorBatch& rows = **next;
      const TextColumn& value = rows.value;
      for (size_t i = 0; i < rows.rows(); ++i)
        sum = look_at(sum, rows.id[i], rows.status[i], rows.score[i], rows.updated_ms[i],
                      name_of(rows.type[i], state.range(0) == kEachRow, &known, ask),
                      {value.bytes.data() + value.off[i], value.off[i + 1] - value.off[i]});
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * int64_t{kRows} * int64_t{kBatches});
}

void BM_ThroughTheTable(benchmark::State& state) {
  MemoryThreatq client;
  ThreatqService service(client, "https://tq.example/indicators/");
  tqp_host_ctx ctx;
  ctx.home = std::this_thread::get_id();
  ctx.threatq = &service;
  const tqp_threatq* table = threatq_table();
  benchmark::DoNotOptimize(table);
  const tqp_str spec =
      borrow(R"({"collection":"C","columns":["value","type","status","score","updated_ms"]})");
  for (auto _ : state) {
    tqp_cursor* cursor = nullptr;
    if (table->open(&ctx, spec, &cursor, nullptr) != TQP_OK) {
      state.SkipWithError("cannot open the cursor");
      return;
    }
    std::vector<std::string_view> known;
    const auto ask = [&](uint32_t type) {
      return view(table->dictionary(cursor, TQP_DICT_TYPE, type));
    };
    uint64_t sum = 0;
    tqp_indicators rows{};
    rows.size = sizeof rows;
    while (table->next(cursor, &rows, nullptr) == TQP_OK) {
      const tqp_text_column& value = rows.value;
      for (uint32_t i = 0; i < rows.count; ++i)
        sum = look_at(sum, rows.id[i], rows.status[i], rows.score[i], rows.updated_ms[i],
                      name_of(rows.type[i], state.range(0) == kEachRow, &known, ask),
                      {value.bytes + value.off[i], value.off[i + 1] - value.off[i]});
    }
    table->close(cursor);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * int64_t{kRows} * int64_t{kBatches});
}

BENCHMARK(BM_Direct)
    ->ArgName("name_each_row")
    ->Arg(kOnce)
    ->Arg(kEachRow)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ThroughTheTable)
    ->ArgName("name_each_row")
    ->Arg(kOnce)
    ->Arg(kEachRow)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tq

BENCHMARK_MAIN();
