// SPDX-License-Identifier: Apache-2.0
// Requests through a SOCKS5 proxy. The proxy of these tests answers in the place of the hosts
// behind it.
#include "unit/net/certificate.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

const std::string kTaken = bytes({5, 0, 0, 1, 127, 0, 0, 1, 0, 80});

class Socks : public ClientTest {
 protected:
  void use(const ScriptedServer& proxy, const std::string& user_info = "") {
    options.proxy = "socks5h://" + user_info + "127.0.0.1:" + std::to_string(proxy.port());
    options.max_attempts = 1;
  }
  // What comes of these answers to the greeting, the log-in if one is chosen, and the request.
  std::string outcome_of(const std::string& greeting, const std::string& login,
                         const std::string& reply, const std::string& user_info = "joe:hunter2@") {
    ScriptedServer proxy([&](Peer& peer) {
      const std::string hello = peer.read_bytes(2);
      peer.read_bytes(static_cast<size_t>(hello[1]));
      peer.send(greeting);
      if (greeting == bytes({5, 2})) {
        peer.read_bytes(2 + 3 + 1 + 7);
        peer.send(login);
      }
      if (peer.read_bytes(5 + 11 + 2).empty()) return;
      peer.send(reply);
      peer.wait_for_end();
    });
    use(proxy, user_info);
    const auto made = HttpClient::create(options, world, *log);
    const auto got = (*made)->send(request("https://far.example/"), cancel);
    if (got) return "reached";
    EXPECT_THAT(got.error().message,
                AllOf(HasSubstr("the SOCKS proxy 127.0.0.1:"), Not(HasSubstr("hunter2"))));
    return text(got.error()) + " " + got.error().field;
  }
};

TEST_F(Socks, TheProxyLooksTheNameUp) {
  std::string asked;
  ScriptedServer proxy([&](Peer& peer) {
    EXPECT_EQ(peer.read_bytes(3), bytes({5, 1, 0}));
    peer.send(bytes({5, 0}));
    asked = peer.read_bytes(4 + 1 + 11 + 2);
    peer.send(kTaken);
    const Request inner = peer.read_request();
    EXPECT_EQ(inner.line(), "GET /a HTTP/1.1");
    EXPECT_EQ(inner.header("Proxy-Authorization"), "");
    peer.send(answer(200, "far"));
  });
  use(proxy);
  EXPECT_EQ(get("http://far.example:8080/a"), "200 far");
  EXPECT_EQ(asked, bytes({5, 1, 0, 3, 11}) + "far.example" + bytes({0x1f, 0x90}));
}

TEST_F(Socks, LogsInAndCarriesTls) {
  const ServerTls own = self_signed(folder.path(), "IP:192.0.2.7", -1, 10);
  SSL_CTX* context = server_context(own);
  std::string login, asked;
  ScriptedServer proxy([&](Peer& peer) {
    EXPECT_EQ(peer.read_bytes(4), bytes({5, 2, 0, 2}));
    peer.send(bytes({5, 2}));
    login = peer.read_bytes(1 + 1 + 3 + 1 + 5);
    peer.send(bytes({1, 0}));
    asked = peer.read_bytes(4 + 4 + 2);
    peer.send(bytes({5, 0, 0, 3, 3}) + "abc" + bytes({0, 80}));
    if (!peer.start_tls(context)) return;
    peer.read_request();
    peer.send(answer(200, "far"));
    peer.wait_for_end();
  });
  use(proxy, "joe:p%40ss!@");
  options.ca_file = own.certificate;
  EXPECT_EQ(get("https://192.0.2.7/"), "200 far");
  EXPECT_EQ(login, bytes({1, 3}) + "joe" + bytes({5}) + "p@ss!");
  EXPECT_EQ(asked, bytes({5, 1, 0, 1, 192, 0, 2, 7, 1, 0xbb}));
  SSL_CTX_free(context);
}

TEST_F(Socks, SaysWhatTheProxyAnswers) {
  const std::string no_login = bytes({5, 0}), by_password = bytes({5, 2});
  EXPECT_THAT(outcome_of(by_password, bytes({1, 1}), ""),
              AllOf(StartsWith("E_CONFIG"), HasSubstr("check the proxy's user and password"),
                    testing::EndsWith(" /proxy/url")));
  EXPECT_THAT(outcome_of(by_password, "", "", ""),
              AllOf(StartsWith("E_CONFIG"), HasSubstr("wants a user and a password")));
  EXPECT_THAT(outcome_of(bytes({5, 255}), "", "", ""), HasSubstr("wants a user and a password"));
  EXPECT_THAT(outcome_of(bytes({5, 255}), "", ""), HasSubstr("takes no user and password"));
  EXPECT_THAT(outcome_of(bytes({5, 1}), "", ""), HasSubstr("of a kind that was not offered"));
  EXPECT_THAT(outcome_of("HTTP/1.1 400 Bad\r\n\r\n", "", ""),
              AllOf(StartsWith("E_DATA"), HasSubstr("speaks no SOCKS5")));
  EXPECT_THAT(outcome_of(no_login, "", bytes({5, 2, 0, 1})),
              AllOf(StartsWith("E_CONFIG"), HasSubstr("far.example:443"), HasSubstr("rules")));
  EXPECT_THAT(outcome_of(no_login, "", bytes({5, 5, 0, 1})),
              AllOf(StartsWith("E_TRANSIENT"), HasSubstr("refused")));
  EXPECT_THAT(outcome_of(no_login, "", bytes({5, 99, 0, 1})),
              AllOf(StartsWith("E_DATA"), HasSubstr("error 99")));
  EXPECT_THAT(outcome_of(no_login, "", bytes({5, 0, 0, 9})), HasSubstr("no known kind"));
  EXPECT_THAT(outcome_of(no_login, "", bytes({4, 0, 0, 1})), HasSubstr("no SOCKS5"));
  EXPECT_THAT(outcome_of(no_login, "", kTaken + "early"), HasSubstr("before the tunnel is used"));
}

TEST_F(Socks, AProxyThatEndsTheTalkIsTransient) {
  ScriptedServer proxy([](Peer& peer) {
    peer.read_bytes(3);
    peer.send(bytes({5}));
  });
  use(proxy);
  EXPECT_THAT(get("http://far.example/"),
              AllOf(StartsWith("E_TRANSIENT"), HasSubstr("closed during the log-in")));
}

}  // namespace
}  // namespace tq::test
