// SPDX-License-Identifier: Apache-2.0
// What is sent, over which connection, and what becomes of it when the server misbehaves.

#include "core/file.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RequestTest : public ClientTest {};

TEST_F(RequestTest, GoesOutWhole) {
  Request seen;
  ScriptedServer server(ScriptedServer::serve([&](const Request& request, int) {
    seen = request;
    return answer(201, "made", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-A: b\r\n");
  }));
  HttpRequest post = request(server.url("/a?b=c"), "POST");
  post.headers = {{"Content-Type", "application/json"}};
  post.body = text_body("{\"x\": 1}");
  auto response = send(post);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ((*response)->status(), 201);
  EXPECT_EQ((*response)->header("x-a"), "b");
  EXPECT_EQ((*response)->header("X-B"), "");
  EXPECT_EQ((*response)->date_ms(), 784111777000);
  EXPECT_EQ(*(*response)->read_all(100), "made");
  EXPECT_EQ(seen.line(), "POST /a?b=c HTTP/1.1");
  EXPECT_EQ(seen.header("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen.header("User-Agent"), "tqhost");
  EXPECT_EQ(seen.header("Accept-Encoding"), "gzip");
  EXPECT_EQ(seen.header("Content-Type"), "application/json");
  EXPECT_EQ(seen.header("Content-Length"), "8");
  EXPECT_EQ(seen.body, "{\"x\": 1}");
}

TEST_F(RequestTest, StreamsALargeBodyOfThePool) {
  size_t received = 0;
  ScriptedServer server(ScriptedServer::serve([&](const Request& request, int) {
    received = request.body.size();
    return answer(200, request.body.substr(0, 3));
  }));
  const auto pool = BodyPool::create(folder.path(), 64 * 1024);
  const auto body = pool->open();
  for (int i = 0; i < 500; ++i)
    ASSERT_TRUE(body->write(std::string(static_cast<size_t>(i * 10), 'x')));
  HttpRequest put = request(server.url(), "PUT");
  put.body = body;
  EXPECT_EQ(outcome(put), "200 xxx");
  EXPECT_EQ(received, body->size());
}

TEST_F(RequestTest, KeepsConnections) {
  ScriptedServer server(ScriptedServer::serve([](const Request& request, int number) {
    if (request.line().starts_with("HEAD"))
      return std::string("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n");
    return number % 2 == 0 ? std::string(
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "2\r\nok\r\n0\r\n\r\n")
                           : answer(200, "ok");
  }));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(outcome(request(server.url(), "HEAD")), "200 ");
  HttpRequest post = request(server.url(), "POST");
  EXPECT_EQ(outcome(post), "200 ok");
  // A reader that stops at the end of its document leaves what follows.
  for (int i = 0; i < 4; ++i) {
    auto response = send(request(server.url()));
    ASSERT_TRUE(response);
    char bytes[2];
    EXPECT_EQ(*(*response)->read(bytes, sizeof bytes), 2u);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(RequestTest, DoesNotKeepWhatTheServerCloses) {
  ScriptedServer server(ScriptedServer::serve(
      [](const Request&, int) { return answer(200, "ok", "Connection: close\r\n"); }));
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(RequestTest, ParallelRequestsHaveTheirOwnConnections) {
  ScriptedServer server(ScriptedServer::serve(
      [](const Request& request, int) { return answer(200, request.line()); }));
  client();
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 30; ++n) {
        const std::string target = "/" + std::to_string(i) + "/" + std::to_string(n);
        EXPECT_EQ(get(server.url(target)), "200 GET " + target + " HTTP/1.1");
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(server.connections(), 6);
}

TEST_F(RequestTest, ReplacesADeadPooledConnectionWithoutCountingIt) {
  // Every connection answers once and dies at the second request, unseen before.
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send(answer(200, "ok"));
    peer.read_request();
  });
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_TRUE(world.sleeps().empty());
}

TEST_F(RequestTest, WhatGoesOutOnceIsNotSentAgainOverANewConnection) {
  // Likewise; what it read at second may have been done.
  std::atomic<int> requests{0};
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request().head.empty()) ++requests;
    peer.send(answer(200, "ok"));
    if (!peer.read_request().head.empty()) ++requests;
  });
  HttpRequest once = request(server.url());
  once.no_retry = true;
  HttpRequest issues = request(server.url());
  issues.effect = true;
  for (const HttpRequest& what : {once, issues}) {
    requests = 0;
    const int before = server.connections();
    EXPECT_EQ(outcome(what), "200 ok");
    EXPECT_THAT(outcome(what), AllOf(StartsWith("E_TRANSIENT GET http://127.0.0.1"),
                                     HasSubstr("whether the server has done it is not known")));
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(server.connections() - before, 1);
  }
  EXPECT_TRUE(world.sleeps().empty());
}

TEST_F(RequestTest, NeverRepeatsAnEffectThatMayHaveHappened) {
  std::atomic<int> posts{0};
  ScriptedServer server([&](Peer& peer) {
    for (int i = 0; i < 2; ++i)
      if (peer.read_request().line().starts_with("POST") && ++posts == 2)
        return;
      else
        peer.send(answer(200, "ok"));
  });
  HttpRequest post = request(server.url(), "POST");
  post.body = text_body("x");
  EXPECT_EQ(outcome(post), "200 ok");
  EXPECT_THAT(outcome(post), AllOf(StartsWith("E_TRANSIENT POST http://127.0.0.1"),
                                   HasSubstr("whether the server has done it is not known")));
  EXPECT_EQ(posts, 2);
}

TEST_F(RequestTest, AnEffectGoesOnlyOverALiveAndFreshConnection) {
  std::atomic<bool> closed{false};
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.send(answer(200, "ok"));
    if (!closed.exchange(true)) return;
    peer.read_request();
    peer.send(answer(200, "again"));
  });
  HttpRequest post = request(server.url(), "POST");
  EXPECT_EQ(outcome(post), "200 ok");
  const Cancel never;
  RealWorld().sleep_ms(50, never);  // the FIN of a connection that is closed already
  EXPECT_EQ(outcome(post), "200 ok");
  EXPECT_EQ(server.connections(), 2);
  world.sleep_ms(6'000, never);  // idle for long: perhaps just being closed
  EXPECT_EQ(outcome(post), "200 ok");
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(RequestTest, SeesAnAnswerThatComesBeforeTheBodyIsOver) {
  for (const bool by_reset : {false, true}) {
    ScriptedServer server([&](Peer& peer) {
      peer.read_head();
      peer.send(answer(413, "too large"));
      if (!by_reset) peer.wait_for_end();  // reads nothing more, so that the client blocks
    });
    HttpRequest put = request(server.url(), "PUT");
    put.body = text_body(std::string(32 << 20, 'x'));
    EXPECT_EQ(outcome(put), "413 too large") << by_reset;
  }
}

TEST_F(RequestTest, PassesOverInterimAnswers) {
  ScriptedServer server(ScriptedServer::serve([](const Request&, int) {
    return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
           answer(200, "ok");
  }));
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(RequestTest, BoundsTheHeadAndKnowsWhatIsNotHttp) {
  ScriptedServer endless([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 200; ++i) peer.send("X-Filler: " + std::string(1000, 'x') + "\r\n");
    peer.wait_for_end();
  });
  EXPECT_THAT(get(endless.url()), AllOf(StartsWith("E_DATA"), HasSubstr("larger than 64 KB")));
  ScriptedServer other([](Peer& peer) {
    peer.read_request();
    peer.send("SSH-2.0-OpenSSH\r\n");
    peer.wait_for_end();
  });
  EXPECT_THAT(get(other.url()), AllOf(StartsWith("E_DATA"), HasSubstr("not HTTP")));
}

TEST_F(RequestTest, AuthorizesEachAttemptOverWhatIsSent) {
  std::vector<std::string> seen;
  ScriptedServer server(ScriptedServer::serve([&](const Request& request, int number) {
    seen.push_back(request.header("X-Signature"));
    return answer(number == 1 ? 503 : 200, "ok", "Retry-After: 3\r\n");
  }));
  HttpRequest signed_get = request(server.url("/a?b=%20c"));
  std::vector<int64_t> times;
  signed_get.authorize = [&](std::string_view method, const Url& url, int64_t unix_s,
                             Headers* headers) -> Result<void> {
    times.push_back(unix_s);
    headers->emplace_back("X-Signature", std::string(method) + " " + url.target);
    return {};
  };
  EXPECT_EQ(outcome(signed_get), "200 ok");
  EXPECT_THAT(seen, testing::ElementsAre("GET /a?b=%20c", "GET /a?b=%20c"));
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GE(times[1] - times[0], 3);
  signed_get.authorize = [](std::string_view, const Url&, int64_t, Headers*) -> Result<void> {
    return Error{Status::kAuth, "no key"};
  };
  EXPECT_THAT(outcome(signed_get), AllOf(StartsWith("E_AUTH"), HasSubstr("no key")));
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(RequestTest, CarriesNoCredentialsToAnotherOrigin) {
  Request seen;
  ScriptedServer other(ScriptedServer::serve([&](const Request& request, int) {
    seen = request;
    return answer(200, "elsewhere");
  }));
  ScriptedServer server(ScriptedServer::serve([&](const Request& request, int) {
    return request.line().starts_with("GET /start")
               ? answer(302, "", "Location: " + other.url("/there") + "\r\n")
               : answer(200, request.header("X-Key"));
  }));
  HttpRequest signed_get = request(server.url("/start"));
  signed_get.headers = {{"Authorization", "Bearer 1"}, {"X-Auth-Token", "2"}, {"Accept", "a/b"}};
  signed_get.authorize = [](std::string_view, const Url&, int64_t,
                            Headers* headers) -> Result<void> {
    headers->emplace_back("X-Key", "signed");
    return {};
  };
  EXPECT_EQ(outcome(signed_get), "200 elsewhere");
  EXPECT_EQ(seen.line(), "GET /there HTTP/1.1");
  EXPECT_EQ(seen.header("Accept"), "a/b");
  for (const char* name : {"Authorization", "X-Auth-Token", "X-Key"})
    EXPECT_EQ(seen.header(name), "") << name;
}

TEST_F(RequestTest, LogsEachAttemptWithoutSecrets) {
  ScriptedServer server(ScriptedServer::serve(
      [](const Request&, int number) { return answer(number == 1 ? 503 : 200, "the answer"); }));
  LogOptions to_file;
  to_file.file = folder.path() / "log";
  to_file.level = Level::kDebug;
  log = Log::open(to_file, world).take();
  HttpRequest what = request(server.url("/page?key=hunter2"));
  what.headers = {{"X-Custom", "hunter3"}};
  what.idempotent = true;
  what.method = "PUT";
  what.body = text_body("hunter4");
  EXPECT_EQ(outcome(what), "200 the answer");
  const std::string text = read_file(to_file.file, 1 << 20).take();
  EXPECT_THAT(text, AllOf(HasSubstr("http.request"), HasSubstr("http.retry"),
                          HasSubstr("method=PUT url=" + server.url("/page") + " status=503"),
                          HasSubstr("status=200"), HasSubstr("attempt=2")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("hunter")), Not(HasSubstr("the answer"))));
}

TEST_F(RequestTest, FollowsAFewRedirectsOnly) {
  ScriptedServer server(ScriptedServer::serve([&](const Request& request, int) {
    const int left = std::stoi(request.line().substr(request.line().find('/') + 1));
    return left == 0 ? answer(200, "there")
                     : answer(301, "", "Location: " + std::to_string(left - 1) + "\r\n");
  }));
  EXPECT_EQ(get(server.url("/5")), "200 there");
  EXPECT_THAT(get(server.url("/6")), StartsWith("E_CONFIG"));
  HttpRequest post = request(server.url("/5"), "POST");
  EXPECT_EQ(outcome(post), "301 ");
}

TEST_F(RequestTest, NamesAnUnknownHostAndARefusedConnection) {
  options.max_attempts = 3;
  HttpRequest unknown = request("http://no-such-host.invalid/");
  unknown.no_retry = true;
  EXPECT_THAT(outcome(unknown), HasSubstr("http://no-such-host.invalid"));
  uint16_t port = 0;
  {
    port = ScriptedServer([](Peer&) {}).port();
  }
  EXPECT_THAT(get("http://127.0.0.1:" + std::to_string(port) + "/"),
              AllOf(StartsWith("E_TRANSIENT"), HasSubstr("Connection refused")));
  EXPECT_EQ(world.sleeps().size(), 2u) << "nothing was sent, so it may be tried again";
}

}  // namespace
}  // namespace tq::test
