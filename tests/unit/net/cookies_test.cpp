// SPDX-License-Identifier: Apache-2.0
// Cookies live for the redirects of one request, and go back to who set them.
#include "net/cookies.hpp"

#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::ElementsAre;

constexpr int64_t kNowMs = 1'800'000'000'000;

class Answered : public HttpResponse {
 public:
  explicit Answered(Headers headers) : headers_(std::move(headers)) {}
  int status() const override { return 302; }
  std::string_view header(std::string_view name) const override { return header_at(name, 0); }
  std::string_view header_at(std::string_view name, size_t index) const override {
    for (const auto& [key, value] : headers_)
      if (key == name && index-- == 0) return value;
    return {};
  }
  int64_t date_ms() const override { return 0; }
  Result<size_t> read(char*, size_t) override { return size_t{0}; }

 private:
  const Headers headers_;
};

class CookieJarTest : public testing::Test {
 protected:
  void set(const std::string& set_cookie, const std::string& url = "https://a.example/b/c?d=/e") {
    const Headers headers = {{"Set-Cookie", set_cookie}};
    jar_.take(*parse_url(url), Answered(headers), kNowMs);
  }
  // The Cookie header to the URL; "" when there is none.
  std::string sent(const std::string& url, Headers headers = {}) const {
    jar_.add_to(&headers, *parse_url(url));
    return headers.empty() ? "" : headers.back().second;
  }

  CookieJar jar_;
};

TEST_F(CookieJarTest, GoBackToTheirOriginOnly) {
  set("s=1; Domain=example; HttpOnly");
  EXPECT_EQ(sent("https://a.example/b/x"), "s=1");
  for (const char* other : {"https://b.example/b/x", "https://example/b/x", "http://a.example/b/x",
                            "https://a.example:8443/b/x", "https://x.a.example/b/x"})
    EXPECT_EQ(sent(other), "") << other;
}

TEST_F(CookieJarTest, GoBelowTheirPath) {
  set("page=1");
  set("all=1; Path=/");
  set("deep=1; path=/b/c");
  set("odd=1; Path=b");
  EXPECT_EQ(sent("https://a.example/b/c/d"), "deep=1; page=1; odd=1; all=1");
  EXPECT_EQ(sent("https://a.example/b/c?x"), "deep=1; page=1; odd=1; all=1");
  EXPECT_EQ(sent("https://a.example/b/cd"), "page=1; odd=1; all=1");
  EXPECT_EQ(sent("https://a.example/bc"), "all=1");
}

TEST_F(CookieJarTest, AreReplacedAndTakenAway) {
  set("s=1; Path=/");
  set("s=2; Path=/");
  EXPECT_EQ(sent("https://a.example/"), "s=2");
  set("s=; Path=/; Expires=Thu, 01-Jan-1970 00:00:01 GMT");
  EXPECT_EQ(sent("https://a.example/"), "");
  set("s=3; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT");
  set("t=4; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:01 GMT");
  EXPECT_EQ(sent("https://a.example/"), "s=3; t=4");
  set("s=3; Path=/; Max-Age=0");
  set("t=4; Path=/; max-age=-1");
  EXPECT_EQ(sent("https://a.example/"), "");
}

TEST_F(CookieJarTest, StandBesideTheCallersOwn) {
  set("s=1; Path=/");
  EXPECT_EQ(sent("https://a.example/", {{"Accept", "x"}, {"cookie", "own=2; s=old;bare"}}),
            "own=2; bare=; s=1");
  EXPECT_EQ(sent("https://b.example/", {{"Cookie", "own=2; s=old"}}), "own=2; s=old");
}

TEST_F(CookieJarTest, AreBoundedAndMustBeWellFormed) {
  for (const char* bad : {"", "novalue", "=x", "; a=b", "a=b\tc", "s\x01=1"}) set(bad);
  set("big=" + std::string(5000, 'x'));
  EXPECT_EQ(sent("https://a.example/b/c"), "");
  set("secure=1; Secure", "http://a.example/");
  EXPECT_EQ(sent("http://a.example/"), "");
  for (int i = 0; i < 1000; ++i) set("c" + std::to_string(i) + "=" + std::string(1000, 'x'));
  EXPECT_LE(sent("https://a.example/b/c").size(), 20u * 1024);
  EXPECT_GT(sent("https://a.example/b/c").size(), 10u * 1024);
}

class CookiesOnTheWay : public ClientTest {};

// A log-in page that sends people round with a session that it wants to see again.
TEST_F(CookiesOnTheWay, AreKeptForOneRequestsRedirects) {
  std::vector<std::string> seen;
  ScriptedServer other(ScriptedServer::serve([&](const Request& request, int) {
    seen.push_back("other " + request.header("Cookie"));
    return answer(302, "",
                  "Set-Cookie: ticket=3\r\nLocation: " + request.header("X-Back") + "\r\n");
  }));
  std::string back;
  ScriptedServer server(ScriptedServer::serve([&](const Request& request, int) {
    const std::string page = request.line().substr(4, 2);
    seen.push_back(page + " " + request.header("Cookie"));
    if (page == "/1")
      return answer(302, "",
                    "Set-Cookie: session=1; Path=/\r\nSet-Cookie: b=2\r\nLocation: /2\r\n");
    if (page == "/2") return answer(307, "", "Location: " + other.url("/x") + "\r\n");
    return answer(200, "in");
  }));
  HttpRequest what = request(server.url("/1"));
  what.headers = {{"X-Back", server.url("/3")}, {"Cookie", "own=0"}};
  EXPECT_EQ(outcome(what), "200 in");
  EXPECT_THAT(seen, ElementsAre("/1 own=0", "/2 own=0; session=1; b=2", "other ",
                                "/3 own=0; session=1; b=2"));
  seen.clear();
  EXPECT_EQ(outcome(request(server.url("/3"))), "200 in");
  EXPECT_THAT(seen, ElementsAre("/3 ")) << "the next request begins without";
}

TEST_F(CookiesOnTheWay, AnAnswerThatRedirectsIsGivenToWhoAsksForIt) {
  ScriptedServer server(ScriptedServer::serve([&](const Request&, int) {
    return answer(302, "", "Set-Cookie: a=1\r\nLocation: /2\r\nset-cookie: b=2\r\n");
  }));
  HttpRequest what = request(server.url("/1"));
  what.follow_redirects = false;
  auto response = send(what);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ((*response)->status(), 302);
  EXPECT_EQ((*response)->header("Location"), "/2");
  EXPECT_EQ((*response)->header_at("Set-Cookie", 0), "a=1");
  EXPECT_EQ((*response)->header_at("Set-Cookie", 1), "b=2");
  EXPECT_EQ((*response)->header_at("Set-Cookie", 2).data(), nullptr);
}

}  // namespace
}  // namespace tq::test
