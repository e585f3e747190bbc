// SPDX-License-Identifier: Apache-2.0
#include "services/metric_series.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/record_json.hpp"
#include "core/text.hpp"
#include "services/host_ctx.hpp"

namespace tq {
namespace {

constexpr size_t kNameBytesMost = 128;
constexpr size_t kLabelBytesMost = 256;
constexpr size_t kHelpBytesMost = 1024;
constexpr std::string_view kHostsOwn = "tqhost_";

constexpr std::array<std::pair<int32_t, const char*>, 3> kKinds = {
    {{TQP_METRIC_COUNTER, "counter"},
     {TQP_METRIC_GAUGE, "gauge"},
     {TQP_METRIC_HISTOGRAM, "histogram"}}};

const char* kind_name(int32_t kind) {
  for (const auto& [number, name] : kKinds)
    if (number == kind) return name;
  return nullptr;
}

int32_t kind_of(std::string_view text) {
  for (const auto& [number, name] : kKinds)
    if (name == text) return number;
  return 0;
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool digit_first = !text.empty() && text[0] >= '0' && text[0] <= '9';
  return !text.empty() && text.size() <= kNameBytesMost && !digit_first &&
         std::all_of(text.begin(), text.end(), fits);
}

// The host adds labels of its own when it shows the figure, Prometheus those with "__".
bool is_label(std::string_view text) {
  return is_name(text) && text.substr(0, 2) != "__" && text != "le" && text != "instance" &&
         text != "plugin";
}

bool ascend(const std::vector<double>& bounds) {
  return std::all_of(bounds.begin(), bounds.end(), [](double b) { return std::isfinite(b); }) &&
         std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) == bounds.end();
}

Error bug(const std::string& metric, const std::string& what) {
  return {Status::kBug, "metrics.create: " + printable(metric) + " " + what};
}

Error limited(const std::string& metric, const char* what, size_t most) {
  return {Status::kLimited, "metrics.create: " + metric + " has more than " + std::to_string(most) +
                                " " + what + "; it is not kept"};
}

Result<std::map<std::string, std::string>> read_labels(const tqp_metric_spec& raw,
                                                       const std::string& metric,
                                                       const Redactor& redactor) {
  std::map<std::string, std::string> labels;
  if (raw.label_count > kMetricLabelsMost) return limited(metric, "labels", kMetricLabelsMost);
  for (size_t i = 0; i < raw.label_count; ++i) {
    const std::string key(view(raw.labels[i].key));
    if (!is_label(key)) return bug(metric, "cannot have a label named \"" + printable(key) + "\"");
    const std::string value = redactor.clean_printable(view(raw.labels[i].value), kLabelBytesMost);
    if (!labels.emplace(key, value).second) return bug(metric, "has the label " + key + " twice");
  }
  return labels;
}

}  // namespace

Result<MetricSpec> MetricSpec::read(const tqp_metric_spec& raw, const Redactor& redactor) {
  if (raw.size < offsetof(tqp_metric_spec, bound_count) + sizeof raw.bound_count)
    return bug("a metric", "has a spec whose size is not set");
  MetricSpec spec;
  spec.kind = raw.kind;
  spec.name = view(raw.name);
  spec.help = redactor.clean_printable(view(raw.help), kHelpBytesMost);
  if (!is_name(spec.name) || spec.name.substr(0, kHostsOwn.size()) == kHostsOwn)
    return bug("\"" + spec.name + "\"",
               "is no name for a metric: [a-zA-Z_][a-zA-Z0-9_]*, and not tqhost_...");
  if (kind_name(spec.kind) == nullptr) return bug(spec.name, "is of no known kind");
  TQ_ASSIGN(spec.labels, read_labels(raw, spec.name, redactor));
  if (raw.bound_count > kMetricBoundsMost) return limited(spec.name, "bounds", kMetricBoundsMost);
  if (raw.bound_count > 0) spec.bounds.assign(raw.bounds, raw.bounds + raw.bound_count);
  if ((spec.kind == TQP_METRIC_HISTOGRAM) == spec.bounds.empty())
    return bug(spec.name, "has bounds and is no histogram, or is one and has none");
  if (!ascend(spec.bounds)) return bug(spec.name, "has bounds that do not ascend");
  return spec;
}

MetricSeries::MetricSeries(MetricSpec of) : spec(std::move(of)) {
  if (spec.kind == TQP_METRIC_HISTOGRAM) buckets.resize(spec.bounds.size() + 1);
}

bool MetricSeries::add(double n) {
  const bool counts = spec.kind == TQP_METRIC_COUNTER && n >= 0;
  if ((!counts && spec.kind != TQP_METRIC_GAUGE) || !std::isfinite(value + n)) return false;
  value += n;
  known = true;
  return true;
}

bool MetricSeries::set(double number) {
  if (spec.kind != TQP_METRIC_GAUGE || !std::isfinite(number)) return false;
  value = number;
  known = true;
  return true;
}

bool MetricSeries::observe(double number) {
  if (spec.kind != TQP_METRIC_HISTOGRAM || !std::isfinite(value + number)) return false;
  const auto bound = std::lower_bound(spec.bounds.begin(), spec.bounds.end(), number);
  ++buckets[static_cast<size_t>(bound - spec.bounds.begin())];
  value += number;
  return true;
}

Json MetricSeries::to_json() const {
  Json labels = Json::object();
  for (const auto& [key, label] : spec.labels) labels[key] = label;
  Json out = {{"name", spec.name},
              {"kind", kind_name(spec.kind)},
              {"help", spec.help},
              {"labels", std::move(labels)},
              {"used", format_time_utc(used_ms)}};
  if (spec.kind != TQP_METRIC_HISTOGRAM) {
    out["value"] = value;
  } else {
    out["bounds"] = spec.bounds;
    out["buckets"] = buckets;
    out["sum"] = value;
  }
  return out;
}

std::optional<MetricSeries> MetricSeries::from_json(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  MetricSpec spec;
  spec.name = text_at(json, "name");
  spec.help = text_at(json, "help");
  spec.kind = kind_of(text_at(json, "kind"));
  if (!is_name(spec.name) || spec.kind == 0) return std::nullopt;
  if (const auto labels = json.find("labels"); labels != json.end() && labels->is_object())
    for (const auto& [key, label] : labels->items())
      if (label.is_string()) spec.labels[key] = label.get<std::string>();
  const bool histogram = spec.kind == TQP_METRIC_HISTOGRAM;
  std::vector<uint64_t> buckets;
  if (histogram) {
    for (const Json& bound : json.value("bounds", Json::array()))
      if (bound.is_number()) spec.bounds.push_back(bound.get<double>());
    for (const Json& bucket : json.value("buckets", Json::array()))
      if (bucket.is_number_unsigned()) buckets.push_back(bucket.get<uint64_t>());
    if (!ascend(spec.bounds) || buckets.size() != spec.bounds.size() + 1) return std::nullopt;
  }
  const auto value = json.find(histogram ? "sum" : "value");
  if (value == json.end() || !value->is_number()) return std::nullopt;
  MetricSeries series(std::move(spec));
  series.value = value->get<double>();
  series.known = true;
  series.used_ms = time_at(json, "used");
  if (histogram) series.buckets = std::move(buckets);
  return series;
}

}  // namespace tq
