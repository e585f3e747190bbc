// SPDX-License-Identifier: Apache-2.0
// What the tests of the client share: a world whose sleeps are recorded and over at once, a folder,
// a client, short ways to send.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/world.hpp"
#include "log/log.hpp"
#include "net/http.hpp"
#include "unit/net/scripted_server.hpp"

namespace tq::test {

// Real time, plus what was slept; jitter gives the bound itself.
class FakeWorld : public World {
 public:
  int64_t now_ms() const override { return real_.now_ms() + skew_ms_; }
  uint64_t mono_ms() const override { return real_.mono_ms() + static_cast<uint64_t>(slept_ms_); }
  void random(void* out, size_t size) override { real_.random(out, size); }
  bool sleep_ms(uint64_t milliseconds, const Cancel& cancel) override {
    if (cancel.cancelled()) return true;
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(milliseconds);
    skew_ms_ += static_cast<int64_t>(milliseconds);
    slept_ms_ += static_cast<int64_t>(milliseconds);
    return false;
  }

  void shift_clock(int64_t ms) { skew_ms_ += ms; }
  std::vector<uint64_t> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }

 private:
  RealWorld real_;
  mutable std::mutex mutex_;
  std::vector<uint64_t> sleeps_;
  std::atomic<int64_t> skew_ms_{0};
  std::atomic<int64_t> slept_ms_{0};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tq-net-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class ClientTest : public testing::Test {
 protected:
  // The client of the options as they are now.
  HttpClient& client() {
    if (client_ == nullptr) {
      auto made = HttpClient::create(options, world, *log);
      if (!made) throw std::runtime_error(made.error().message);
      client_ = made.take();
    }
    return *client_;
  }

  static HttpRequest request(const std::string& url, const std::string& method = "GET") {
    HttpRequest request;
    request.method = method;
    request.url = parse_url(url).take();
    request.timeout_ms = 5'000;
    return request;
  }

  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& what) {
    return client().send(what, cancel);
  }

  // "200 body", or "E_TRANSIENT message".
  std::string outcome(const HttpRequest& what) {
    auto response = send(what);
    if (!response) return text(response.error());
    auto body = (*response)->read_all(16 << 20);
    if (!body) return text(body.error());
    return std::to_string((*response)->status()) + " " + *body;
  }
  std::string get(const std::string& url) { return outcome(request(url)); }

  static std::string text(const Error& error) {
    return std::string(status_name(error.status)) + " " + error.message;
  }

  HttpOptions options;
  FakeWorld world;
  Cancel cancel;
  std::unique_ptr<Log> log = Log::null();
  TemporaryFolder folder;

 private:
  std::unique_ptr<HttpClient> client_;
};

}  // namespace tq::test
