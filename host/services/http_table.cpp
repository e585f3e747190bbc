// SPDX-License-Identifier: Apache-2.0
// tqp.http/1 on top of HttpService.
#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/http_handles.hpp"
#include "services/http_service.hpp"

namespace tq {
namespace {

bool has_effect(const tqp_http_request* request) {
  return TQP_REACHES(request, flags) && (request->flags & TQP_HTTP_EFFECT) != 0;
}

tqp_status done(const tqp_host_ctx* ctx, const Result<void>& result, tqp_error* error) {
  return result.ok() ? TQP_OK : report(ctx, result.error(), error);
}

// Of a body or a call, for the checks of guarded_handle().
template <typename Handle>
auto open_in_host(const Handle* handle) {
  return [handle](const tqp_host_ctx& ctx) {
    return ctx.http != nullptr && ctx.http->is_open(handle);
  };
}

// For what answers no status: null and calls from other threads do nothing.
template <typename Handle, typename Call>
void guarded_value(const char* function, Handle* handle, Call&& call) {
  guarded_void_handle(function, handle, open_in_host(handle), call);
}

tqp_status body_open(tqp_host_ctx* ctx, tqp_http_body** out, tqp_error* error) {
  if (out != nullptr) *out = nullptr;
  return guarded_home("http.body_open", ctx, error, [&]() -> tqp_status {
    if (out == nullptr) return null_argument(ctx, "http.body_open", error);
    Result<tqp_http_body*> body = ctx->http->body_open();
    if (!body) return report(ctx, body.error(), error);
    (*body)->host = ctx;
    *out = *body;
    return TQP_OK;
  });
}

tqp_status body_write(tqp_http_body* body, const void* bytes, size_t n, tqp_error* error) {
  return guarded_handle("http.body_write", body, error, open_in_host(body), [&]() -> tqp_status {
    if (bytes == nullptr && n != 0) return null_argument(body->host, "http.body_write", error);
    const std::string_view text(static_cast<const char*>(bytes), n);
    return done(body->host, body->host->http->body_write(*body, text), error);
  });
}

tqp_status body_append(tqp_http_body* to, const tqp_http_body* from, tqp_error* error) {
  return guarded_handle("http.body_append", to, error, open_in_host(to), [&]() -> tqp_status {
    if (from == nullptr) return null_argument(to->host, "http.body_append", error);
    return done(to->host, to->host->http->body_append(*to, from), error);
  });
}

uint64_t body_size(const tqp_http_body* body) {
  uint64_t size = 0;
  guarded_value("http.body_size", body, [&] { size = body->content->size(); });
  return size;
}

void body_close(tqp_http_body* body) {
  guarded_value("http.body_close", body, [&] { body->host->http->body_close(*body); });
}

tqp_status start(tqp_host_ctx* ctx, const tqp_http_request* request, tqp_http_call** out,
                 tqp_error* error) {
  if (out != nullptr) *out = nullptr;
  return guarded_home("http.start", ctx, error, [&]() -> tqp_status {
    if (!all_given(out, request)) return null_argument(ctx, "http.start", error);
    Result<tqp_http_call*> call = ctx->breach.noted() && has_effect(request)
                                      ? ctx->breach.error().in("http.start")
                                      : ctx->http->start(*request);
    if (!call) return report(ctx, call.error(), error);
    (*call)->host = ctx;
    *out = *call;
    return TQP_OK;
  });
}

tqp_status wait(tqp_host_ctx* ctx, tqp_http_call* const* calls, size_t n, uint64_t wait_ms,
                size_t* ready, tqp_error* error) {
  if (ready != nullptr) *ready = n;
  return guarded_home("http.wait", ctx, error, [&]() -> tqp_status {
    if (ready == nullptr) return null_argument(ctx, "http.wait", error);
    const Result<size_t> over = ctx->http->wait({calls, calls == nullptr ? 0 : n}, wait_ms);
    if (!over) return report(ctx, over.error(), error);
    *ready = *over;
    const std::optional<Error> failure = ctx->http->failure(*calls[*over]);
    return failure ? answer(*failure, error) : TQP_OK;
  });
}

int32_t status(const tqp_http_call* call) {
  int32_t code = 0;
  guarded_value("http.status", call, [&] {
    if (const HttpResponse* const answer = call->answer()) code = answer->status();
  });
  return code;
}

tqp_str header(const tqp_http_call* call, tqp_str name) {
  tqp_str value{nullptr, 0};
  guarded_value("http.header", call, [&] {
    if (!given(name)) {
      null_argument(call->host, "http.header", nullptr);
    } else if (const HttpResponse* const answer = call->answer()) {
      value = borrow(answer->header(view(name)));
    }
  });
  return value;
}

tqp_str header_at(const tqp_http_call* call, tqp_str name, uint32_t index) {
  tqp_str value{nullptr, 0};
  guarded_value("http.header_at", call, [&] {
    if (!given(name)) {
      null_argument(call->host, "http.header_at", nullptr);
    } else if (const HttpResponse* const answer = call->answer()) {
      value = borrow(answer->header_at(view(name), index));
    }
  });
  return value;
}

tqp_status read(tqp_http_call* call, void* buffer, size_t capacity, size_t* got, tqp_error* error) {
  if (got != nullptr) *got = 0;
  return guarded_handle("http.read", call, error, open_in_host(call), [&]() -> tqp_status {
    if (got == nullptr) return null_argument(call->host, "http.read", error);
    const Result<size_t> n = call->host->http->read(*call, static_cast<char*>(buffer), capacity);
    if (!n) return report(call->host, n.error(), error);
    *got = *n;
    return *n == 0 ? TQP_END : TQP_OK;
  });
}

void close(tqp_http_call* call) {
  guarded_value("http.close", call, [&] { call->host->http->close(*call); });
}

}  // namespace

const tqp_http* http_table() {
  static constexpr tqp_http kTable = {
      sizeof kTable, 0,     &body_open, &body_write, &body_append, &body_size, &body_close,
      &start,        &wait, &status,    &header,     &read,        &close,     &header_at};
  return &kTable;
}

}  // namespace tq
