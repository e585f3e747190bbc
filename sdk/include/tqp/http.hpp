// SPDX-License-Identifier: Apache-2.0
// Http: requests through the host, one at a time with send() or several in flight with start() and
// wait(). Home thread. Body and Call own their handles and must end before the instance does.
#pragma once

#include <tqp/host.hpp>

namespace tqp {

// What is sent: written once, length known, kept by the host.
class Body {
 public:
  Body(const tqp_http* table, tqp_http_body* body) : table_(table), body_(body) {}
  Body(Body&& other) noexcept : table_(other.table_), body_(std::exchange(other.body_, nullptr)) {}
  Body& operator=(Body&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(body_, other.body_);
    return *this;
  }
  ~Body() { table_->body_close(body_); }

  Result<void> write(std::string_view bytes) {
    Fault fault;
    return fault.done(table_->body_write(body_, bytes.data(), bytes.size(), fault.raw()));
  }
  // The whole content of `from`, without a copy where the host can; `from` may end afterwards.
  Result<void> append(const Body& from) {
    Fault fault;
    return fault.done(table_->body_append(body_, from.body_, fault.raw()));
  }
  uint64_t size() const { return table_->body_size(body_); }
  tqp_http_body* raw() const { return body_; }

 private:
  const tqp_http* table_;
  tqp_http_body* body_;
};

class Request {
 public:
  Request(std::string method, std::string url) : method_(std::move(method)), url_(std::move(url)) {}
  static Request get(std::string url) { return {"GET", std::move(url)}; }
  // The others change something at the remote: they carry the EFFECT flag.
  static Request post(std::string url) { return Request("POST", std::move(url)).effect(); }
  static Request put(std::string url) {
    return Request("PUT", std::move(url)).effect().idempotent();
  }
  static Request del(std::string url) {
    return Request("DELETE", std::move(url)).effect().idempotent();
  }

  Request& effect() & { return flag(TQP_HTTP_EFFECT); }
  Request& idempotent() & { return flag(TQP_HTTP_IDEMPOTENT); }
  Request& no_retry() & { return flag(TQP_HTTP_NO_RETRY); }
  Request& no_redirect() & { return flag(TQP_HTTP_NO_REDIRECT); }
  Request& auth(std::string entry) & { return set(auth_, std::move(entry)); }
  Request& timeout_ms(uint64_t ms) & { return set(timeout_ms_, ms); }
  Request& max_response_bytes(uint64_t n) & { return set(max_response_bytes_, n); }
  Request& header(std::string key, std::string value) & {
    headers_.emplace_back(std::move(key), std::move(value));
    return *this;
  }
  Request& text(std::string body) & { return set(text_, std::move(body)); }
  Request& body(const Body& body) & { return set(body_, body.raw()); }  // open until start()

  // The same on a temporary: http.send(Request::get(url).auth("x").header("Accept", "text/plain")).
  Request&& effect() && { return std::move(effect()); }
  Request&& idempotent() && { return std::move(idempotent()); }
  Request&& no_retry() && { return std::move(no_retry()); }
  Request&& no_redirect() && { return std::move(no_redirect()); }
  Request&& auth(std::string entry) && { return std::move(auth(std::move(entry))); }
  Request&& timeout_ms(uint64_t ms) && { return std::move(timeout_ms(ms)); }
  Request&& max_response_bytes(uint64_t n) && { return std::move(max_response_bytes(n)); }
  Request&& header(std::string key, std::string value) && {
    return std::move(header(std::move(key), std::move(value)));
  }
  Request&& text(std::string body) && { return std::move(text(std::move(body))); }
  Request&& body(const Body& body) && { return std::move(this->body(body)); }

  const std::string& method() const { return method_; }
  const std::string& url() const { return url_; }

 private:
  friend class Http;
  Request& flag(uint32_t bit) {
    flags_ |= bit;
    return *this;
  }
  template <typename T>
  Request& set(T& member, T value) {
    member = std::move(value);
    return *this;
  }

  std::string method_, url_, auth_{}, text_{};
  std::vector<std::pair<std::string, std::string>> headers_{};
  tqp_http_body* body_ = nullptr;
  uint32_t flags_ = 0;
  uint64_t timeout_ms_ = 0, max_response_bytes_ = 0;
};

// A request in flight, then its answer. Ends the request when it ends itself.
class Call {
 public:
  Call(const tqp_http* table, tqp_http_call* call) : table_(table), call_(call) {}
  Call(Call&& other) noexcept : table_(other.table_), call_(std::exchange(other.call_, nullptr)) {}
  Call& operator=(Call&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(call_, other.call_);
    return *this;
  }
  ~Call() { table_->close(call_); }

  int32_t status() const { return table_->status(call_); }  // 0: not answered
  bool success() const { return status() >= 200 && status() < 300; }
  std::string_view header(std::string_view name) const {  // lives as long as the call
    return to_view(table_->header(call_, to_str(name)));
  }
  // One of several of a name, from 0; null data when there are not so many. A host of before this
  // call knows only what header() gives.
  std::string_view header_at(std::string_view name, uint32_t index) const {
    if (TQP_HAS(table_, header_at)) return to_view(table_->header_at(call_, to_str(name), index));
    return index == 0 ? header(name) : std::string_view();
  }
  // Bytes read, at most `capacity`; 0 only at the end of a whole body.
  Result<size_t> read(char* buffer, size_t capacity) {
    Fault fault;
    size_t got = 0;
    const tqp_status status = table_->read(call_, buffer, capacity, &got, fault.raw());
    if (status == TQP_END) return size_t{0};
    if (status != TQP_OK) return fault.as(status);
    return got;
  }
  // The rest of the body; E_DATA when it is longer than `limit` bytes.
  Result<std::string> text(size_t limit) {
    std::string out;
    std::array<char, 16 * 1024> buffer;
    for (;;) {
      TQP_ASSIGN(const size_t n, read(buffer.data(), buffer.size()));
      if (n == 0) return out;
      if (n > limit - out.size()) {
        return Error{TQP_E_DATA, "the answer is longer than " + std::to_string(limit) + " bytes"};
      }
      out.append(buffer.data(), n);
    }
  }
  tqp_http_call* raw() const { return call_; }

 private:
  const tqp_http* table_;
  tqp_http_call* call_;
};

class Http {
 public:
  Http() = default;
  Http(tqp_host_ctx* ctx, const tqp_http* table) : ctx_(ctx), table_(table) {}
  explicit operator bool() const { return table_ != nullptr; }

  Result<Body> body() const {
    Fault fault;
    tqp_http_body* body = nullptr;
    if (table_ == nullptr) return not_served(TQP_HTTP);
    const tqp_status status = table_->body_open(ctx_, &body, fault.raw());
    if (status != TQP_OK) return fault.as(status);
    return Body(table_, body);
  }

  // Begins the request. An effect in a dry run or a check fails with TQP_SKIPPED
  // (error().skipped()).
  Result<Call> start(const Request& request) const {
    if (table_ == nullptr) return not_served(TQP_HTTP);
    std::vector<tqp_kv> headers;
    headers.reserve(request.headers_.size());
    for (const auto& [key, value] : request.headers_)
      headers.push_back({to_str(key), to_str(value)});
    tqp_http_request raw{};
    raw.size = sizeof raw;
    raw.flags = request.flags_;
    raw.method = to_str(request.method_);
    raw.url = to_str(request.url_);
    raw.auth = to_str(request.auth_);
    raw.headers = headers.empty() ? nullptr : headers.data();
    raw.header_count = headers.size();
    raw.small_body = to_str(request.text_);
    raw.body = request.body_;
    raw.timeout_ms = request.timeout_ms_;
    raw.max_response_bytes = request.max_response_bytes_;
    Fault fault;
    tqp_http_call* call = nullptr;
    const tqp_status status = table_->start(ctx_, &raw, &call, fault.raw());
    if (status != TQP_OK) return fault.as(status);
    return Call(table_, call);
  }

  // One of several calls: which one, and how it ended. Fails itself with TQP_AGAIN when the time is
  // over, with TQP_CANCELLED on stop.
  struct Ready {
    size_t index;
    Result<void> answered;
  };
  Result<Ready> wait(const std::vector<Call>& calls, uint64_t wait_ms = UINT64_MAX) const {
    std::vector<tqp_http_call*> raw;
    raw.reserve(calls.size());
    for (const Call& call : calls) raw.push_back(call.raw());
    return wait(raw.data(), raw.size(), wait_ms);
  }
  Result<Ready> wait(tqp_http_call* const* calls, size_t n, uint64_t wait_ms) const {
    Fault fault;
    size_t ready = n;
    const tqp_status status = table_->wait(ctx_, calls, n, wait_ms, &ready, fault.raw());
    if (status == TQP_OK) return Ready{ready, {}};
    if (status == TQP_AGAIN || ready >= n) return fault.as(status);
    return Ready{ready, fault.as(status)};
  }

  // Sends and waits for the head of the answer, whatever its status code.
  Result<Call> send(const Request& request) const {
    TQP_ASSIGN(Call call, start(request));
    tqp_http_call* const raw = call.raw();
    TQP_ASSIGN(Ready ready, wait(&raw, 1, UINT64_MAX));
    TQP_TRY(std::move(ready.answered));
    return call;
  }

 private:
  tqp_host_ctx* ctx_ = nullptr;
  const tqp_http* table_ = nullptr;
};

}  // namespace tqp
