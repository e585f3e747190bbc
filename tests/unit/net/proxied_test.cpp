// SPDX-License-Identifier: Apache-2.0
// Requests through a proxy. The proxy of these tests answers in the place of the hosts behind it.
#include "lab/frame/tls_files.hpp"
#include "unit/net/certificate.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProxiedTest : public ClientTest {
 protected:
  void use(const ScriptedServer& proxy, const std::string& user_info = "") {
    options.proxy = "http://" + user_info + "127.0.0.1:" + std::to_string(proxy.port());
  }
};

TEST_F(ProxiedTest, PlainRequestsNameTheWholeUrl) {
  Request seen;
  ScriptedServer proxy(ScriptedServer::serve([&](const Request& request, int number) {
    seen = request;
    if (number > 1) return answer(200, "ok");
    EXPECT_EQ(request.header("Proxy-Authorization"), "") << "no password before it is asked for";
    return answer(407, "who?", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
  }));
  use(proxy, "joe:secret@");
  EXPECT_EQ(get("http://far.example/a?b"), "200 ok");
  EXPECT_EQ(get("http://far.example/a?b"), "200 ok");
  EXPECT_EQ(seen.line(), "GET http://far.example/a?b HTTP/1.1");
  EXPECT_EQ(seen.header("Host"), "far.example");
  EXPECT_EQ(seen.header("Proxy-Authorization"), "Basic am9lOnNlY3JldA==");
  EXPECT_EQ(proxy.connections(), 1);
  EXPECT_EQ(log->redactor().clean("a secret text"), "a *** text");
}

TEST_F(ProxiedTest, TlsGoesThroughATunnel) {
  const ServerTls own = self_signed(folder.path(), "DNS:far.example", -1, 10);
  SSL_CTX* context = server_context(own);
  std::string connect, name, inner_head;
  ScriptedServer proxy([&](Peer& peer) {
    if (connect.empty()) {
      EXPECT_THAT(peer.read_head(), Not(HasSubstr("Proxy-Authorization")));
      peer.send(answer(407, "", "Proxy-Authenticate: Basic realm=\"x\"\r\n"));
    }
    connect = peer.read_head();
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    if (!peer.start_tls(context)) return;
    name = peer.server_name();
    inner_head = peer.read_request().head;
    peer.send(answer(200, "far"));
    peer.read_request();
  });
  use(proxy, "joe:secret@");
  options.ca_file = own.certificate;
  EXPECT_EQ(get("https://far.example/x"), "200 far");
  EXPECT_THAT(connect, AllOf(StartsWith("CONNECT far.example:443 HTTP/1.1\r\n"),
                             HasSubstr("Proxy-Authorization: Basic am9lOnNlY3JldA==")));
  EXPECT_EQ(name, "far.example");
  EXPECT_THAT(inner_head, AllOf(StartsWith("GET /x HTTP/1.1\r\n"), Not(HasSubstr("Proxy-"))));
  HttpRequest wrong = request("https://wrong.example/");
  EXPECT_THAT(outcome(wrong), AllOf(StartsWith("E_CONFIG"), HasSubstr("far.example"),
                                    HasSubstr("not for wrong.example")));
  SSL_CTX_free(context);
}

TEST_F(ProxiedTest, ARefusalNamesTheProxyWithoutItsPassword) {
  ScriptedServer proxy(ScriptedServer::serve([](const Request&, int) { return answer(407); }));
  use(proxy, "joe:hunter2@");
  for (const char* url : {"https://far.example/", "http://far.example/"})
    EXPECT_THAT(get(url), AllOf(StartsWith("E_CONFIG"), HasSubstr("127.0.0.1:"), HasSubstr("407"),
                                HasSubstr("user and password"), Not(HasSubstr("hunter2"))));
}

TEST_F(ProxiedTest, AProxyThatIsDownIsNamed) {
  {
    ScriptedServer gone([](Peer&) {});
    use(gone, "joe:hunter2@");
  }
  options.max_attempts = 1;
  EXPECT_THAT(get("https://far.example/"),
              AllOf(StartsWith("E_TRANSIENT"), HasSubstr("cannot connect to the proxy 127.0.0.1:"),
                    HasSubstr("Connection refused"), Not(HasSubstr("hunter2"))));
}

TEST_F(ProxiedTest, AHostThatTheProxyCannotReachIsTriedAgain) {
  ScriptedServer proxy(ScriptedServer::serve([](const Request&, int) { return answer(502); }));
  use(proxy);
  options.max_attempts = 3;
  HttpRequest post = request("https://far.example/", "POST");
  EXPECT_THAT(outcome(post), AllOf(StartsWith("E_TRANSIENT"), HasSubstr("502")));
  EXPECT_EQ(world.sleeps().size(), 2u);
}

TEST_F(ProxiedTest, ExceptionsAndLoopbackGoStraight) {
  ScriptedServer server(
      ScriptedServer::serve([](const Request&, int) { return answer(200, "straight"); }));
  ScriptedServer proxy(
      ScriptedServer::serve([](const Request&, int) { return answer(200, "proxied"); }));
  use(proxy);
  EXPECT_EQ(get(server.url()), "200 straight");
  options.proxy_loopback = true;
  const auto outcome_with = [&](std::vector<std::string> no_proxy) {
    options.no_proxy = std::move(no_proxy);
    auto made = HttpClient::create(options, world, *log);
    auto response = (*made)->send(request(server.url()), cancel);
    return *(*response)->read_all(100);
  };
  EXPECT_EQ(outcome_with({}), "proxied");
  EXPECT_EQ(outcome_with({"127.0.0.1"}), "straight");
  EXPECT_EQ(outcome_with({"127.0.0.1:" + std::to_string(server.port())}), "straight");
  EXPECT_EQ(outcome_with({"127.0.0.1:1"}), "proxied");
  EXPECT_EQ(outcome_with({"*"}), "straight");
}

}  // namespace
}  // namespace tq::test
