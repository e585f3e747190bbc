// SPDX-License-Identifier: Apache-2.0
// MetricsService: behind tqp.metrics/1: the plugin's own figures and the file that they are kept in
// for whoever shows them. Counters and histograms go on where the last run left them. Owns the
// series. All members from any thread.
#pragma once

#include <tqp/plugin.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "core/result.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "services/metric_series.hpp"

namespace tq {
class MetricsService;
}

// What a plugin holds.
struct tqp_metric {
  tq::MetricsService* service;
  tq::MetricSeries series;
};

namespace tq {

class MetricsService {
 public:
  static constexpr size_t kSeriesMost = 200;
  static constexpr uint64_t kKeepEveryMs = 10'000;  // each is an fsync

  // `file`: <state>/<instance>/metrics.json, or empty: nothing is read or kept.
  MetricsService(std::filesystem::path file, World& world, Log& log);

  // E_BUG, E_LIMITED: of the contract. Valid as long as the service.
  Result<tqp_metric*> create(const tqp_metric_spec& spec);
  void add(tqp_metric& metric, double n);
  void set(tqp_metric& metric, double value);
  void observe(tqp_metric& metric, double value);

  // Writes the file when something changed; kDue: and the last time is long enough ago.
  enum class When { kDue, kNow };
  void keep(When when);

  // What stands in the file then.
  Json snapshot() const;

 private:
  void load();
  // With the lock held.
  Result<tqp_metric*> find_or_make(MetricSpec spec);
  MetricSeries take_earlier(const MetricSpec& spec);
  void forget_one_earlier();
  template <typename Change>
  void update(tqp_metric& metric, Change change);

  const std::filesystem::path file_;
  World& world_;
  Log& log_;
  std::mutex writing_;  // taken before mutex_
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<tqp_metric>> live_;
  std::vector<MetricSeries> earlier_;  // of earlier runs, not made by this one yet
  bool changed_ = false;
  bool told_limit_ = false, told_misuse_ = false;
  uint64_t kept_ms_;  // by the clock that never jumps
};

}  // namespace tq
