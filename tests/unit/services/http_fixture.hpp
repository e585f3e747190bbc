// SPDX-License-Identifier: Apache-2.0
// HttpServiceTest: an instance with tqp.http/1 over a scripted client; the test is the plugin, its
// thread the home thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fake_http.hpp"

namespace tq {

inline constexpr const char* kBase = "https://api.example.com";

inline HttpServiceOptions options() {
  HttpServiceOptions out;
  out.manifest.connect = {"/api_fqdn", "/other"};
  out.manifest.auth["cbc"] = {
      "/api_fqdn", {{"X-Auth-Token", "{/secret}/{/api_id}:{unix_s}"}}, "", ""};
  out.manifest.rate = {{"/api_fqdn", "/per_minute"}};
  out.settings = {{"api_fqdn", "api.example.com"}, {"api_id", "ID1"}, {"per_minute", 150}};
  out.secrets.emplace("/secret", Secret("s3cret"));
  return out;
}

inline tqp_str str(std::string_view text) { return borrow(text); }

class HttpServiceTest : public testing::Test {
 protected:
  explicit HttpServiceTest(uint32_t flags = 0)
      : run({flags, 0, std::nullopt, "i", "r"}, world, stop, *log, effects) {
    open(options());
  }

  void open(HttpServiceOptions with) {
    auto made = HttpService::create(std::move(with), client, pool, run, *log);
    ASSERT_TRUE(made.ok()) << made.error().message;
    service = made.take();
    ctx.home = std::this_thread::get_id();
    ctx.http = service.get();
  }

  static tqp_http_request request(std::string_view method, std::string_view url,
                                  uint32_t flags = 0) {
    tqp_http_request raw{};
    raw.size = sizeof raw;
    raw.flags = flags;
    raw.method = str(method);
    raw.url = str(url);
    return raw;
  }

  tqp_status start(const tqp_http_request& raw, tqp_http_call** out) {
    error = {};
    error.size = sizeof error;
    return http->start(&ctx, &raw, out, &error);
  }
  tqp_http_call* get(const std::string& target) {
    const std::string url = kBase + target;
    tqp_http_call* call = nullptr;
    EXPECT_EQ(start(request("GET", url), &call), TQP_OK) << error.message;
    return call;
  }
  // The status of start() for what must be refused, with no call made.
  tqp_status refused(const tqp_http_request& raw) {
    auto* call = reinterpret_cast<tqp_http_call*>(this);
    const tqp_status status = start(raw, &call);
    EXPECT_EQ(call, nullptr);
    EXPECT_EQ(service->open_handles(), 0u);
    return status;
  }
  tqp_status wait(const std::vector<tqp_http_call*>& calls, uint64_t wait_ms = UINT64_MAX) {
    error = {};
    error.size = sizeof error;
    return http->wait(&ctx, calls.data(), calls.size(), wait_ms, &ready, &error);
  }
  tqp_status read(tqp_http_call* call, size_t capacity, std::string* out) {
    std::string buffer(capacity, '\0');
    size_t got = 77;
    error = {};
    error.size = sizeof error;
    const tqp_status status = http->read(call, buffer.data(), capacity, &got, &error);
    *out += buffer.substr(0, got);
    return status;
  }
  tqp_http_body* body(std::string_view text) {
    tqp_http_body* out = nullptr;
    EXPECT_EQ(http->body_open(&ctx, &out, nullptr), TQP_OK);
    EXPECT_EQ(http->body_write(out, text.data(), text.size(), nullptr), TQP_OK);
    return out;
  }

  FakeClient client;
  FakePool pool;
  PointWorld world;
  Cancel stop;
  std::unique_ptr<Log> log = Log::null();
  Effects effects;
  RunService run;
  std::unique_ptr<HttpService> service;
  tqp_host_ctx ctx{};
  HomeContext home{&ctx};
  const tqp_http* http = http_table();
  tqp_error error = [] {
    tqp_error empty{};
    empty.size = sizeof empty;
    return empty;
  }();
  size_t ready = 99;
};

}  // namespace tq
