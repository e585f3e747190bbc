// SPDX-License-Identifier: Apache-2.0
#include "services/metrics_service.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/file.hpp"

namespace tq {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kFileBytesMost = 4 << 20;
constexpr int64_t kForgottenAfterMs = 30LL * 24 * 3600 * 1000;  // that no run has made it

}  // namespace

MetricsService::MetricsService(std::filesystem::path file, World& world, Log& log)
    : file_(std::move(file)), world_(world), log_(log), kept_ms_(world.mono_ms()) {
  if (!file_.empty()) load();
}

// A gauge says how it is now: that of an earlier run says nothing.
void MetricsService::load() {
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) return;
  const auto text = read_file(file_, kFileBytesMost);
  const auto json = text ? parse_json(*text, file_.string()) : Result<Json>(text.error());
  if (!json || !json->is_object() || !json->contains("series") || !(*json)["series"].is_array()) {
    log_.warning(Event::kPlugin,
                 "the plugin's figures begin anew: " +
                     (json ? file_.string() + " is of no known form" : json.error().message));
    return;
  }
  for (const Json& one : (*json)["series"]) {
    auto series = MetricSeries::from_json(one);
    if (!series || series->spec.kind == TQP_METRIC_GAUGE) continue;
    if (world_.now_ms() - series->used_ms > kForgottenAfterMs) continue;
    if (earlier_.size() < kSeriesMost) earlier_.push_back(std::move(*series));
  }
}

Result<tqp_metric*> MetricsService::create(const tqp_metric_spec& raw) {
  auto spec = MetricSpec::read(raw, log_.redactor());
  const std::lock_guard lock(mutex_);
  Result<tqp_metric*> made = spec ? find_or_make(spec.take()) : std::move(spec.error());
  if (!made && made.error().status == Status::kLimited && !std::exchange(told_limit_, true))
    log_.warning(Event::kPlugin, made.error().message);
  return made;
}

Result<tqp_metric*> MetricsService::find_or_make(MetricSpec spec) {
  for (const auto& metric : live_) {
    const MetricSpec& other = metric->series.spec;
    if (other.name != spec.name) continue;
    if (!other.same_kind(spec) || other.help != spec.help)
      return Error{Status::kBug, "metrics.create: " + spec.name +
                                     " was made before with another kind, help or bounds"};
    if (other.names(spec)) return metric.get();
  }
  if (live_.size() >= kSeriesMost)
    return Error{Status::kLimited, "metrics.create: the plugin has " + std::to_string(kSeriesMost) +
                                       " series already; " + spec.name +
                                       " and what comes after it is not kept"};
  live_.push_back(std::make_unique<tqp_metric>(tqp_metric{this, take_earlier(spec)}));
  live_.back()->series.used_ms = world_.now_ms();
  while (live_.size() + earlier_.size() > kSeriesMost) forget_one_earlier();
  changed_ = true;
  return live_.back().get();
}

// The series as an earlier run left it, or a new one. What this plugin made under that name as
// something else goes.
MetricSeries MetricsService::take_earlier(const MetricSpec& spec) {
  MetricSeries out(spec);
  std::erase_if(earlier_, [&](MetricSeries& earlier) {
    if (earlier.spec.name != spec.name) return false;
    if (!earlier.spec.same_kind(spec)) return true;
    earlier.spec.help = spec.help;
    if (!earlier.spec.names(spec)) return false;
    out = std::move(earlier);
    return true;
  });
  return out;
}

void MetricsService::forget_one_earlier() {
  earlier_.erase(std::min_element(
      earlier_.begin(), earlier_.end(),
      [](const MetricSeries& a, const MetricSeries& b) { return a.used_ms < b.used_ms; }));
}

template <typename Change>
void MetricsService::update(tqp_metric& metric, Change change) {
  {
    const std::lock_guard lock(mutex_);
    if (change(metric.series)) {
      changed_ = true;
    } else if (!std::exchange(told_misuse_, true)) {
      log_.warning(Event::kPlugin,
                   "a figure of the plugin was left out: no finite number, not for the metric's "
                   "kind, or a counter that falls",
                   {{"metric", metric.series.spec.name}});
    }
  }
  keep(When::kDue);
}

void MetricsService::add(tqp_metric& metric, double n) {
  update(metric, [n](MetricSeries& series) { return series.add(n); });
}

void MetricsService::set(tqp_metric& metric, double value) {
  update(metric, [value](MetricSeries& series) { return series.set(value); });
}

void MetricsService::observe(tqp_metric& metric, double value) {
  update(metric, [value](MetricSeries& series) { return series.observe(value); });
}

void MetricsService::keep(When when) {
  if (file_.empty()) return;
  const uint64_t now_ms = world_.mono_ms();
  {
    const std::lock_guard lock(mutex_);
    if (!changed_ || (when == When::kDue && now_ms - kept_ms_ < kKeepEveryMs)) return;
    changed_ = false;
    kept_ms_ = now_ms;
  }
  // Nobody who counts waits for the disk, but for the one who came when it was due.
  const std::lock_guard one_at_a_time(writing_);
  const auto kept = write_file_atomically(file_, pretty_json(snapshot()), 0640);
  if (kept) return;
  // The work does not end because a disk is full; the next time may do.
  log_.warning(Event::kPlugin,
               "the plugin's figures could not be written: " + kept.error().message);
  const std::lock_guard lock(mutex_);
  changed_ = true;
}

Json MetricsService::snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<const MetricSeries*> all;
  for (const auto& metric : live_)
    if (metric->series.known || metric->series.spec.kind != TQP_METRIC_GAUGE)
      all.push_back(&metric->series);
  for (const MetricSeries& series : earlier_) all.push_back(&series);
  std::sort(all.begin(), all.end(), [](const MetricSeries* a, const MetricSeries* b) {
    return std::tie(a->spec.name, a->spec.labels) < std::tie(b->spec.name, b->spec.labels);
  });
  Json series = Json::array();
  for (const MetricSeries* one : all) series.push_back(one->to_json());
  return {{"tqhost_metrics", kFormat},
          {"written", format_time_utc(world_.now_ms())},
          {"series", std::move(series)}};
}

}  // namespace tq
