// SPDX-License-Identifier: Apache-2.0
// tqp.run/1 on top of RunService.
#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/metrics_service.hpp"
#include "services/run_service.hpp"
#include "services/state_service.hpp"

namespace tq {
namespace {

const tqp_run_info* info(tqp_host_ctx* ctx) { return &ctx->run->info(); }

int32_t cancelled(tqp_host_ctx* ctx) { return ctx->run->cancel().cancelled() ? 1 : 0; }

void progress(tqp_host_ctx* ctx, uint64_t done, uint64_t total, tqp_str text) {
  guarded_texts(
      "run.progress", ctx, [&] { ctx->run->progress(done, total, view(text)); }, text);
}

int64_t now_ms(tqp_host_ctx* ctx) { return ctx->run->world().now_ms(); }

uint64_t mono_ms(tqp_host_ctx* ctx) { return ctx->run->world().mono_ms(); }

tqp_status random(tqp_host_ctx* ctx, void* out, size_t n) {
  return guarded("run.random", ctx, nullptr, [&]() -> tqp_status {
    if (out == nullptr && n != 0) return null_argument(ctx, "run.random", nullptr);
    ctx->run->world().random(out, n);
    return TQP_OK;
  });
}

tqp_status sleep_ms(tqp_host_ctx* ctx, uint64_t ms) {
  return guarded("run.sleep_ms", ctx, nullptr, [&]() -> tqp_status {
    // Who waits has time for it, and may have changed nothing since for long.
    if (ctx->metrics != nullptr) ctx->metrics->keep(MetricsService::When::kDue);
    return ctx->run->world().sleep_ms(ms, ctx->run->cancel()) ? TQP_CANCELLED : TQP_OK;
  });
}

void ready(tqp_host_ctx* ctx) {
  static_cast<void>(guarded_home("run.ready", ctx, nullptr, [&]() -> tqp_status {
    ctx->run->ready();
    return TQP_OK;
  }));
}

void count(tqp_host_ctx* ctx, int32_t what, tqp_str reason, uint64_t n) {
  guarded_texts(
      "run.count", ctx, [&] { ctx->run->count(what, view(reason), n); }, reason);
}

void reject(tqp_host_ctx* ctx, tqp_str type, tqp_str value, tqp_str reason) {
  guarded_texts(
      "run.reject", ctx, [&] { ctx->run->reject(view(type), view(value), view(reason)); }, type,
      value, reason);
}

void accept(tqp_host_ctx* ctx, tqp_str type, tqp_str value) {
  guarded_texts(
      "run.accept", ctx, [&] { ctx->run->accept(view(type), view(value)); }, type, value);
}

tqp_status next_retry(tqp_host_ctx* ctx, tqp_str* type, tqp_str* value, tqp_error* error) {
  return guarded_home("run.next_retry", ctx, error, [&]() -> tqp_status {
    if (!all_given(type, value)) return null_argument(ctx, "run.next_retry", error);
    const auto letter = ctx->state->next_retry();
    if (!letter) return report(ctx, letter.error(), error);
    if (*letter == nullptr) return TQP_END;
    *type = borrow((*letter)->type);
    *value = borrow((*letter)->value);
    return TQP_OK;
  });
}

}  // namespace

const tqp_run* run_table() {
  static constexpr tqp_run kTable = {sizeof kTable, 0,        &info,       &cancelled, &progress,
                                     &now_ms,       &mono_ms, &random,     &sleep_ms,  &ready,
                                     &count,        &reject,  &next_retry, &accept};
  return &kTable;
}

}  // namespace tq
