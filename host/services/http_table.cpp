// SPDX-License-Identifier: Apache-2.0
// tqp.http/1 on top of HttpService.
#include "services/guard.hpp"
#include "services/host_ctx.hpp"
#include "services/http_handles.hpp"
#include "services/http_service.hpp"

namespace tq {
namespace {

tqp_status done(const Result<void>& result, tqp_error* error) {
  return result.ok() ? TQP_OK : report(result.error(), error);
}

tqp_status null_argument(const char* function, tqp_error* error) {
  return fail_bug(function, "an argument is null", error);
}

// For what answers no status: null and calls from other threads do nothing.
template <typename Handle, typename Call>
void guarded_handle(const char* function, Handle* handle, Call&& call) {
  guarded_void([&] {
    if (handle == nullptr) return;
    if (is_home(handle->host)) {
      call();
    } else {
      handle->host->http->note_wrong_thread(function);
    }
  });
}

tqp_status body_open(tqp_host_ctx* ctx, tqp_http_body** out, tqp_error* error) {
  return guarded_home("http.body_open", ctx, error, [&]() -> tqp_status {
    if (out == nullptr) return null_argument("http.body_open", error);
    *out = nullptr;
    Result<tqp_http_body*> body = ctx->http->body_open();
    if (!body) return report(body.error(), error);
    (*body)->host = ctx;
    *out = *body;
    return TQP_OK;
  });
}

tqp_status body_write(tqp_http_body* body, const void* bytes, size_t n, tqp_error* error) {
  if (body == nullptr || (bytes == nullptr && n != 0))
    return null_argument("http.body_write", error);
  return guarded_home("http.body_write", body->host, error, [&]() -> tqp_status {
    const std::string_view text(static_cast<const char*>(bytes), n);
    return done(body->host->http->body_write(*body, text), error);
  });
}

tqp_status body_append(tqp_http_body* to, const tqp_http_body* from, tqp_error* error) {
  if (to == nullptr || from == nullptr) return null_argument("http.body_append", error);
  return guarded_home("http.body_append", to->host, error, [&]() -> tqp_status {
    return done(to->host->http->body_append(*to, from), error);
  });
}

uint64_t body_size(const tqp_http_body* body) {
  uint64_t size = 0;
  guarded_handle("http.body_size", body, [&] { size = body->content->size(); });
  return size;
}

void body_close(tqp_http_body* body) {
  guarded_handle("http.body_close", body, [&] { body->host->http->body_close(*body); });
}

tqp_status start(tqp_host_ctx* ctx, const tqp_http_request* request, tqp_http_call** out,
                 tqp_error* error) {
  return guarded_home("http.start", ctx, error, [&]() -> tqp_status {
    if (out == nullptr || request == nullptr) return null_argument("http.start", error);
    *out = nullptr;
    Result<tqp_http_call*> call = ctx->http->start(*request);
    if (!call) return report(call.error(), error);
    (*call)->host = ctx;
    *out = *call;
    return TQP_OK;
  });
}

tqp_status wait(tqp_host_ctx* ctx, tqp_http_call* const* calls, size_t n, uint64_t wait_ms,
                size_t* ready, tqp_error* error) {
  if (ready == nullptr) return null_argument("http.wait", error);
  *ready = n;
  return guarded_home("http.wait", ctx, error, [&]() -> tqp_status {
    return ctx->http->wait(calls, n, wait_ms, ready, error);
  });
}

int32_t status(const tqp_http_call* call) {
  int32_t code = 0;
  guarded_handle("http.status", call, [&] {
    if (const HttpResponse* const answer = call->answer()) code = answer->status();
  });
  return code;
}

tqp_str header(const tqp_http_call* call, tqp_str name) {
  tqp_str value{nullptr, 0};
  guarded_handle("http.header", call, [&] {
    if (const HttpResponse* const answer = call->answer())
      value = borrow(answer->header(view(name)));
  });
  return value;
}

tqp_status read(tqp_http_call* call, void* buffer, size_t capacity, size_t* got, tqp_error* error) {
  if (call == nullptr || got == nullptr) return null_argument("http.read", error);
  *got = 0;
  return guarded_home("http.read", call->host, error, [&]() -> tqp_status {
    const Result<size_t> n = call->host->http->read(*call, static_cast<char*>(buffer), capacity);
    if (!n) return report(n.error(), error);
    *got = *n;
    return *n == 0 ? TQP_END : TQP_OK;
  });
}

void close(tqp_http_call* call) {
  guarded_handle("http.close", call, [&] { call->host->http->close(*call); });
}

}  // namespace

const tqp_http* http_table() {
  static constexpr tqp_http kTable = {
      sizeof kTable, 0,     &body_open, &body_write, &body_append, &body_size, &body_close,
      &start,        &wait, &status,    &header,     &read,        &close};
  return &kTable;
}

}  // namespace tq
