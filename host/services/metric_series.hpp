// SPDX-License-Identifier: Apache-2.0
// MetricSeries: one figure of a plugin with its fixed labels, what it is made from, and its form in
// <state>/<instance>/metrics.json (docs/formats/metrics.md). Values; not for two threads at once.
#pragma once

#include <tqp/plugin.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "log/redactor.hpp"

namespace tq {

constexpr size_t kMetricLabelsMost = 10;
constexpr size_t kMetricBoundsMost = 64;

// What the plugin said when it made it.
struct MetricSpec {
  int32_t kind = 0;  // TQP_METRIC_COUNTER and so on
  std::string name, help;
  std::map<std::string, std::string> labels;
  std::vector<double> bounds;

  // E_BUG: a rule of the contract is broken; E_LIMITED: too many labels or bounds.
  static Result<MetricSpec> read(const tqp_metric_spec& raw, const Redactor& redactor);

  // The same series.
  bool names(const MetricSpec& other) const { return name == other.name && labels == other.labels; }
  // Figures of one name are of one kind.
  bool same_kind(const MetricSpec& other) const {
    return kind == other.kind && bounds == other.bounds;
  }
};

struct MetricSeries {
  MetricSpec spec;
  double value = 0;               // a histogram's sum
  bool known = false;             // a gauge has none before it is set
  std::vector<uint64_t> buckets;  // one more than bounds; each on its own, not added up
  int64_t used_ms = 0;            // when a run last made it

  explicit MetricSeries(MetricSpec of);

  // False: not for its kind, or no finite number; nothing was changed.
  bool add(double n);
  bool set(double number);
  bool observe(double number);

  Json to_json() const;
  // Nothing when it is of another form.
  static std::optional<MetricSeries> from_json(const Json& json);
};

}  // namespace tq
