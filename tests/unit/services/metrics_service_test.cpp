// SPDX-License-Identifier: Apache-2.0
#include "services/metrics_service.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/file.hpp"
#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Metrics : public testing::Test {
 protected:
  Metrics() {
    std::string pattern = testing::TempDir() + "tq-metrics-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "metrics.json";
    begin_run();
  }
  ~Metrics() override { std::filesystem::remove_all(folder_); }

  void begin_run() {
    service_.emplace(file_, core_.world, core_.log);
    core_.ctx.metrics = &*service_;
  }
  void end_run() { service_->keep(MetricsService::When::kNow); }

  tqp_status make(int32_t kind, const std::string& name, std::vector<tqp_kv> labels,
                  std::vector<double> bounds, const std::string& help = "help") {
    tqp_metric_spec spec{};
    spec.size = sizeof spec;
    spec.kind = kind;
    spec.name = borrow(name);
    spec.help = borrow(help);
    spec.labels = labels.data();
    spec.label_count = labels.size();
    spec.bounds = bounds.data();
    spec.bound_count = bounds.size();
    error_ = empty_error();
    return table_->create(&core_.ctx, &spec, &metric_, &error_);
  }
  tqp_metric* counter(const std::string& name, std::vector<tqp_kv> labels = {}) {
    EXPECT_EQ(make(TQP_METRIC_COUNTER, name, std::move(labels), {}), TQP_OK) << error_.message;
    return metric_;
  }
  tqp_metric* gauge(const std::string& name) {
    EXPECT_EQ(make(TQP_METRIC_GAUGE, name, {}, {}), TQP_OK) << error_.message;
    return metric_;
  }
  tqp_metric* histogram(const std::string& name, std::vector<double> bounds) {
    EXPECT_EQ(make(TQP_METRIC_HISTOGRAM, name, {}, std::move(bounds)), TQP_OK) << error_.message;
    return metric_;
  }

  Json kept() const { return Json::parse(*read_file(file_, 1 << 20)).at("series"); }
  // The one series of that name.
  Json series(const std::string& name) const {
    Json found;
    const Json all = service_->snapshot();
    for (const Json& one : all.at("series"))
      if (one.at("name") == name) found = one;
    return found;
  }

  const tqp_metrics* const table_ = metrics_table();
  std::filesystem::path folder_, file_;
  Core core_;
  std::optional<MetricsService> service_;
  tqp_metric* metric_ = nullptr;
  tqp_error error_{};
};

TEST_F(Metrics, CountFallAndRiseAndAreSortedIntoBuckets) {
  table_->add(counter("sent_total"), 2);
  table_->add(metric_, 0.5);
  table_->set(gauge("waiting"), 7);
  table_->add(metric_, -3);
  histogram("wait_seconds", {0.1, 1});
  for (const double wait : {0.05, 0.1, 0.2, 5.0}) table_->observe(metric_, wait);
  EXPECT_EQ(series("sent_total").at("value"), 2.5);
  EXPECT_EQ(series("sent_total").at("kind"), "counter");
  EXPECT_EQ(series("waiting").at("value"), 4.0);
  EXPECT_EQ(series("wait_seconds").at("buckets"), Json({2, 1, 1})) << "a bound is in its bucket";
  EXPECT_DOUBLE_EQ(series("wait_seconds").at("sum").get<double>(), 5.35);
}

TEST_F(Metrics, TheSameNameAndLabelsAreTheSameSeries) {
  tqp_metric* const first =
      counter("x_total", {{borrow("a"), borrow("1")}, {borrow("b"), borrow("2")}});
  EXPECT_EQ(counter("x_total", {{borrow("b"), borrow("2")}, {borrow("a"), borrow("1")}}), first);
  EXPECT_NE(counter("x_total", {{borrow("a"), borrow("2")}}), first);
  EXPECT_EQ(make(TQP_METRIC_GAUGE, "x_total", {}, {}), TQP_E_BUG);
  EXPECT_THAT(error_.message, HasSubstr("x_total was made before with another kind"));
  EXPECT_EQ(metric_, nullptr);
  EXPECT_EQ(make(TQP_METRIC_COUNTER, "x_total", {}, {}, "other help"), TQP_E_BUG);
}

TEST_F(Metrics, SpecsThatBreakARuleAreRefused) {
  const tqp_str v = borrow("v");
  for (const char* name : {"", "1a", "a-b", "a:b", "tqhost_x", "caf\xC3\xA9"})
    EXPECT_EQ(make(TQP_METRIC_COUNTER, name, {}, {}), TQP_E_BUG) << name;
  for (const char* label : {"", "__x", "le", "instance", "plugin", "a.b"})
    EXPECT_EQ(make(TQP_METRIC_COUNTER, "a", {{borrow(label), v}}, {}), TQP_E_BUG) << label;
  EXPECT_EQ(make(TQP_METRIC_COUNTER, "a", {{borrow("x"), v}, {borrow("x"), v}}, {}), TQP_E_BUG);
  EXPECT_EQ(make(9, "a", {}, {}), TQP_E_BUG);
  EXPECT_EQ(make(TQP_METRIC_COUNTER, "a", {}, {1}), TQP_E_BUG);
  EXPECT_EQ(make(TQP_METRIC_HISTOGRAM, "a", {}, {}), TQP_E_BUG);
  EXPECT_EQ(make(TQP_METRIC_HISTOGRAM, "a", {}, {1, 1}), TQP_E_BUG);
  EXPECT_EQ(make(TQP_METRIC_HISTOGRAM, "a", {}, {1, INFINITY}), TQP_E_BUG);
  EXPECT_EQ(table_->create(&core_.ctx, nullptr, &metric_, nullptr), TQP_E_BUG);
  EXPECT_THAT(service_->snapshot().at("series"), IsEmpty());
}

TEST_F(Metrics, AreBoundedAndTellItOnce) {
  for (size_t i = 0; i < MetricsService::kSeriesMost; ++i) {
    const std::string number = std::to_string(i);
    counter("x_total", {{borrow("n"), borrow(number)}});
  }
  EXPECT_EQ(make(TQP_METRIC_COUNTER, "y_total", {}, {}), TQP_E_LIMITED);
  EXPECT_THAT(error_.message, HasSubstr("200 series"));
  EXPECT_EQ(make(TQP_METRIC_COUNTER, "z_total", {}, {}), TQP_E_LIMITED);
  EXPECT_THAT(core_.log.lines, SizeIs(1));
  counter("x_total", {{borrow("n"), borrow("7")}});  // one that is there

  std::vector<double> bounds(65);
  for (size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<double>(i);
  EXPECT_EQ(make(TQP_METRIC_HISTOGRAM, "h", {}, bounds), TQP_E_LIMITED);
}

TEST_F(Metrics, WhatIsNoFigureIsLeftOutAndToldOnce) {
  tqp_metric* const sent = counter("sent_total");
  tqp_metric* const waits = histogram("waits", {1});
  for (const double wrong : {-1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    table_->add(sent, wrong);
  table_->set(sent, 5);
  table_->observe(sent, 5);
  table_->add(waits, 5);
  table_->observe(waits, NAN);
  table_->set(gauge("g"), NAN);
  EXPECT_EQ(series("sent_total").at("value"), 0.0);
  EXPECT_EQ(series("waits").at("buckets"), Json({0, 0}));
  EXPECT_TRUE(series("g").is_null()) << "it was never set";
  ASSERT_THAT(core_.log.lines, SizeIs(1));
  EXPECT_EQ(core_.log.lines[0].fields.at("metric"), "sent_total");
  for (const auto change : {table_->add, table_->set, table_->observe}) change(nullptr, 1);
}

TEST_F(Metrics, HoldNoSecret) {
  core_.log.redactor().add_value("s3cr3t-token");
  counter("x_total", {{borrow("url"), borrow("https://x/?t=s3cr3t-token")}});
  EXPECT_EQ(series("x_total").at("labels").at("url"), "https://x/?t=***");
}

TEST_F(Metrics, CountersGoOnWhereTheLastRunLeftThem) {
  table_->add(counter("sent_total", {{borrow("feed"), borrow("a")}}), 3);
  table_->add(counter("other_total"), 1);
  table_->observe(histogram("waits", {1}), 0.5);
  table_->set(gauge("waiting"), 9);
  end_run();
  begin_run();
  table_->add(counter("sent_total", {{borrow("feed"), borrow("a")}}), 2);
  table_->observe(histogram("waits", {1}), 2);
  gauge("waiting");
  EXPECT_EQ(series("sent_total").at("value"), 5.0);
  EXPECT_EQ(series("waits").at("buckets"), Json({1, 1}));
  EXPECT_EQ(series("other_total").at("value"), 1.0) << "this run may make it yet";
  EXPECT_TRUE(series("waiting").is_null()) << "how it was says nothing";
  end_run();
  EXPECT_THAT(kept(), SizeIs(3));
}

TEST_F(Metrics, OfAnotherKindBeginAnew) {
  table_->observe(histogram("waits", {1}), 0.5);
  table_->add(counter("x_total", {{borrow("a"), borrow("1")}}), 1);
  end_run();
  begin_run();
  histogram("waits", {1, 2});
  EXPECT_EQ(series("waits").at("buckets"), Json({0, 0, 0}));
  EXPECT_EQ(make(TQP_METRIC_HISTOGRAM, "x_total", {}, {1}), TQP_OK);
  EXPECT_EQ(series("x_total").at("kind"), "histogram") << "the counter of that name is gone";
}

TEST_F(Metrics, OfEarlierRunsMakeRoomAndAreForgottenInTheEnd) {
  counter("old_total");
  end_run();
  begin_run();
  for (size_t i = 0; i < MetricsService::kSeriesMost; ++i) {
    const std::string number = std::to_string(i);
    counter("x_total", {{borrow("n"), borrow(number)}});
  }
  EXPECT_TRUE(series("old_total").is_null());
  end_run();
  core_.world.mono += 31ULL * 24 * 3600 * 1000;
  begin_run();
  EXPECT_THAT(service_->snapshot().at("series"), IsEmpty());
}

TEST_F(Metrics, AreWrittenEveryTenSecondsAtMost) {
  tqp_metric* const sent = counter("sent_total");
  table_->add(sent, 1);
  EXPECT_FALSE(std::filesystem::exists(file_));
  core_.world.mono += MetricsService::kKeepEveryMs;
  table_->add(sent, 1);
  EXPECT_EQ(kept().at(0).at("value"), 2.0);
  table_->add(sent, 1);
  EXPECT_EQ(kept().at(0).at("value"), 2.0);
  core_.world.mono += MetricsService::kKeepEveryMs;
  EXPECT_EQ(run_table()->sleep_ms(&core_.ctx, 5), TQP_OK);
  EXPECT_EQ(kept().at(0).at("value"), 3.0) << "who waits has time for it";
}

TEST_F(Metrics, ADamagedFileIsToldAndBegunAnew) {
  for (const char* text : {"{", "[]", "{\"series\": 3}"}) {
    ASSERT_TRUE(write_file_atomically(file_, text));
    core_.log.lines.clear();
    begin_run();
    EXPECT_THAT(core_.log.lines, SizeIs(1)) << text;
  }
  ASSERT_TRUE(write_file_atomically(
      file_, R"({"series": [3, {"name": "a", "kind": "histogram", "bounds": [2, 1], "sum": 1},
                            {"name": "b", "kind": "counter", "value": "x"}]})"));
  begin_run();
  EXPECT_THAT(service_->snapshot().at("series"), IsEmpty());
}

TEST_F(Metrics, WithoutAFileKeepNothing) {
  file_.clear();
  begin_run();
  table_->add(counter("sent_total"), 1);
  end_run();
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Metrics, CountFromThePluginsOwnThreads) {
  tqp_metric* const sent = counter("sent_total");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) table_->add(sent, 1);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(series("sent_total").at("value"), 4000.0);
  std::thread([&] { EXPECT_EQ(make(TQP_METRIC_COUNTER, "y", {}, {}), TQP_E_BUG); }).join();
}

}  // namespace
}  // namespace tq
