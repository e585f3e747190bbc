// SPDX-License-Identifier: Apache-2.0
// A scripted HttpClient and what else an HttpService stands on, for tests. The client may be used
// from any thread; a test's own thread is the instance's home thread.
#pragma once

#include <gtest/gtest.h>
#include <tqp/plugin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "core/world.hpp"
#include "net/http.hpp"
#include "services/host_ctx.hpp"
#include "services/http_service.hpp"
#include "services/run_service.hpp"

namespace tq {

struct Answer {
  int status = 200;
  Headers headers{};
  std::string body{};
  std::optional<Error> ends_with{};  // instead of the body's end
  std::optional<Error> failure{};    // instead of an answer
};

struct Sent {
  std::string method, url, body;
  Headers headers;  // with those of the auth entry, last attempt
  std::vector<Headers> attempts;
  bool idempotent = false, no_retry = false, effect = false, follow_redirects = true;
  uint64_t timeout_ms = 0, max_response_bytes = 0;
};

class FakeResponse : public HttpResponse {
 public:
  // Counts itself in `cut` when it ends under a cancel.
  FakeResponse(Answer answer, const Cancel& cancel, std::atomic<int>& cut)
      : answer_(std::move(answer)), cancel_(cancel), cut_(cut) {
    for (const auto& [name, value] : answer_.headers) {
      std::string& joined = headers_[to_lower(name)];
      joined += (joined.empty() ? "" : ", ") + value;
    }
  }
  ~FakeResponse() override {
    if (cancel_.cancelled()) ++cut_;
  }
  int status() const override { return answer_.status; }
  std::string_view header(std::string_view name) const override {
    const auto found = headers_.find(to_lower(name));
    return found == headers_.end() ? std::string_view() : std::string_view(found->second);
  }
  std::string_view header_at(std::string_view name, size_t index) const override {
    for (const auto& [key, value] : answer_.headers)
      if (equal_no_case(key, name) && index-- == 0) return value;
    return {};
  }
  int64_t date_ms() const override { return 0; }
  Result<size_t> read(char* out, size_t capacity) override {
    const size_t n = std::min(capacity, answer_.body.size() - at_);
    if (n == 0 && answer_.ends_with.has_value()) return *answer_.ends_with;
    answer_.body.copy(out, n, at_);
    at_ += n;
    return n;
  }

 private:
  Answer answer_;
  const Cancel& cancel_;
  std::atomic<int>& cut_;
  std::map<std::string, std::string> headers_;
  size_t at_ = 0;
};

class FakeClient : public HttpClient {
 public:
  static constexpr std::chrono::seconds kPatience{20};  // then the test fails instead of hanging

  // What a target is answered with; without, 200 and no body.
  std::map<std::string, Answer> answers;
  int attempts = 1;
  std::atomic<int> cut{0};                              // answers that ended under a cancel
  std::vector<std::pair<std::string, uint32_t>> rates;  // origin, requests a minute

  // Requests to the target stay unanswered until release().
  void hold(const std::string& target) {
    const std::lock_guard lock(mutex_);
    held_.insert(target);
  }
  void release(const std::string& target) {
    const std::lock_guard lock(mutex_);
    held_.erase(target);
    changed_.notify_all();
  }
  // Waits until so many requests have been begun, or ended by a cancel.
  void wait_begun(size_t n) {
    wait_until([&] { return begun_ >= n; }, "requests begun");
  }
  void wait_given_up(size_t n) {
    wait_until([&] { return given_up_ >= n; }, "requests given up");
  }

  std::vector<Sent> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }

  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request,
                                             const Cancel& cancel) override {
    TQ_ASSIGN(Sent seen, look_at(request));
    const OnCancel wake(cancel, [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    sent_.push_back(std::move(seen));
    ++begun_;
    most_at_once_ = std::max(most_at_once_, begun_ - ended_);
    changed_.notify_all();
    const std::string& target = request.url.target;
    changed_.wait(lock, [&] { return cancel.cancelled() || held_.count(target) == 0; });
    ++ended_;
    if (cancel.cancelled()) {
      ++given_up_;
      changed_.notify_all();
      return Error{Status::kCancelled, "given up"};
    }
    const auto found = answers.find(target);
    const Answer answer = found == answers.end() ? Answer() : found->second;
    if (answer.failure.has_value()) return *answer.failure;
    return std::unique_ptr<HttpResponse>(std::make_unique<FakeResponse>(answer, cancel, cut));
  }

  void limit_rate(const Origin& origin, uint32_t requests_per_minute) override {
    rates.emplace_back(origin.text(), requests_per_minute);
  }

 private:
  template <typename Condition>
  void wait_until(Condition condition, const char* what) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, condition)) ADD_FAILURE() << "too few " << what;
  }

  Result<Sent> look_at(const HttpRequest& request) const {
    Sent seen{request.method,
              request.url.text(),
              "",
              request.headers,
              {},
              request.idempotent,
              request.no_retry,
              request.effect,
              request.follow_redirects,
              request.timeout_ms,
              request.max_response_bytes};
    if (request.body != nullptr)
      TQ_TRY(request.body->read([&](std::string_view piece) -> Result<void> {
        seen.body += piece;
        return {};
      }));
    for (int i = 0; i < attempts; ++i) {
      seen.headers = request.headers;
      if (request.authorize)
        TQ_TRY(request.authorize(request.method, request.url, 1'700'000'000 + i, &seen.headers));
      seen.attempts.push_back(seen.headers);
    }
    return seen;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> held_;
  std::vector<Sent> sent_;
  size_t begun_ = 0, ended_ = 0, given_up_ = 0, most_at_once_ = 0;
};

class FakeBody : public WritableBody {
 public:
  uint64_t size() const override { return content_.size(); }
  Result<void> read(const std::function<Result<void>(std::string_view)>& take) const override {
    return take(content_);
  }
  Result<void> write(std::string_view bytes) override {
    content_ += bytes;
    return {};
  }
  Result<void> append(const WritableBody& other) override {
    return other.read([this](std::string_view piece) { return write(piece); });
  }

 private:
  std::string content_;
};

class FakePool : public BodyPool {
 public:
  std::shared_ptr<WritableBody> open() override { return std::make_shared<FakeBody>(); }
};

// Notes the crash points that it passes.
class PointWorld : public RealWorld {
 public:
  void reach(std::string_view point) override {
    const std::lock_guard lock(mutex_);
    points_.emplace_back(point);
  }
  std::vector<std::string> points() const {
    const std::lock_guard lock(mutex_);
    return points_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> points_;
};

class Effects : public RunListener {
 public:
  void progress(uint64_t, uint64_t, std::string_view) override {}
  void effect(std::string_view what) override { list.emplace_back(what); }
  void ready() override {}
  std::vector<std::string> list;
};

}  // namespace tq
