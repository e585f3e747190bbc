// SPDX-License-Identifier: Apache-2.0
// Metrics: the plugin's own counters, gauges and histograms. Make them once, on the home thread, in
// create or the constructor; use them on any. They are small values that live as long as the
// instance. Over the host's bounds, and on a host without the service, one counts nothing: figures
// never stop the work.
#pragma once

#include <tqp/host.hpp>

#include <initializer_list>
#include <utility>
#include <vector>

namespace tqp {

class Counter {
 public:
  Counter() = default;
  Counter(const tqp_metrics* table, tqp_metric* metric) : table_(table), metric_(metric) {}

  void add(double n = 1) const {
    if (metric_ != nullptr) table_->add(metric_, n);
  }

 private:
  const tqp_metrics* table_ = nullptr;
  tqp_metric* metric_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  Gauge(const tqp_metrics* table, tqp_metric* metric) : table_(table), metric_(metric) {}

  void set(double value) const {
    if (metric_ != nullptr) table_->set(metric_, value);
  }
  void add(double n) const {
    if (metric_ != nullptr) table_->add(metric_, n);
  }

 private:
  const tqp_metrics* table_ = nullptr;
  tqp_metric* metric_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  Histogram(const tqp_metrics* table, tqp_metric* metric) : table_(table), metric_(metric) {}

  void observe(double value) const {
    if (metric_ != nullptr) table_->observe(metric_, value);
  }

 private:
  const tqp_metrics* table_ = nullptr;
  tqp_metric* metric_ = nullptr;
};

class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Metrics() = default;
  Metrics(tqp_host_ctx* ctx, const tqp_metrics* table) : ctx_(ctx), table_(table) {}

  explicit operator bool() const { return table_ != nullptr; }

  // A counter's name ends with "_total", one of a quantity with its unit: "feed_bytes".
  Result<Counter> counter(std::string_view name, std::string_view help, Labels labels = {}) const {
    return make<Counter>(TQP_METRIC_COUNTER, name, help, labels, {});
  }
  Result<Gauge> gauge(std::string_view name, std::string_view help, Labels labels = {}) const {
    return make<Gauge>(TQP_METRIC_GAUGE, name, help, labels, {});
  }
  Result<Histogram> histogram(std::string_view name, std::string_view help,
                              const std::vector<double>& bounds, Labels labels = {}) const {
    return make<Histogram>(TQP_METRIC_HISTOGRAM, name, help, labels, bounds);
  }

 private:
  template <typename Metric>
  Result<Metric> make(int32_t kind, std::string_view name, std::string_view help, Labels labels,
                      const std::vector<double>& bounds) const {
    if (table_ == nullptr) return Metric();
    std::vector<tqp_kv> pairs;
    for (const auto& [key, value] : labels) pairs.push_back({to_str(key), to_str(value)});
    tqp_metric_spec spec{};
    spec.size = sizeof spec;
    spec.kind = kind;
    spec.name = to_str(name);
    spec.help = to_str(help);
    spec.labels = pairs.empty() ? nullptr : pairs.data();
    spec.label_count = pairs.size();
    spec.bounds = bounds.empty() ? nullptr : bounds.data();
    spec.bound_count = bounds.size();
    Fault fault;
    tqp_metric* metric = nullptr;
    const tqp_status status = table_->create(ctx_, &spec, &metric, fault.raw());
    if (status == TQP_E_LIMITED) return Metric();  // which the host has told in the log
    if (status != TQP_OK) return fault.as(status);
    return Metric(table_, metric);
  }

  tqp_host_ctx* ctx_ = nullptr;
  const tqp_metrics* table_ = nullptr;
};

}  // namespace tqp
