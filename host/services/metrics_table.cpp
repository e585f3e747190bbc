// SPDX-License-Identifier: Apache-2.0
// tqp.metrics/1 on top of MetricsService.
#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/metrics_service.hpp"

namespace tq {
namespace {

tqp_status create(tqp_host_ctx* ctx, const tqp_metric_spec* spec, tqp_metric** out,
                  tqp_error* error) {
  *out = nullptr;
  return guarded_home("metrics.create", ctx, error, [&]() -> tqp_status {
    if (spec == nullptr) return fail_bug("metrics.create", "the spec is null", error);
    const auto metric = ctx->metrics->create(*spec);
    if (!metric) return report(metric.error(), error);
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
