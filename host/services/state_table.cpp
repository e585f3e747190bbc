// SPDX-License-Identifier: Apache-2.0
// tqp.state/1 on top of StateService.
#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/state_service.hpp"

namespace tq {
namespace {

tqp_status done(const tqp_host_ctx* ctx, const Result<void>& result, tqp_error* error) {
  return result ? TQP_OK : report(ctx, result.error(), error);
}

bool is_open(const tqp_host_ctx& ctx, const tqp_scan* scan) {
  return ctx.state != nullptr && ctx.state->is_open(scan);
}

tqp_status get(tqp_host_ctx* ctx, tqp_str key, tqp_sink out, tqp_error* error) {
  return guarded_home("state.get", ctx, error, [&]() -> tqp_status {
    if (!all_given(key, out)) return null_argument(ctx, "state.get", error);
    const auto value = ctx->state->get(view(key));
    if (!value) return report(ctx, value.error(), error);
    if (!value->has_value()) return TQP_END;
    const std::string& bytes = **value;
    return bytes.empty() ? TQP_OK : out.put(out.ctx, bytes.data(), bytes.size());
  });
}

tqp_status put(tqp_host_ctx* ctx, tqp_str key, tqp_str value, tqp_error* error) {
  return guarded_home("state.put", ctx, error, [&]() -> tqp_status {
    if (!all_given(key, value)) return null_argument(ctx, "state.put", error);
    return done(ctx, ctx->state->put(view(key), view(value)), error);
  });
}

tqp_status erase(tqp_host_ctx* ctx, tqp_str key, tqp_error* error) {
  return guarded_home("state.erase", ctx, error, [&]() -> tqp_status {
    if (!given(key)) return null_argument(ctx, "state.erase", error);
    return done(ctx, ctx->state->erase(view(key)), error);
  });
}

tqp_status scan(tqp_host_ctx* ctx, tqp_str prefix, tqp_scan** out, tqp_error* error) {
  if (out != nullptr) *out = nullptr;
  return guarded_home("state.scan", ctx, error, [&]() -> tqp_status {
    if (!all_given(prefix, out)) return null_argument(ctx, "state.scan", error);
    *out = ctx->state->open_scan(ctx, view(prefix));
    return TQP_OK;
  });
}

tqp_status scan_next(tqp_scan* scan, tqp_str* key, tqp_str* value, tqp_error* error) {
  const auto open = [scan](const tqp_host_ctx& ctx) { return is_open(ctx, scan); };
  return guarded_handle("state.scan_next", scan, error, open, [&]() -> tqp_status {
    if (!all_given(key, value)) return null_argument(scan->host, "state.scan_next", error);
    const auto row = scan->host->state->next(*scan);
    if (!row) return report(scan->host, row.error(), error);
    if (*row == nullptr) return TQP_END;
    *key = borrow((*row)->key);
    *value = borrow((*row)->value);
    return TQP_OK;
  });
}

void scan_close(tqp_scan* scan) {
  guarded_void_handle(
      "state.scan_close", scan, [scan](const tqp_host_ctx& ctx) { return is_open(ctx, scan); },
      [scan] { scan->host->state->close_scan(*scan); });
}

tqp_status commit(tqp_host_ctx* ctx, tqp_error* error) {
  return guarded_home("state.commit", ctx, error, [&]() -> tqp_status {
    // What a plugin did before it broke the contract may be as wrong as what it did then.
    if (ctx->breach.noted()) {
      ctx->state->rollback();
      return answer(ctx->breach.error().in("state.commit"), error);
    }
    return done(ctx, ctx->state->commit(), error);
  });
}

void rollback(tqp_host_ctx* ctx) {
  guarded_void([&] {
    if (ctx == nullptr) {
      null_argument(HomeContext::of_thread(), "state.rollback", nullptr);
    } else if (!is_home(ctx)) {
      wrong_thread(ctx, "state.rollback", nullptr);
    } else {
      ctx->state->rollback();
    }
  });
}

}  // namespace

const tqp_state* state_table() {
  static constexpr tqp_state kTable = {sizeof kTable, 0,          &get,        &put,    &erase,
                                       &scan,         &scan_next, &scan_close, &commit, &rollback};
  return &kTable;
}

}  // namespace tq
