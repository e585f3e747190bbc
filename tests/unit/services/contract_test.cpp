// SPDX-License-Identifier: Apache-2.0
// What breaks the contract is remembered, whether the plugin heeds the answer or not.
#include <functional>
#include <thread>

#include "services/config_service.hpp"
#include "services/metrics_service.hpp"
#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view kSchema = R"({"type": "object", "properties": {
    "name": {"type": "string"}, "severity": {"type": ["integer", "string"]}}})";
constexpr std::string_view kValues = R"({"name": "a", "severity": "from_score"})";

// All services that need no network.
struct Contract : Core {
  Contract()
      : config(*parse_json(kValues, "values"), *parse_json(kSchema, "schema")),
        metrics({}, world, log) {
    ctx.config = &config;
    ctx.metrics = &metrics;
  }
  ConfigService config;
  MetricsService metrics;
};

constexpr tqp_str kNullText = {nullptr, 3};
constexpr tqp_sink kNullSink = {nullptr, nullptr};

struct Breach {
  const char* call;
  std::function<void(tqp_host_ctx*)> breaks;
};

tqp_metric_spec spec_of(std::string_view name) {
  tqp_metric_spec spec{};
  spec.size = sizeof spec;
  spec.kind = TQP_METRIC_GAUGE;
  spec.name = borrow(name);
  return spec;
}

// Each is one wrong call, whose answer is ignored.
const std::vector<Breach>& breaches() {
  static std::string text;
  static tqp_str out{};
  static const std::vector<Breach> kAll = {
      {"config.text", [](auto* c) { config_table()->text(c, kNullText, sink_to(text), nullptr); }},
      {"config.text",
       [](auto* c) { config_table()->text(c, borrow("/name"), kNullSink, nullptr); }},
      {"config.integer",
       [](auto* c) { config_table()->integer(c, borrow("/severity"), nullptr, nullptr); }},
      {"config.boolean",
       [](auto* c) { config_table()->boolean(c, borrow("/x"), nullptr, nullptr); }},
      {"config.count", [](auto* c) { config_table()->count(c, borrow("/x"), nullptr, nullptr); }},
      {"config.key", [](auto* c) { config_table()->key(c, borrow("/x"), 0, kNullSink, nullptr); }},
      {"config",
       [](auto* c) { config_table()->text(c, borrow("/nothing"), sink_to(text), nullptr); }},
      {"state.get", [](auto* c) { state_table()->get(c, borrow("k"), kNullSink, nullptr); }},
      {"state.get", [](auto* c) { state_table()->get(c, {}, sink_to(text), nullptr); }},
      {"state.put", [](auto* c) { state_table()->put(c, {}, borrow("v"), nullptr); }},
      {"state.put", [](auto* c) { state_table()->put(c, borrow("k"), kNullText, nullptr); }},
      {"state.put",
       [](auto* c) {
         tqp_error unset{};
         state_table()->put(c, borrow("k"), borrow("v"), &unset);
       }},
      {"state.erase", [](auto* c) { state_table()->erase(c, kNullText, nullptr); }},
      {"state.scan", [](auto* c) { state_table()->scan(c, {}, nullptr, nullptr); }},
      {"state.scan_next", [](auto*) { state_table()->scan_next(nullptr, &out, &out, nullptr); }},
      {"state.scan_next",
       [](auto* c) {
         tqp_scan* scan = nullptr;
         state_table()->scan(c, {}, &scan, nullptr);
         state_table()->scan_next(scan, nullptr, &out, nullptr);
       }},
      {"state.scan_next",
       [](auto* c) {
         tqp_scan* scan = nullptr;
         state_table()->scan(c, {}, &scan, nullptr);
         state_table()->scan_close(scan);
         state_table()->scan_next(scan, &out, &out, nullptr);
       }},
      {"state.scan_close",
       [](auto* c) {
         tqp_scan* scan = nullptr;
         state_table()->scan(c, {}, &scan, nullptr);
         state_table()->scan_close(scan);
         state_table()->scan_close(scan);
       }},
      {"state.commit", [](auto*) { state_table()->commit(nullptr, nullptr); }},
      {"metrics.create",
       [](auto* c) {
         const tqp_metric_spec spec = spec_of("a");
         metrics_table()->create(c, &spec, nullptr, nullptr);
       }},
      {"metrics.create",
       [](auto* c) {
         tqp_metric* metric = nullptr;
         metrics_table()->create(c, nullptr, &metric, nullptr);
       }},
      {"metrics.create",
       [](auto* c) {
         tqp_metric* metric = nullptr;
         tqp_metric_spec spec = spec_of("a");
         spec.size = 8;
         metrics_table()->create(c, &spec, &metric, nullptr);
       }},
      {"metrics.create",
       [](auto* c) {
         tqp_metric* metric = nullptr;
         tqp_metric_spec spec = spec_of("a");
         spec.label_count = 1;
         metrics_table()->create(c, &spec, &metric, nullptr);
       }},
      {"log.write", [](auto* c) { log_table()->write(c, TQP_LOG_INFO, kNullText, nullptr, 0); }},
      {"log.write", [](auto* c) { log_table()->write(c, TQP_LOG_INFO, {}, nullptr, 2); }},
      {"run.random", [](auto* c) { run_table()->random(c, nullptr, 8); }},
      {"run.progress", [](auto* c) { run_table()->progress(c, 1, 2, kNullText); }},
      {"run.count", [](auto* c) { run_table()->count(c, TQP_COUNT_SKIPPED, kNullText, 1); }},
      {"run.reject", [](auto* c) { run_table()->reject(c, {}, kNullText, {}); }},
      {"run.accept", [](auto* c) { run_table()->accept(c, kNullText, {}); }},
      {"run.next_retry", [](auto* c) { run_table()->next_retry(c, nullptr, &out, nullptr); }},
      {"run.ready", [](auto* c) { std::thread([c] { run_table()->ready(c); }).join(); }},
      {"config.text",
       [](auto* c) {
         std::thread([c] {
           config_table()->text(c, borrow("/name"), sink_to(text), nullptr);
         }).join();
       }},
      {"state.rollback", [](auto* c) { std::thread([c] { state_table()->rollback(c); }).join(); }},
  };
  return kAll;
}

TEST(Contract, EachBreachIsRememberedByTheNameOfItsCall) {
  for (const Breach& breach : breaches()) {
    Contract host;
    ASSERT_FALSE(host.ctx.breach.noted());
    breach.breaks(&host.ctx);
    EXPECT_TRUE(host.ctx.breach.noted()) << breach.call;
    EXPECT_THAT(host.ctx.breach.text(), StartsWith(std::string(breach.call) + ":"));
    EXPECT_EQ(host.ctx.breach.error().status, Status::kBug);
  }
}

TEST(Contract, NothingIsCommittedAfterIt) {
  for (const Breach& breach : breaches()) {
    Contract host;
    EXPECT_EQ(state_table()->put(&host.ctx, borrow("k"), borrow("v"), nullptr), TQP_OK);
    breach.breaks(&host.ctx);
    tqp_error error = empty_error();
    EXPECT_EQ(state_table()->commit(&host.ctx, &error), TQP_E_BUG) << breach.call;
    EXPECT_THAT(error.message, HasSubstr(breach.call));
    EXPECT_THAT(host.store.durable, IsEmpty()) << breach.call;
    EXPECT_EQ(host.store.commits, 0);
  }
}

TEST(Contract, TheFirstBreachCountsAndIsToldOnce) {
  Contract host;
  std::vector<std::string> told;
  host.ctx.breach.on_first([&](const std::string& text) { told.push_back(text); });
  state_table()->put(&host.ctx, {}, {}, nullptr);
  state_table()->scan(&host.ctx, {}, nullptr, nullptr);
  EXPECT_THAT(host.ctx.breach.text(), StartsWith("state.put:"));
  EXPECT_THAT(told, testing::ElementsAre(StartsWith("state.put:")));
  EXPECT_THAT(host.ctx.breach.error().message, HasSubstr("broke the contract: state.put:"));
}

TEST(Contract, AskingForOneTypeAfterTheOtherBreaksNothingWhereTheSchemaAllowsBoth) {
  Contract host;
  int64_t number = 0;
  std::string text;
  EXPECT_EQ(config_table()->integer(&host.ctx, borrow("/severity"), &number, nullptr), TQP_E_BUG);
  EXPECT_EQ(config_table()->text(&host.ctx, borrow("/severity"), sink_to(text), nullptr), TQP_OK);
  EXPECT_FALSE(host.ctx.breach.noted());
  EXPECT_EQ(config_table()->integer(&host.ctx, borrow("/name"), &number, nullptr), TQP_E_BUG);
  EXPECT_TRUE(host.ctx.breach.noted());
}

TEST(Contract, WhatWasNotCommittedIsCounted) {
  Contract host;
  state_table()->put(&host.ctx, borrow("k"), borrow("v"), nullptr);
  state_table()->erase(&host.ctx, borrow("l"), nullptr);
  EXPECT_EQ(host.state.uncommitted(), 2u);
  state_table()->commit(&host.ctx, nullptr);
  EXPECT_EQ(host.state.uncommitted(), 0u);
  state_table()->put(&host.ctx, borrow("k"), borrow("v"), nullptr);
  state_table()->rollback(&host.ctx);
  EXPECT_EQ(host.state.uncommitted(), 0u) << "the plugin wanted it so";
}

}  // namespace
}  // namespace tq
