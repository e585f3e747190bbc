// SPDX-License-Identifier: Apache-2.0
// tqp.metrics/1 on top of MetricsService.
#include <algorithm>

#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/metrics_service.hpp"

namespace tq {
namespace {

// A pointer is null only where there is nothing to point to.
bool all_given_in(const tqp_metric_spec& spec) {
  if (!all_given(spec.name, spec.help) || (spec.labels == nullptr && spec.label_count != 0) ||
      (spec.bounds == nullptr && spec.bound_count != 0))
    return false;
  if (spec.label_count > kMetricLabelsMost) return true;  // they are not read
  return std::all_of(spec.labels, spec.labels + spec.label_count,
                     [](const tqp_kv& label) { return all_given(label.key, label.value); });
}

tqp_status create(tqp_host_ctx* ctx, const tqp_metric_spec* spec, tqp_metric** out,
                  tqp_error* error) {
  if (out != nullptr) *out = nullptr;
  return guarded_home("metrics.create", ctx, error, [&]() -> tqp_status {
    if (!all_given(spec, out)) return null_argument(ctx, "metrics.create", error);
    if (!TQP_REACHES(spec, bound_count))
      return fail_bug(ctx, "metrics.create", "the size of the spec is not set", error);
    if (!all_given_in(*spec)) return null_argument(ctx, "metrics.create", error);
    const auto metric = ctx->metrics->create(*spec);
    if (!metric) return report(ctx, metric.error(), error);
    *out = *metric;
    return TQP_OK;
  });
}

void add(tqp_metric* metric, double n) {
  if (metric == nullptr) return;
  guarded_void([&] { metric->service->add(*metric, n); });
}

void set(tqp_metric* metric, double value) {
  if (metric == nullptr) return;
  guarded_void([&] { metric->service->set(*metric, value); });
}

void observe(tqp_metric* metric, double value) {
  if (metric == nullptr) return;
  guarded_void([&] { metric->service->observe(*metric, value); });
}

}  // namespace

const tqp_metrics* metrics_table() {
  static constexpr tqp_metrics kTable = {sizeof kTable, 0, &create, &add, &set, &observe};
  return &kTable;
}

}  // namespace tq
