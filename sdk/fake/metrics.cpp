// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "world.hpp"

namespace tqp::fake {
namespace {

constexpr size_t kLabelsMost = 10, kBoundsMost = 64;

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), fits);
}

bool is_label(std::string_view text) {
  return is_name(text) && text.substr(0, 2) != "__" && text != "le" && text != "instance" &&
         text != "plugin";
}

// A pointer is null only where there is nothing to point to.
bool all_given_in(const tqp_metric_spec& spec) {
  if (!all_given(spec.name, spec.help) || (spec.labels == nullptr && spec.label_count != 0) ||
      (spec.bounds == nullptr && spec.bound_count != 0))
    return false;
  return std::all_of(spec.labels, spec.labels + spec.label_count,
                     [](const tqp_kv& label) { return all_given(label.key, label.value); });
}

// Empty, or which rule is broken.
std::string fault_of(const tqp_metric_spec& spec) {
  const std::string name(to_view(spec.name));
  if (!is_name(name) || name.rfind("tqhost_", 0) == 0) return "no name for a metric: " + name;
  for (size_t i = 0; i < spec.label_count; ++i)
    if (!is_label(to_view(spec.labels[i].key)))
      return name + ": no name for a label: " + std::string(to_view(spec.labels[i].key));
  const bool histogram = spec.kind == TQP_METRIC_HISTOGRAM;
  if (!histogram && spec.kind != TQP_METRIC_COUNTER && spec.kind != TQP_METRIC_GAUGE)
    return name + ": no such kind";
  if (histogram != (spec.bound_count > 0)) return name + ": bounds are for histograms";
  for (size_t i = 0; i < spec.bound_count; ++i)
    if (!std::isfinite(spec.bounds[i]) || (i > 0 && spec.bounds[i] <= spec.bounds[i - 1]))
      return name + ": bounds ascend";
  return {};
}

std::string key_of(const tqp_metric_spec& spec) {
  std::string key(to_view(spec.name));
  std::map<std::string, std::string> labels;
  for (size_t i = 0; i < spec.label_count; ++i)
    labels.emplace(to_view(spec.labels[i].key), to_view(spec.labels[i].value));
  char before = '{';
  for (const auto& [name, value] : labels) {
    key += before + name + "=\"" + value + "\"";
    before = ',';
  }
  return labels.empty() ? key : key + "}";
}

// As the host does: what is equal goes on, whoever made it.
bool differs(const std::map<std::string, Figure>& kept, const std::string& name,
             const Figure& figure) {
  return std::any_of(kept.begin(), kept.end(), [&](const auto& one) {
    return one.first.substr(0, one.first.find('{')) == name &&
           (one.second.kind != figure.kind || one.second.help != figure.help ||
            one.second.bounds != figure.bounds);
  });
}

tqp_status create(tqp_host_ctx* ctx, const tqp_metric_spec* spec, tqp_metric** out,
                  tqp_error* error) {
  World& world = World::of(ctx);
  if (out != nullptr) *out = nullptr;
  if (const auto refused = world.refuse("metrics.create", error)) return *refused;
  if (!all_given(spec, out)) return world.null_argument("metrics.create", error);
  if (!TQP_REACHES(spec, bound_count)) return world.bug(error, "metrics.create: size is not set");
  if (!all_given_in(*spec)) return world.null_argument("metrics.create", error);
  if (const std::string fault = fault_of(*spec); !fault.empty())
    return world.bug(error, "metrics.create: " + fault);
  Figure figure{spec->kind, std::string(to_view(spec->help))};
  for (size_t i = 0; i < spec->bound_count; ++i) figure.bounds.push_back(spec->bounds[i]);
  if (spec->kind == TQP_METRIC_HISTOGRAM) figure.buckets.resize(spec->bound_count + 1);
  const std::string name(to_view(spec->name)), key = key_of(*spec);
  auto& kept = world.seen().metrics;
  if (differs(kept, name, figure))
    return world.bug(error, "metrics.create: " + name + " has another kind, help or bounds");
  if (spec->label_count > kLabelsMost || spec->bound_count > kBoundsMost ||
      (kept.count(key) == 0 && kept.size() >= world.setup().metrics_most))
    return world.fail(error, {TQP_E_LIMITED, "metrics.create: too many series, labels or bounds"});
  const std::lock_guard<std::mutex> lock(world.mutex);
  kept.emplace(key, std::move(figure));
  world.metrics.push_back(std::make_unique<tqp_metric>(tqp_metric{&world, key}));
  *out = world.metrics.back().get();
  return TQP_OK;
}

// `change` is called for a metric of one of these kinds, with its figure.
template <typename Change>
void update(tqp_metric* metric, const char* call, std::initializer_list<int32_t> kinds,
            double number, Change change) {
  if (metric == nullptr) return;
  World& world = *metric->world;
  std::unique_lock<std::mutex> lock(world.mutex);
  if (world.seen().crashed) return;
  Figure& figure = world.seen().metrics[metric->key];
  const bool right_kind = std::find(kinds.begin(), kinds.end(), figure.kind) != kinds.end();
  const bool falls = figure.kind == TQP_METRIC_COUNTER && number < 0;
  if (right_kind && std::isfinite(number) && !falls) return change(figure);
  lock.unlock();
  world.violation(std::string(call) + ": not for " + metric->key + ": " + std::to_string(number));
}

void add(tqp_metric* metric, double n) {
  update(metric, "metrics.add", {TQP_METRIC_COUNTER, TQP_METRIC_GAUGE}, n,
         [n](Figure& figure) { figure.value += n; });
}

void set(tqp_metric* metric, double value) {
  update(metric, "metrics.set", {TQP_METRIC_GAUGE}, value,
         [value](Figure& figure) { figure.value = value; });
}

void observe(tqp_metric* metric, double value) {
  update(metric, "metrics.observe", {TQP_METRIC_HISTOGRAM}, value, [value](Figure& figure) {
    const auto bucket = std::lower_bound(figure.bounds.begin(), figure.bounds.end(), value);
    ++figure.buckets[static_cast<size_t>(bucket - figure.bounds.begin())];
    figure.value += value;
  });
}

}  // namespace

const tqp_metrics* metrics_table() {
  static constexpr tqp_metrics kTable = {sizeof kTable, 0, &create, &add, &set, &observe};
  return &kTable;
}

}  // namespace tqp::fake
