// SPDX-License-Identifier: Apache-2.0
// A scripted HttpClient, a clock that only moves when told, and a log that remembers: what the
// tests of threatq/ stand on. FakeHttp may be called from any thread; its handler one call at a
// time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/log.hpp"
#include "net/http.hpp"
#include "threatq/client.hpp"

namespace tq {

struct Seen {
  std::string method, target, body;
  std::string authorization;
  Headers headers;
  bool idempotent = false;
};

struct Reply {
  int status = 200;
  std::string body{};
  Headers headers{};
  bool cut = false;              // the connection breaks behind the body
  bool hang = false;             // until cancelled
  std::optional<Error> error{};  // no answer at all
};

class FakeResponse : public HttpResponse {
 public:
  explicit FakeResponse(Reply reply) : reply_(std::move(reply)) {}
  int status() const override { return reply_.status; }
  std::string_view header(std::string_view name) const override {
    for (const auto& [key, value] : reply_.headers)
      if (key == name) return value;
    // As ThreatQ says of every answer that has a body.
    return name == "Content-Type" && !reply_.body.empty() ? "application/json" : std::string_view();
  }
  std::string_view header_at(std::string_view name, size_t index) const override {
    for (const auto& [key, value] : reply_.headers)
      if (key == name && index-- == 0) return value;
    return {};
  }
  int64_t date_ms() const override { return 0; }
  Result<size_t> read(char* out, size_t capacity) override {
    // In small pieces, so that whoever reads has to go on.
    const size_t count = std::min({capacity, reply_.body.size() - at_, size_t{1000}});
    if (count == 0 && reply_.cut) return Error{Status::kTransient, "the connection broke"};
    std::memcpy(out, reply_.body.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const Reply reply_;
  size_t at_ = 0;
};

class FakeHttp : public HttpClient {
 public:
  std::function<Reply(const Seen&)> handler;

  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request,
                                             const Cancel& cancel) override {
    if (cancel.cancelled()) return Error{Status::kCancelled, "stopped"};
    Seen seen{request.method, request.url.target, {}, {}, request.headers, request.idempotent};
    if (request.authorize) {
      auto allowed = request.authorize(request.method, request.url, 0, &seen.headers);
      if (!allowed) return std::move(allowed.error());
    }
    for (const auto& [name, value] : seen.headers)
      if (name == "Authorization") seen.authorization = value;
    if (request.body)
      (void)request.body->read([&](std::string_view piece) -> Result<void> {
        seen.body += piece;
        return {};
      });
    Reply reply;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(seen);
      reply = handler(seen);
    }
    if (reply.hang) {
      ++hanging;
      const bool stopped = cancel.wait_ms(20'000);
      --hanging;
      return Error{stopped ? Status::kCancelled : Status::kTransient, "nothing came"};
    }
    if (reply.error) return *reply.error;
    return std::unique_ptr<HttpResponse>(std::make_unique<FakeResponse>(std::move(reply)));
  }
  void limit_rate(const Origin&, uint32_t) override {}

  std::vector<Seen> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // Those whose target begins so.
  std::vector<Seen> requests(std::string_view prefix) const {
    std::vector<Seen> found;
    for (Seen& seen : requests())
      if (seen.target.rfind(prefix, 0) == 0) found.push_back(std::move(seen));
    return found;
  }

  std::atomic<int> hanging{0};

 private:
  mutable std::mutex mutex_;
  std::vector<Seen> requests_;
};

class FakeWorld : public World {
 public:
  int64_t now_ms() const override { return 1'700'000'000'000 + static_cast<int64_t>(mono_ms()); }
  uint64_t mono_ms() const override { return mono_ms_; }
  void random(void* out, size_t size) override { std::memset(out, 7, size); }
  bool sleep_ms(uint64_t milliseconds, const Cancel& cancel) override {
    mono_ms_ += milliseconds;
    slept_ms_ += milliseconds;
    return cancel.cancelled();
  }
  void pass_s(uint64_t seconds) { mono_ms_ += seconds * 1000; }
  uint64_t slept_ms() const { return slept_ms_; }

 private:
  std::atomic<uint64_t> mono_ms_{1000}, slept_ms_{0};
};

class FakeLog : public Log {
 public:
  bool enabled(Level) const override { return true; }
  void write(Level level, Event event, std::string_view text,
             std::span<const Field> fields) override {
    std::string line = std::to_string(static_cast<int>(level)) + " " +
                       std::string(event_name(event)) + " " + std::string(text);
    for (const Field& field : fields) line += " " + std::string(field.key) + "=" + field.value;
    const std::lock_guard lock(mutex_);
    text_ += line + "\n";
  }
  void flush() override {}
  Redactor& redactor() override { return redactor_; }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  Redactor redactor_;
};

inline ThreatqOptions password_options() {
  ThreatqOptions options;
  options.origin = {true, "tq.example", 443};
  options.client_id = "client id";
  options.username = "bob@example.com";
  options.password = Secret("pass\"word-1");
  return options;
}

inline ThreatqOptions pair_options() {
  ThreatqOptions options = password_options();
  options.oauth_id = "pairid";
  options.oauth_secret = Secret("pair-secret");
  return options;
}

}  // namespace tq
