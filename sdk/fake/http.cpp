// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "world.hpp"

namespace tqp::fake {
namespace {

struct Body final : Handle {
  explicit Body(World* in_world) : Handle(in_world, "body") {}
  void release() override { std::string().swap(content); }

  std::string content;
  bool frozen = false;
};

struct Call final : Handle {
  explicit Call(World* in_world) : Handle(in_world, "call") {}
  void release() override {
    answer = {};
    given.clear();
  }

  Answer answer;
  std::set<std::string> given;  // header texts that the plugin holds until close
  uint64_t ready_at_ms = 0, max_response_bytes = 0;
  size_t read = 0;
  bool reported = false;
};

tqp_status body_open(tqp_host_ctx* ctx, tqp_http_body** out, tqp_error* error) {
  World& world = World::of(ctx);
  if (out != nullptr) *out = nullptr;
  if (const auto refused = world.refuse("http.body_open", error)) return *refused;
  if (out == nullptr) return world.null_argument("http.body_open", error);
  *out = reinterpret_cast<tqp_http_body*>(world.keep(std::make_unique<Body>(&world)));
  return TQP_OK;
}

tqp_status body_write(tqp_http_body* opaque, const void* bytes, size_t n, tqp_error* error) {
  Body* const body = needed_handle<Body>(opaque, "http.body_write");
  if (body == nullptr) return TQP_E_BUG;
  if (const auto refused = body->world->refuse("http.body_write", error)) return *refused;
  if (bytes == nullptr && n != 0) return body->world->null_argument("http.body_write", error);
  if (body->frozen) return body->world->bug(error, "http.body_write: the body is already in use");
  if (n != 0) body->content.append(static_cast<const char*>(bytes), n);
  return TQP_OK;
}

tqp_status body_append(tqp_http_body* to, const tqp_http_body* from, tqp_error* error) {
  Body* const body = needed_handle<Body>(to, "http.body_append");
  Body* const other = needed_handle<Body>(from, "http.body_append");
  if (body == nullptr || other == nullptr) return TQP_E_BUG;
  World& world = *body->world;
  if (const auto refused = world.refuse("http.body_append", error)) return *refused;
  if (body == other) return world.bug(error, "http.body_append: a body onto itself");
  if (body->frozen) return world.bug(error, "http.body_append: the body is already in use");
  other->frozen = true;
  body->content += other->content;
  return TQP_OK;
}

uint64_t body_size(const tqp_http_body* opaque) {
  const Body* const body = handle_of<Body>(opaque, "http.body_size");
  return body == nullptr ? 0 : body->content.size();
}

void body_close(tqp_http_body* opaque) { close_handle<Body>(opaque, "http.body_close"); }

// What the scripted remote says.
Answer ask(World& world, const Sent& request) {
  for (World::Route& route : world.routes) {
    if (route.left == 0 || (route.method != "*" && route.method != request.method)) continue;
    if (!std::regex_search(request.url, route.url)) continue;
    if (route.left != kNever) --route.left;
    return route.respond(request);
  }
  const std::string what = "no answer is set up for " + request.method + " " + request.url;
  world.violation(what);
  Answer answer;
  answer.failure = Error{TQP_E_TRANSIENT, what};
  return answer;
}

// A pointer is null only where there is nothing to point to.
bool all_given_in(const tqp_http_request& raw) {
  if (!all_given(raw.method, raw.url, raw.auth, raw.small_body) ||
      (raw.headers == nullptr && raw.header_count != 0))
    return false;
  return std::all_of(raw.headers, raw.headers + raw.header_count,
                     [](const tqp_kv& header) { return all_given(header.key, header.value); });
}

std::optional<Error> refusal(World& world, const tqp_http_request* raw, const Sent& request) {
  constexpr uint32_t kKnown =
      TQP_HTTP_EFFECT | TQP_HTTP_IDEMPOTENT | TQP_HTTP_NO_RETRY | TQP_HTTP_NO_REDIRECT;
  if ((raw->flags & ~kKnown) != 0) return Error{TQP_E_UNSUPPORTED, "http.start: unknown flag bits"};
  const bool safe = request.method == "GET" || request.method == "HEAD";
  if (!safe && (raw->flags & TQP_HTTP_EFFECT) == 0) {
    return Error{TQP_E_BUG, "http.start: " + request.method + " without TQP_HTTP_EFFECT"};
  }
  if (request.url.find("://") == std::string::npos) {
    return Error{TQP_E_BUG, "http.start: \"" + request.url + "\" is not an absolute URL"};
  }
  return refused_by_manifest(world, request);
}

tqp_status start(tqp_host_ctx* ctx, const tqp_http_request* raw, tqp_http_call** out,
                 tqp_error* error) {
  World& world = World::of(ctx);
  if (out != nullptr) *out = nullptr;
  if (const auto refused = world.refuse("http.start", error)) return *refused;
  if (!all_given(out, raw)) return world.null_argument("http.start", error);
  if (!TQP_REACHES(raw, max_response_bytes))
    return world.bug(error, "http.start: size is too small");
  if (!all_given_in(*raw)) return world.null_argument("http.start", error);
  Sent request;
  request.method = to_view(raw->method);
  request.url = to_view(raw->url);
  request.auth = to_view(raw->auth);
  request.flags = raw->flags;
  request.timeout_ms = raw->timeout_ms;
  request.max_response_bytes = raw->max_response_bytes;
  request.body = to_view(raw->small_body);
  for (size_t i = 0; i < raw->header_count; ++i) {
    request.headers.emplace_back(to_view(raw->headers[i].key), to_view(raw->headers[i].value));
  }
  if (raw->body != nullptr) {
    Body* const body = handle_of<Body>(raw->body, "http.start");
    if (body == nullptr) return TQP_E_BUG;
    body->frozen = true;
    request.body = body->content;
  }
  if (const auto refused = refusal(world, raw, request)) {
    if (refused->status == TQP_E_BUG) world.broken(refused->message);
    return world.fail(error, *refused);
  }
  const bool effect = (raw->flags & TQP_HTTP_EFFECT) != 0;
  if (effect && world.is_broken())
    return world.fail(error, {TQP_E_BUG, "http.start: the contract was broken: " + *world.breach});
  if (world.poll()) return world.fail(error, {TQP_CANCELLED, "stop was asked for"});

  if (effect && world.effects_off()) {
    request.skipped = true;
    world.seen().requests.push_back(request);
    return world.fail(error, {TQP_SKIPPED, "not sent in a dry run or check"});
  }
  if (effect && world.point()) return world.crashed(error);
  world.seen().requests.push_back(request);
  auto call = std::make_unique<Call>(&world);
  call->answer = at_the_end(world, std::move(request), ask);
  call->ready_at_ms = world.mono_ms + call->answer.after_ms;
  call->max_response_bytes = raw->max_response_bytes == 0 ? UINT64_MAX : raw->max_response_bytes;
  if (effect && world.point()) return world.crashed(error);
  *out = reinterpret_cast<tqp_http_call*>(world.keep(std::move(call)));
  return TQP_OK;
}

tqp_status wait(tqp_host_ctx* ctx, tqp_http_call* const* calls, size_t n, uint64_t wait_ms,
                size_t* ready, tqp_error* error) {
  World& world = World::of(ctx);
  if (ready != nullptr) *ready = n;
  if (const auto refused = world.refuse("http.wait", error)) return *refused;
  if (ready == nullptr) return world.null_argument("http.wait", error);
  if (n == 0 || calls == nullptr) return world.bug(error, "http.wait: no call to wait for");
  Call* first = nullptr;
  size_t index = n;
  for (size_t i = 0; i < n; ++i) {
    Call* const call = handle_of<Call>(calls[i], "http.wait");
    if (call == nullptr) return world.bug(error, "http.wait: a call is null or closed");
    if (first != nullptr && call->ready_at_ms >= first->ready_at_ms) continue;
    first = call;
    index = i;
  }
  if (world.poll()) return world.fail(error, {TQP_CANCELLED, "stop was asked for"});
  if (first->ready_at_ms > world.mono_ms) {
    const uint64_t needed = first->ready_at_ms - world.mono_ms;
    world.pass(std::min(needed, wait_ms));
    if (needed > wait_ms) return world.fail(error, {TQP_AGAIN, "no answer within the time"});
  }
  *ready = index;
  first->reported = true;
  return first->answer.failure.has_value() ? world.fail(error, *first->answer.failure) : TQP_OK;
}

int32_t status(const tqp_http_call* opaque) {
  const Call* const call = handle_of<Call>(opaque, "http.status");
  return call == nullptr || !call->reported || call->answer.failure ? 0 : call->answer.status;
}

tqp_str header(const tqp_http_call* opaque, tqp_str name) {
  Call* const call = handle_of<Call>(opaque, "http.header");
  if (call == nullptr || !call->reported) return {nullptr, 0};
  if (!given(name)) call->world->null_argument("http.header", nullptr);
  if (!given(name)) return {nullptr, 0};
  const auto& headers = call->answer.headers;
  std::string joined;
  bool present = false;
  for (const auto& [key, value] : headers) {
    if (!same_letters(key, to_view(name))) continue;
    joined += (std::exchange(present, true) ? ", " : "") + value;
  }
  if (!present) return {nullptr, 0};
  return to_str(*call->given.emplace(joined).first);
}

tqp_str header_at(const tqp_http_call* opaque, tqp_str name, uint32_t index) {
  Call* const call = handle_of<Call>(opaque, "http.header_at");
  if (call == nullptr || !call->reported) return {nullptr, 0};
  if (!given(name)) call->world->null_argument("http.header_at", nullptr);
  if (!given(name)) return {nullptr, 0};
  for (const auto& [key, value] : call->answer.headers)
    if (same_letters(key, to_view(name)) && index-- == 0)
      return to_str(*call->given.emplace(value).first);
  return {nullptr, 0};
}

tqp_status read(tqp_http_call* opaque, void* buffer, size_t capacity, size_t* got,
                tqp_error* error) {
  Call* const call = needed_handle<Call>(opaque, "http.read");
  if (got != nullptr) *got = 0;
  if (call == nullptr) return TQP_E_BUG;
  World& world = *call->world;
  if (const auto refused = world.refuse("http.read", error)) return *refused;
  if (!all_given(buffer, got)) return world.null_argument("http.read", error);
  if (!call->reported) return world.bug(error, "http.read: before wait has reported the call");
  if (capacity == 0) return world.bug(error, "http.read: a buffer of no bytes");
  if (call->answer.failure.has_value()) return world.fail(error, *call->answer.failure);
  if (world.poll()) return world.fail(error, {TQP_CANCELLED, "stop was asked for"});
  const std::string& body = call->answer.body;
  const size_t n = std::min({capacity, world.setup().read_piece_bytes, body.size() - call->read});
  if (n == 0 && call->answer.cut) {
    return world.fail(error, {TQP_E_TRANSIENT,
                              "the body was cut after " + std::to_string(body.size()) + " bytes"});
  }
  if (n == 0) return TQP_END;
  if (call->read + n > call->max_response_bytes) {
    return world.fail(error, {TQP_E_DATA, "the answer is longer than max_response_bytes"});
  }
  std::memcpy(buffer, body.data() + call->read, n);
  call->read += n;
  *got = n;
  return TQP_OK;
}

void close(tqp_http_call* opaque) { close_handle<Call>(opaque, "http.close"); }

}  // namespace

const tqp_http* http_table() {
  static constexpr tqp_http kTable = {
      sizeof kTable, 0,     &body_open, &body_write, &body_append, &body_size, &body_close,
      &start,        &wait, &status,    &header,     &read,        &close,     &header_at};
  return &kTable;
}

}  // namespace tqp::fake
