// SPDX-License-Identifier: Apache-2.0
// The scripted HTTP of the fake host, at the level of its table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <tqp/acknowledge.hpp>
#include <tqp/http.hpp>
#include <tqp_fake.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tqp::to_str;
using tqp::fake::Answer;
using tqp::fake::FakeHost;

std::function<void(const tqp::Http&)> g_work;
const tqp_host* g_host = nullptr;
std::string g_manifest;

// A plugin whose run is the test's function, in terms of the C++ face.
const tqp_plugin* worker() {
  static constexpr tqp_job kJob = {
      sizeof kJob, 0, [](tqp_instance*, tqp_error*) {
        g_work(tqp::Http(g_host->ctx, static_cast<const tqp_http*>(
                                          g_host->service(g_host->ctx, to_str(TQP_HTTP)))));
        return tqp_status{TQP_OK};
      }};
  static tqp_plugin plugin = {};
  plugin.size = sizeof plugin;
  plugin.abi_major = TQP_ABI_MAJOR;
  plugin.manifest = to_str(g_manifest);
  plugin.create = [](const tqp_host* host, tqp_instance** out, tqp_error*) {
    g_host = host;
    *out = reinterpret_cast<tqp_instance*>(&g_host);
    return tqp_status{TQP_OK};
  };
  plugin.facet = [](tqp_instance*, tqp_str) -> const void* { return &kJob; };
  return &plugin;
}

class FakeHttp : public testing::Test {
 protected:
  void SetUp() override { g_manifest.clear(); }
  // `status`: of the run, which is TQP_E_BUG when the job broke the contract.
  void work(std::function<void(const tqp::Http&)> job, tqp_status status = TQP_OK) {
    g_work = std::move(job);
    FakeHost& host = this->host();
    ASSERT_EQ(host.run_job().status, status);
    host.destroy();
  }
  FakeHost& host() {
    if (!host_) host_ = std::make_unique<FakeHost>(worker());
    return *host_;
  }

 private:
  std::unique_ptr<FakeHost> host_;
};

TEST_F(FakeHttp, AnswersInOrderOfTheScript) {
  host().answer("GET", "/a$", {503}, 2);
  host().answer("*", "/a$", {200, "ok"});
  work([](const tqp::Http& http) {
    for (int expected : {503, 503, 200, 200}) {
      EXPECT_EQ(http.send(tqp::Request::get("https://h/a"))->status(), expected);
    }
  });
  EXPECT_THAT(host().seen.violations, IsEmpty());
}

TEST_F(FakeHttp, ARequestWithoutAnAnswerIsAViolation) {
  work([](const tqp::Http& http) {
    const auto call = http.send(tqp::Request::get("https://h/b"));
    EXPECT_EQ(call.error().status, TQP_E_TRANSIENT);
  });
  EXPECT_THAT(host().seen.violations, ElementsAre("no answer is set up for GET https://h/b"));
}

TEST_F(FakeHttp, RecordsWhatWasSent) {
  host().answer("POST", "h/x", Answer{});
  work([](const tqp::Http& http) {
    EXPECT_TRUE(
        http.send(tqp::Request::post("https://h/x").header("A", "1").text("body").timeout_ms(5))
            .ok());
  });
  const auto& sent = host().seen.requests.at(0);
  EXPECT_EQ(sent.body, "body");
  EXPECT_EQ(sent.flags, uint32_t{TQP_HTTP_EFFECT});
  EXPECT_EQ(sent.timeout_ms, 5u);
  EXPECT_THAT(sent.headers, ElementsAre(testing::Pair("A", "1")));
}

TEST_F(FakeHttp, BodiesComeInPiecesAndACutIsNotAnEnd) {
  host().setup.read_piece_bytes = 3;
  host().answer("GET", "/whole", {200, "12345678"});
  host().answer("GET", "/cut", {.status = 200, .body = "1234", .cut = true});
  work([](const tqp::Http& http) {
    EXPECT_EQ(http.send(tqp::Request::get("https://h/whole"))->text(8).value(), "12345678");
    EXPECT_EQ(http.send(tqp::Request::get("https://h/whole"))->text(7).error().status, TQP_E_DATA);
    EXPECT_EQ(http.send(tqp::Request::get("https://h/cut"))->text(8).error().status,
              TQP_E_TRANSIENT);
    const auto bounded = http.send(tqp::Request::get("https://h/whole").max_response_bytes(7));
    EXPECT_EQ(tqp::Call(std::move(const_cast<tqp::Call&>(*bounded))).text(100).error().status,
              TQP_E_DATA);
  });
  EXPECT_THAT(host().seen.violations, IsEmpty());
}

TEST_F(FakeHttp, HeadersOfOneNameAreJoined) {
  host().answer("GET", "/",
                {.status = 200, .headers = {{"Via", "a"}, {"ETag", "x"}, {"VIA", "b"}}});
  work([](const tqp::Http& http) {
    const auto call = http.send(tqp::Request::get("https://h/"));
    EXPECT_EQ(call->header("via"), "a, b");
    EXPECT_EQ(call->header("etag"), "x");
    EXPECT_EQ(call->header("age").data(), nullptr);
  });
}

TEST_F(FakeHttp, HeadersOfOneNameCanBeToldApart) {
  host().answer(
      "GET", "/",
      {.status = 200, .headers = {{"Set-Cookie", "a=1"}, {"X", "x"}, {"set-cookie", ""}}});
  work([](const tqp::Http& http) {
    const auto call = http.send(tqp::Request::get("https://h/"));
    EXPECT_EQ(call->header_at("SET-COOKIE", 0), "a=1");
    EXPECT_EQ(call->header_at("Set-Cookie", 1), "");
    EXPECT_NE(call->header_at("Set-Cookie", 1).data(), nullptr);
    EXPECT_EQ(call->header_at("Set-Cookie", 2).data(), nullptr);
    EXPECT_EQ(call->header_at("Y", 0).data(), nullptr);
    EXPECT_EQ(http.start(tqp::Request::get("https://h/").no_redirect())->header_at("X", 0).data(),
              nullptr)
        << "not before wait";
  });
  EXPECT_THAT(host().seen.violations, IsEmpty());
}

// An older host's table ends before it.
TEST_F(FakeHttp, HeadersOfOneNameAreTheJoinedOnesOfAnOlderHost) {
  host().answer("GET", "/", {.status = 200, .headers = {{"Via", "a"}, {"Via", "b"}}});
  work([](const tqp::Http& http) {
    auto call = http.send(tqp::Request::get("https://h/"));
    tqp_http older = *static_cast<const tqp_http*>(g_host->service(g_host->ctx, to_str(TQP_HTTP)));
    older.size = offsetof(tqp_http, header_at);
    older.close = [](tqp_http_call*) {};  // the first one's
    const tqp::Call same(&older, call->raw());
    EXPECT_EQ(same.header_at("Via", 0), "a, b");
    EXPECT_EQ(same.header_at("Via", 1).data(), nullptr);
  });
}

TEST_F(FakeHttp, RedirectsAreFollowedAsTheHostDoes) {
  host().answer(
      "GET", "h/start$",
      {.status = 302, .headers = {{"Location", "in?a=b"}, {"Set-Cookie", "s=1; Path=/"}}});
  host().answer("GET", "h/in", {.status = 307, .headers = {{"Location", "https://other/x"}}});
  host().answer("GET", "other/x", {.status = 303, .headers = {{"Location", "https://h/end"}}});
  host().answer("GET", "h/end", {.status = 200, .body = "end"});
  host().answer("POST", "", {.status = 302, .headers = {{"Location", "/end"}}});
  host().answer("GET", "/round", {.status = 301, .headers = {{"Location", "/round"}}});
  host().answer("GET", "/plain", {.status = 301, .headers = {{"Location", "http://h/"}}});
  work([](const tqp::Http& http) {
    EXPECT_EQ(http.send(tqp::Request::get("https://h/start").auth("one"))->text(9).value(), "end");
    const auto own = http.send(tqp::Request::get("https://h/start").no_redirect());
    EXPECT_EQ(own->status(), 302);
    EXPECT_EQ(own->header("Location"), "in?a=b");
    EXPECT_EQ(http.send(tqp::Request::post("https://h/post"))->status(), 302);
    EXPECT_EQ(http.send(tqp::Request::get("https://h/round")).error().status, TQP_E_CONFIG);
    EXPECT_EQ(http.send(tqp::Request::get("https://h/plain")).error().status, TQP_E_CONFIG);
  });
  const auto& sent = host().seen.requests;
  ASSERT_GE(sent.size(), 4u);
  EXPECT_EQ(sent[1].url, "https://h/in?a=b");
  EXPECT_TRUE(sent[1].redirected);
  EXPECT_EQ(sent[1].auth, "one");
  EXPECT_THAT(sent[1].headers, ElementsAre(testing::Pair("Cookie", "s=1")));
  EXPECT_EQ(sent[2].auth, "");
  EXPECT_THAT(sent[2].headers, IsEmpty());
  EXPECT_EQ(sent[3].url, "https://h/end");
  EXPECT_EQ(sent[3].auth, "one");
  EXPECT_THAT(sent[3].headers, ElementsAre(testing::Pair("Cookie", "s=1")));
}

TEST_F(FakeHttp, EffectsNeedTheFlag) {
  work(
      [](const tqp::Http& http) {
        EXPECT_EQ(http.start(tqp::Request("DELETE", "https://h/")).error().status, TQP_E_BUG);
        EXPECT_EQ(http.start(tqp::Request::get("relative/url")).error().status, TQP_E_BUG);
      },
      TQP_E_BUG);
  EXPECT_THAT(host().seen.violations, ElementsAre(HasSubstr("DELETE without TQP_HTTP_EFFECT"),
                                                  HasSubstr("not an absolute URL")));
  EXPECT_THAT(host().seen.requests, IsEmpty());
}

TEST_F(FakeHttp, WaitingTakesVirtualTime) {
  host().answer("GET", "/", {.status = 200, .after_ms = 500});
  work([](const tqp::Http& http) {
    std::vector<tqp::Call> calls;
    calls.push_back(http.start(tqp::Request::get("https://h/")).take());
    EXPECT_EQ(calls[0].status(), 0);
    EXPECT_EQ(http.wait(calls, 200).error().status, TQP_AGAIN);
    EXPECT_TRUE(http.wait(calls, 300).ok());
    EXPECT_TRUE(http.wait(calls, 0).ok());  // reported again
    EXPECT_EQ(calls[0].status(), 200);
  });
  EXPECT_EQ(host().setup.now_ms, 1'700'000'000'500);
}

TEST_F(FakeHttp, AUsedBodyIsNotWrittenToAnyMore) {
  host().answer("POST", "/", Answer{});
  work(
      [](const tqp::Http& http) {
        tqp::Body part = http.body().take(), whole = http.body().take();
        EXPECT_TRUE(part.write("x").ok());
        EXPECT_TRUE(whole.append(part).ok());
        EXPECT_TRUE(whole.append(part).ok());
        EXPECT_TRUE(http.send(tqp::Request::post("https://h/").body(whole)).ok());
        EXPECT_EQ(part.write("y").error().status, TQP_E_BUG);
        EXPECT_EQ(whole.append(whole).error().status, TQP_E_BUG);
        EXPECT_EQ(whole.write("z").error().status, TQP_E_BUG);
      },
      TQP_E_BUG);
  EXPECT_EQ(host().seen.requests.at(0).body, "xx");
  EXPECT_EQ(host().seen.violations.size(), 3u);
}

TEST_F(FakeHttp, EnforcesTheManifest) {
  g_manifest = R"({"grants":{"connect":["/host","/other"]},"auth":{"one":{"for":"/host"}}})";
  host().setup.config = R"({"host":"https://One.example/base","other":"two.example:8443"})";
  host().answer("GET", "", Answer{});
  work(
      [](const tqp::Http& http) {
        EXPECT_TRUE(http.send(tqp::Request::get("https://one.example/x").auth("one")).ok());
        EXPECT_TRUE(http.send(tqp::Request::get("https://two.example:8443/x")).ok());
        EXPECT_EQ(http.start(tqp::Request::get("https://three.example/")).error().status,
                  TQP_E_DENIED);
        EXPECT_EQ(
            http.start(tqp::Request::get("https://two.example:8443/").auth("one")).error().status,
            TQP_E_DENIED);
        EXPECT_EQ(http.start(tqp::Request::get("https://one.example/").auth("nine")).error().status,
                  TQP_E_BUG);
      },
      TQP_E_BUG);
  EXPECT_THAT(host().seen.violations, ElementsAre(HasSubstr("no auth entry \"nine\"")));
}

// ---- tqp/acknowledge.hpp, over the same ----

tqp::fake::Answer answer_of(int32_t status, const std::string& body, const std::string& type) {
  Answer answer{status, body};
  if (!type.empty()) answer.headers.emplace_back("Content-Type", type);
  return answer;
}

TEST_F(FakeHttp, OnlyTheDocumentedJsonAcknowledges) {
  const auto says_done = [](tqp::JsonReader& reader) -> tqp::Result<bool> {
    TQP_TRY(reader.expect(tqp::Token::kBeginObject));
    bool done = false;
    while (true) {
      TQP_ASSIGN(const bool more, reader.next_key());
      if (!more) return done;
      const bool is_done = reader.text() == "done";
      TQP_ASSIGN(const tqp::Token value, reader.next());
      done = done || (is_done && value == tqp::Token::kTrue);
      TQP_TRY(reader.skip(value));
    }
  };
  const auto instead_of = [&](const Answer& answer) {
    std::string instead;
    host().forget_answers();
    host().answer("PUT", "", answer);
    work([&](const tqp::Http& http) {
      auto call = http.send(tqp::Request::put("https://x.example/item"));
      ASSERT_TRUE(call.ok());
      const auto yes = tqp::acknowledged_by_json(*call, 200, says_done);
      ASSERT_TRUE(yes.ok());
      instead = yes->instead;
    });
    return instead;
  };
  EXPECT_EQ(instead_of(answer_of(200, R"({"done":true})", "application/json")), "");
  EXPECT_EQ(instead_of(answer_of(200, R"({"done":true})", "Application/JSON; charset=utf-8")), "");
  EXPECT_EQ(instead_of(answer_of(202, R"({"done":true})", "application/json")),
            "HTTP 202 with application/json");
  EXPECT_EQ(instead_of(answer_of(200, "<html>", "text/html; charset=utf-8")),
            "HTTP 200 with text/html");
  EXPECT_EQ(instead_of(answer_of(200, R"({"done":true})", "")), "HTTP 200");
  EXPECT_EQ(instead_of(answer_of(200, R"({"done":false})", "application/json")),
            "HTTP 200 with application/json that does not say yes");
  for (const char* body : {"", "[]", R"({"done":true)", R"({"done":true} x)", "null"})
    EXPECT_THAT(instead_of(answer_of(200, body, "application/json")),
                HasSubstr("HTTP 200 with application/json: "))
        << body;
  Answer cut = answer_of(200, R"({"done":true})", "application/json");
  cut.cut = true;
  EXPECT_THAT(instead_of(cut), HasSubstr("the body was cut"));
}

TEST_F(FakeHttp, WhereNothingIsDocumentedABodyAcknowledgesNothing) {
  const auto instead_of = [&](const Answer& answer) {
    std::string instead;
    host().forget_answers();
    host().answer("DELETE", "", answer);
    work([&](const tqp::Http& http) {
      auto call = http.send(tqp::Request::del("https://x.example/item"));
      ASSERT_TRUE(call.ok());
      const auto yes = tqp::acknowledged_by_nothing(*call, 204);
      ASSERT_TRUE(yes.ok());
      instead = yes->instead;
    });
    return instead;
  };
  EXPECT_EQ(instead_of(answer_of(204, "", "")), "");
  EXPECT_EQ(instead_of(answer_of(200, "", "")), "HTTP 200");
  EXPECT_EQ(instead_of(answer_of(204, "x", "")), "HTTP 204 and a body");
  EXPECT_EQ(instead_of(answer_of(200, "<html>", "text/html")), "HTTP 200 with text/html");
}

}  // namespace
