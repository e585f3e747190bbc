// SPDX-License-Identifier: Apache-2.0
// The parts that need no connection: heads, times, redirects, retries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/exchange.hpp"
#include "net/head.hpp"
#include "net/redirect.hpp"
#include "net/retry.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

TEST(Head, IsParsed) {
  auto head = parse_head(
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nx-long: one\r\n\ttwo\r\n"
      "Connection: Upgrade, CLOSE\r\nEmpty:\r\n");
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->status, 404);
  EXPECT_EQ(head->reason, "Not Found");
  EXPECT_EQ(head->get("content-type"), "text/plain");
  EXPECT_EQ(head->get("X-Long"), "one two");
  EXPECT_FALSE(head->keep_alive());
  EXPECT_TRUE(parse_head("HTTP/1.1 200\n")->keep_alive());
  EXPECT_FALSE(parse_head("HTTP/1.0 200 OK\r\n")->keep_alive());
  EXPECT_TRUE(parse_head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n")->keep_alive());
  for (const char* bad : {"", "HTTP/1.1", "HTTP/2 200", "HTTP/1.1 2000", "HTTP/1.1 abc", "<html>",
                          "HTTP/1.1 200 OK\r\nno colon\r\n", "HTTP/1.1 200 OK\r\n: x\r\n",
                          "HTTP/1.1 200 OK\r\n folded\r\n"})
    EXPECT_FALSE(parse_head(bad)) << bad;
}

std::string resolve(const char* reference) {
  auto url = resolve_reference(*parse_url("https://a.example/b/c/d?q"), reference);
  return url ? url->text() : "refused";
}

TEST(Redirect, ResolvesReferences) {
  EXPECT_EQ(resolve("https://x.example/y#z"), "https://x.example/y");
  EXPECT_EQ(resolve("//x.example/y"), "https://x.example/y");
  EXPECT_EQ(resolve("/y"), "https://a.example/y");
  EXPECT_EQ(resolve("y"), "https://a.example/b/c/y");
  EXPECT_EQ(resolve("./y/"), "https://a.example/b/c/y/");
  EXPECT_EQ(resolve("../y"), "https://a.example/b/y");
  EXPECT_EQ(resolve("../../../y"), "https://a.example/y");
  EXPECT_EQ(resolve(".."), "https://a.example/b/");
  EXPECT_EQ(resolve("?r"), "https://a.example/b/c/d?r");
  EXPECT_EQ(resolve("/a b"), "https://a.example/a%20b");
  EXPECT_EQ(resolve("y?u=http://z"), "https://a.example/b/c/y?u=http://z");
  EXPECT_EQ(resolve("ftp://x.example/"), "refused");
  EXPECT_EQ(resolve("https://b\u00fccher.example/\u00fc"), "https://xn--bcher-kva.example/%C3%BC");
  EXPECT_EQ(resolve("//b\u00fccher.example?\u00fc"), "https://xn--bcher-kva.example/?%C3%BC");
  EXPECT_EQ(resolve("https://a b/"), "refused");
}

std::string redirected(const HttpRequest& request, int status, const char* location) {
  auto next = redirect(request, request.url, status, location);
  if (!next) return "refused: " + next.error().message;
  return *next ? (**next).text() : "answer";
}

TEST(Redirect, FollowsWhatIsHarmless) {
  HttpRequest request;
  request.url = *parse_url("https://a.example/");
  for (const int status : {301, 302, 303, 307, 308})
    EXPECT_EQ(redirected(request, status, "/x"), "https://a.example/x");
  EXPECT_EQ(redirected(request, 302, ""), "answer");
  EXPECT_EQ(redirected(request, 304, "/x"), "answer");
  EXPECT_THAT(redirected(request, 302, "http://a.example/"), HasSubstr("not encrypted"));
  request.method = "POST";
  EXPECT_EQ(redirected(request, 302, "/x"), "answer");
  EXPECT_EQ(redirected(request, 307, "/x"), "answer");
  request.idempotent = true;
  EXPECT_EQ(redirected(request, 302, "/x"), "answer");
  EXPECT_EQ(redirected(request, 307, "/x"), "https://a.example/x");
  request.follow_redirects = false;
  for (const int status : {301, 302, 303, 307, 308})
    EXPECT_EQ(redirected(request, status, "/x"), "answer");
  request.method = "GET";
  EXPECT_EQ(redirected(request, 302, "http://a.example/"), "answer") << "and not an error";
  request.method = "POST";
  request.follow_redirects = true;
  request.body = text_body("secret");
  EXPECT_EQ(redirected(request, 308, "/x"), "https://a.example/x");
  EXPECT_THAT(redirected(request, 308, "https://b.example/"), HasSubstr("set it as the host"));
}

TEST(Retry, BacksOffWithFullJitterUpToItsBounds) {
  RealWorld world;
  HttpOptions options;
  options.max_attempts = 12;
  options.max_backoff_ms = 4'000;
  const HttpRequest request;
  Retry retry(request, options, world);
  uint64_t bound = 500;
  for (uint32_t attempt = 1; attempt < 12; ++attempt) {
    ASSERT_EQ(retry.attempt(), attempt);
    const auto wait_ms = retry.after_answer(502, std::nullopt);
    ASSERT_TRUE(wait_ms);
    EXPECT_LE(*wait_ms, std::min<uint64_t>(bound, 4'000));
    bound *= 2;
  }
  EXPECT_FALSE(retry.after_answer(502, std::nullopt));
}

TEST(Request, CannotSmuggleAnything) {
  HttpRequest request;
  EXPECT_TRUE(check_request(request));
  request.method = "GET / HTTP/1.1\r\nX:";
  EXPECT_EQ(check_request(request).error().status, Status::kBug);
  request.method = "GET";
  for (const auto& header : Headers{{"X", "a\r\nY: b"},
                                    {"X y", "a"},
                                    {"", "a"},
                                    {"X", "a\nb"},
                                    {"content-length", "5"},
                                    {"Transfer-Encoding", "chunked"}}) {
    request.headers = {header};
    EXPECT_EQ(check_request(request).error().status, Status::kBug) << header.first;
  }
}

}  // namespace
}  // namespace tq
