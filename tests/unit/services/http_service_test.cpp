// SPDX-License-Identifier: Apache-2.0
// tqp.http/1 as a plugin sees it, up to the request on its way: bodies, start, dry runs, settings.
#include <gmock/gmock.h>

#include "http_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// ---- bodies ----

TEST_F(HttpServiceTest, ABodyIsWrittenAppendedAndSent) {
  tqp_http_body* const part = body("two,");
  tqp_http_body* const whole = body("one,");
  EXPECT_EQ(http->body_append(whole, part, &error), TQP_OK);
  EXPECT_EQ(http->body_append(whole, part, &error), TQP_OK);
  http->body_close(part);
  EXPECT_EQ(http->body_write(whole, "3", 1, &error), TQP_OK);
  EXPECT_EQ(http->body_size(whole), 13u);
  const std::string url = std::string(kBase) + "/feed";
  tqp_http_request raw = request("POST", url, TQP_HTTP_EFFECT);
  raw.body = whole;
  raw.small_body = str("not this one");
  tqp_http_call* call = nullptr;
  ASSERT_EQ(start(raw, &call), TQP_OK);
  http->body_close(whole);
  EXPECT_EQ(wait({call}), TQP_OK);
  EXPECT_EQ(client.sent().at(0).body, "one,two,two,3");
}

TEST_F(HttpServiceTest, ABodyInUseDoesNotChange) {
  tqp_http_body* const part = body("a");
  tqp_http_body* const whole = body("b");
  EXPECT_EQ(http->body_append(part, part, &error), TQP_E_BUG);
  EXPECT_EQ(http->body_write(part, "a", 1, &error), TQP_OK);
  EXPECT_EQ(http->body_append(whole, part, &error), TQP_OK);
  EXPECT_EQ(http->body_write(part, "a", 1, &error), TQP_E_BUG);
  EXPECT_EQ(http->body_append(part, whole, &error), TQP_E_BUG);
  const std::string url = std::string(kBase) + "/feed";
  tqp_http_request raw = request("GET", url);
  raw.body = whole;
  tqp_http_call* call = nullptr;
  ASSERT_EQ(start(raw, &call), TQP_OK);
  EXPECT_EQ(http->body_write(whole, "b", 1, &error), TQP_E_BUG);
  EXPECT_EQ(http->body_size(whole), 3u);
}

TEST_F(HttpServiceTest, AClosedBodyIsRefused) {
  tqp_http_body* const gone = body("a");
  tqp_http_body* const there = body("b");
  http->body_close(gone);
  http->body_close(nullptr);
  EXPECT_EQ(http->body_append(there, gone, &error), TQP_E_BUG);
  EXPECT_EQ(http->body_append(there, nullptr, &error), TQP_E_BUG);
  EXPECT_EQ(http->body_write(nullptr, "a", 1, &error), TQP_E_BUG);
  EXPECT_EQ(http->body_size(nullptr), 0u);
  const std::string url = std::string(kBase) + "/feed";
  tqp_http_request raw = request("GET", url);
  raw.body = gone;
  tqp_http_call* call = nullptr;
  EXPECT_EQ(start(raw, &call), TQP_E_BUG);
  EXPECT_EQ(call, nullptr);
  EXPECT_EQ(service->open_handles(), 1u);
}

// ---- start ----

TEST_F(HttpServiceTest, ARequestIsSentAsItIs) {
  const std::string url = std::string(kBase) + "/a/b?c=d%20e";
  const tqp_kv headers[] = {{str("Accept"), str("application/json")}, {str("X-Two"), str("")}};
  tqp_http_request raw =
      request("PUT", url, TQP_HTTP_EFFECT | TQP_HTTP_IDEMPOTENT | TQP_HTTP_NO_RETRY);
  raw.headers = headers;
  raw.header_count = 2;
  raw.small_body = str("{}");
  raw.timeout_ms = 1234;
  raw.max_response_bytes = 99;
  tqp_http_call* call = nullptr;
  ASSERT_EQ(start(raw, &call), TQP_OK) << error.message;
  ASSERT_EQ(wait({call}), TQP_OK);
  const Sent sent = client.sent().at(0);
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.url, url);
  EXPECT_THAT(sent.headers, ElementsAre(Pair("Accept", "application/json"), Pair("X-Two", "")));
  EXPECT_EQ(sent.body, "{}");
  EXPECT_TRUE(sent.idempotent);
  EXPECT_TRUE(sent.no_retry);
  EXPECT_EQ(sent.timeout_ms, 1234u);
  EXPECT_EQ(sent.max_response_bytes, 99u);
}

TEST_F(HttpServiceTest, ZeroMeansTheHostsDefaultsAndGetMayBeRetried) {
  tqp_http_call* const call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  const Sent sent = client.sent().at(0);
  EXPECT_EQ(sent.timeout_ms, HttpRequest().timeout_ms);
  EXPECT_EQ(sent.max_response_bytes, HttpRequest().max_response_bytes);
  EXPECT_TRUE(sent.idempotent);
  EXPECT_FALSE(sent.no_retry);
}

TEST_F(HttpServiceTest, APostMayNotBeRetriedUnlessItSaysSo) {
  const std::string url = std::string(kBase) + "/x";
  tqp_http_call* call = nullptr;
  ASSERT_EQ(start(request("POST", url, TQP_HTTP_EFFECT), &call), TQP_OK);
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_FALSE(client.sent().at(0).idempotent);
}

TEST_F(HttpServiceTest, AGetWithAnEffectIsSentOnAsOne) {
  const std::string url = std::string(kBase) + "/x";
  tqp_http_call* call = nullptr;
  for (const uint32_t more : {0U, uint32_t{TQP_HTTP_IDEMPOTENT}}) {
    ASSERT_EQ(start(request("GET", url, TQP_HTTP_EFFECT | more), &call), TQP_OK);
    ASSERT_EQ(wait({call}), TQP_OK);
    EXPECT_TRUE(client.sent().back().effect);
    EXPECT_EQ(client.sent().back().idempotent, more != 0);
  }
  call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_FALSE(client.sent().back().effect);
}

TEST_F(HttpServiceTest, RedirectsAreFollowedUnlessThePluginWantsThem) {
  const std::string url = std::string(kBase) + "/x";
  tqp_http_call* call = get("/x");
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_TRUE(client.sent().back().follow_redirects);
  ASSERT_EQ(start(request("GET", url, TQP_HTTP_NO_REDIRECT), &call), TQP_OK);
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_FALSE(client.sent().back().follow_redirects);
}

TEST_F(HttpServiceTest, GivesEachOfSeveralHeadersOfAName) {
  client.answers["/two"].headers = {{"Set-Cookie", "a=1"}, {"X", ""}, {"set-cookie", "b=2, c"}};
  tqp_http_call* const call = get("/two");
  EXPECT_EQ(http->header_at(call, str("Set-Cookie"), 0).ptr, nullptr) << "not before wait";
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_EQ(view(http->header_at(call, str("Set-Cookie"), 0)), "a=1");
  EXPECT_EQ(view(http->header_at(call, str("SET-COOKIE"), 1)), "b=2, c");
  EXPECT_EQ(http->header_at(call, str("Set-Cookie"), 2).ptr, nullptr);
  EXPECT_EQ(http->header_at(call, str("Set-Cookie"), UINT32_MAX).ptr, nullptr);
  EXPECT_NE(http->header_at(call, str("X"), 0).ptr, nullptr) << "there, and empty";
  EXPECT_EQ(http->header_at(call, str("Y"), 0).ptr, nullptr);
  EXPECT_EQ(http->header_at(nullptr, str("X"), 0).ptr, nullptr);
}

TEST_F(HttpServiceTest, WhatBreaksTheContractIsRefused) {
  const std::string url = std::string(kBase) + "/x";
  EXPECT_EQ(refused(request("GET", url, 16)), TQP_E_UNSUPPORTED);
  EXPECT_EQ(refused(request("POST", url)), TQP_E_BUG);
  EXPECT_THAT(error.message, HasSubstr("POST without the flag TQP_HTTP_EFFECT"));
  EXPECT_EQ(refused(request("get", url)), TQP_E_BUG) << "only GET and HEAD have no effect";
  EXPECT_EQ(refused(request("GE T", url)), TQP_E_BUG);
  EXPECT_EQ(refused(request("", url)), TQP_E_BUG);
  EXPECT_EQ(refused(request("GET", "/x")), TQP_E_BUG);
  EXPECT_EQ(refused(request("GET", "https://user:password@api.example.com/x")), TQP_E_BUG);
  tqp_http_request small = request("GET", url);
  small.size = offsetof(tqp_http_request, timeout_ms);
  EXPECT_EQ(refused(small), TQP_E_BUG);
  EXPECT_THAT(client.sent(), IsEmpty());
}

TEST_F(HttpServiceTest, HeadersThatAPluginMayNotSetAreRefused) {
  const std::string url = std::string(kBase) + "/x";
  const std::pair<const char*, const char*> wrong[] = {
      {"X-A", "one\r\nX-B: two"}, {"X-A", "one\n"},         {"X A", "blank in the name"},
      {"X-A:", "colon"},          {"", "no name"},          {"host", "evil.example"},
      {"Content-Length", "3"},    {"X-AUTH-TOKEN", "mine"}, {"Transfer-Encoding", "chunked"}};
  for (const auto& [name, value] : wrong) {
    const tqp_kv header{str(name), str(value)};
    tqp_http_request raw = request("GET", url);
    raw.auth = str("cbc");
    raw.headers = &header;
    raw.header_count = 1;
    EXPECT_EQ(refused(raw), TQP_E_BUG) << name << ": " << value;
  }
  tqp_http_request none = request("GET", url);
  none.header_count = 1;
  EXPECT_EQ(refused(none), TQP_E_BUG);
}

TEST_F(HttpServiceTest, OnlyGrantedHostsAreReached) {
  EXPECT_EQ(refused(request("GET", "https://evil.example/x")), TQP_E_DENIED);
  EXPECT_THAT(error.message, HasSubstr("https://evil.example is not granted"));
  EXPECT_THAT(error.message, HasSubstr("/api_fqdn (https://api.example.com)"));
  EXPECT_EQ(refused(request("GET", "https://api.example.com:8443/x")), TQP_E_DENIED);
  EXPECT_EQ(refused(request("GET", "http://api.example.com/x")), TQP_E_DENIED);
  EXPECT_EQ(refused(request("GET", "https://api.example.com.evil.example/x")), TQP_E_DENIED);
  EXPECT_THAT(client.sent(), IsEmpty());
  tqp_http_call* call = nullptr;
  EXPECT_EQ(start(request("GET", "https://API.example.com:443/x"), &call), TQP_OK);
}

TEST_F(HttpServiceTest, AnAuthEntryIsFilledInOnEachAttempt) {
  client.attempts = 2;
  const std::string url = std::string(kBase) + "/x";
  tqp_http_request raw = request("GET", url);
  raw.auth = str("cbc");
  tqp_http_call* call = nullptr;
  ASSERT_EQ(start(raw, &call), TQP_OK) << error.message;
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_THAT(client.sent().at(0).attempts,
              ElementsAre(ElementsAre(Pair("X-Auth-Token", "s3cret/ID1:1700000000")),
                          ElementsAre(Pair("X-Auth-Token", "s3cret/ID1:1700000001"))));
}

TEST_F(HttpServiceTest, AnAuthEntryIsForItsHostOnly) {
  HttpServiceOptions two = options();
  two.settings["other"] = "other.example";
  open(std::move(two));
  tqp_http_request raw = request("GET", "https://other.example/x");
  raw.auth = str("cbc");
  EXPECT_EQ(refused(raw), TQP_E_DENIED);
  EXPECT_THAT(error.message, HasSubstr("/api_fqdn"));
  raw.auth = str("nothing");
  EXPECT_EQ(refused(raw), TQP_E_BUG);
  EXPECT_THAT(error.message, HasSubstr("\"nothing\""));
  raw.auth = str("");
  tqp_http_call* call = nullptr;
  EXPECT_EQ(start(raw, &call), TQP_OK);
}

TEST_F(HttpServiceTest, AMissingCredentialIsNamedWhenItIsUsed) {
  HttpServiceOptions without = options();
  without.secrets.clear();
  open(std::move(without));
  const std::string url = std::string(kBase) + "/x";
  tqp_http_request raw = request("GET", url);
  raw.auth = str("cbc");
  EXPECT_EQ(refused(raw), TQP_E_CONFIG);
  EXPECT_STREQ(error.field, "/secret");
  EXPECT_NE(get("/y"), nullptr) << "others need it not";
}

TEST_F(HttpServiceTest, NothingIsBegunAfterAStop) {
  stop.cancel();
  const std::string url = std::string(kBase) + "/x";
  EXPECT_EQ(refused(request("GET", url)), TQP_CANCELLED);
}

class DryHttpServiceTest : public HttpServiceTest {
 protected:
  explicit DryHttpServiceTest(uint32_t flags = TQP_RUN_DRY) : HttpServiceTest(flags) {}
};

TEST_F(DryHttpServiceTest, AnEffectIsListedAndNotSent) {
  const std::string url = std::string(kBase) + "/feed?a=b";
  EXPECT_EQ(refused(request("DELETE", url, TQP_HTTP_EFFECT)), TQP_SKIPPED);
  tqp_http_request raw = request("POST", url, TQP_HTTP_EFFECT);
  const std::string text(12'345, 'x');
  raw.small_body = str(text);
  EXPECT_EQ(refused(raw), TQP_SKIPPED);
  EXPECT_THAT(effects.list, ElementsAre("DELETE https://api.example.com/feed?a=b",
                                        "POST https://api.example.com/feed?a=b (12.3 KB)"));
  EXPECT_THAT(world.points(), IsEmpty());
  ASSERT_EQ(wait({get("/read")}), TQP_OK);
  EXPECT_EQ(client.sent().size(), 1u) << "what only reads is sent";
}

TEST_F(DryHttpServiceTest, AGetWithAnEffectIsSkippedToo) {
  const std::string url = std::string(kBase) + "/certificate";
  EXPECT_EQ(refused(request("GET", url, TQP_HTTP_EFFECT)), TQP_SKIPPED);
  EXPECT_THAT(client.sent(), IsEmpty());
}

TEST_F(DryHttpServiceTest, WhatWouldBeRefusedIsRefused) {
  EXPECT_EQ(refused(request("POST", "https://evil.example/", TQP_HTTP_EFFECT)), TQP_E_DENIED);
  EXPECT_THAT(effects.list, IsEmpty());
}

class CheckHttpServiceTest : public DryHttpServiceTest {
 protected:
  CheckHttpServiceTest() : DryHttpServiceTest(TQP_RUN_CHECK) {}
};

TEST_F(CheckHttpServiceTest, AnEffectIsListedAndNotSent) {
  const std::string url = std::string(kBase) + "/feed";
  EXPECT_EQ(refused(request("POST", url, TQP_HTTP_EFFECT)), TQP_SKIPPED);
  EXPECT_THAT(effects.list, ElementsAre("POST https://api.example.com/feed"));
  EXPECT_THAT(client.sent(), IsEmpty());
}

TEST_F(HttpServiceTest, CrashPointsLieAroundEffects) {
  const std::string url = std::string(kBase) + "/feed?secret=1";
  client.hold("/feed?secret=1");
  tqp_http_call* call = nullptr;
  ASSERT_EQ(start(request("POST", url, TQP_HTTP_EFFECT), &call), TQP_OK);
  client.wait_begun(1);
  EXPECT_THAT(world.points(), ElementsAre("before POST /feed"));
  client.release("/feed?secret=1");
  ASSERT_EQ(wait({call}), TQP_OK);
  EXPECT_THAT(world.points(), ElementsAre("before POST /feed", "after POST /feed"));
  ASSERT_EQ(wait({get("/read")}), TQP_OK);
  EXPECT_EQ(world.points().size(), 2u) << "reads have none";
}

// ---- create ----

TEST_F(HttpServiceTest, TheRateIsGivenToTheClient) {
  EXPECT_THAT(client.rates, ElementsAre(Pair("https://api.example.com", 150u)));
  client.rates.clear();
  HttpServiceOptions unlimited = options();
  unlimited.settings["per_minute"] = 0;
  open(std::move(unlimited));
  EXPECT_THAT(client.rates, IsEmpty());
}

TEST_F(HttpServiceTest, WrongSettingsAreNamed) {
  HttpServiceOptions wrong = options();
  wrong.settings["api_fqdn"] = "not a host";
  auto made = HttpService::create(wrong, client, pool, run, *log);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().status, Status::kConfig);
  EXPECT_EQ(made.error().field, "/api_fqdn");

  wrong = options();
  wrong.settings["per_minute"] = "many";
  made = HttpService::create(wrong, client, pool, run, *log);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().field, "/per_minute");

  wrong = options();
  wrong.manifest.auth["cbc"].set["X-Auth-Token"] = "{/secret";
  made = HttpService::create(wrong, client, pool, run, *log);
  ASSERT_FALSE(made.ok()) << "a malformed manifest is refused before anything is sent";
}

}  // namespace
}  // namespace tq
