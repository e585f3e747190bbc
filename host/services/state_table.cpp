// SPDX-License-Identifier: Apache-2.0
// tqp.state/1 on top of StateService.
#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/state_service.hpp"

namespace tq {
namespace {

tqp_status done(const Result<void>& result, tqp_error* error) {
  return result ? TQP_OK : report(result.error(), error);
}

tqp_status get(tqp_host_ctx* ctx, tqp_str key, tqp_sink out, tqp_error* error) {
  return guarded_home("state.get", ctx, error, [&]() -> tqp_status {
    const auto value = ctx->state->get(view(key));
    if (!value) return report(value.error(), error);
    if (!value->has_value()) return TQP_END;
    const std::string& bytes = **value;
    return bytes.empty() ? TQP_OK : out.put(out.ctx, bytes.data(), bytes.size());
  });
}

tqp_status put(tqp_host_ctx* ctx, tqp_str key, tqp_str value, tqp_error* error) {
  return guarded_home("state.put", ctx, error,
                      [&] { return done(ctx->state->put(view(key), view(value)), error); });
}

tqp_status erase(tqp_host_ctx* ctx, tqp_str key, tqp_error* error) {
  return guarded_home("state.erase", ctx, error,
                      [&] { return done(ctx->state->erase(view(key)), error); });
}

tqp_status scan(tqp_host_ctx* ctx, tqp_str prefix, tqp_scan** out, tqp_error* error) {
  *out = nullptr;
  return guarded_home("state.scan", ctx, error, [&]() -> tqp_status {
    *out = ctx->state->open_scan(ctx, view(prefix));
    return TQP_OK;
  });
}

tqp_status scan_next(tqp_scan* scan, tqp_str* key, tqp_str* value, tqp_error* error) {
  if (scan == nullptr) return fail_bug("state.scan_next", "the scan is null", error);
  return guarded_home("state.scan_next", scan->host, error, [&]() -> tqp_status {
    const auto row = scan->host->state->next(*scan);
    if (!row) return report(row.error(), error);
    if (*row == nullptr) return TQP_END;
    *key = borrow((*row)->key);
    *value = borrow((*row)->value);
    return TQP_OK;
  });
}

void scan_close(tqp_scan* scan) {
  guarded_void([&] {
    if (scan == nullptr) return;
    StateService& state = *scan->host->state;
    is_home(scan->host) ? state.close_scan(*scan) : state.note_wrong_thread("state.scan_close");
  });
}

tqp_status commit(tqp_host_ctx* ctx, tqp_error* error) {
  return guarded_home("state.commit", ctx, error,
                      [&] { return done(ctx->state->commit(), error); });
}

void rollback(tqp_host_ctx* ctx) {
  guarded_void([&] {
    is_home(ctx) ? ctx->state->rollback() : ctx->state->note_wrong_thread("state.rollback");
  });
}

}  // namespace

const tqp_state* state_table() {
  static constexpr tqp_state kTable = {sizeof kTable, 0,          &get,        &put,    &erase,
                                       &scan,         &scan_next, &scan_close, &commit, &rollback};
  return &kTable;
}

}  // namespace tq
