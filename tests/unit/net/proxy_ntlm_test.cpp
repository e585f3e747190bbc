// SPDX-License-Identifier: Apache-2.0
// NTLM towards a proxy, which logs in a connection and not a request.
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// A challenge that asks for nothing but an answer.
constexpr const char* kChallenge =
    "TlRMTVNTUAACAAAAAAAAADAAAAABAAAAASNFZ4mrze8AAAAAAAAAAAAAAAAwAAAA";
constexpr const char* kOffer = "Proxy-Authenticate: NTLM\r\n";

// Which message of NTLM a request holds: "", "hello" or "proof".
std::string kind_of(const Request& request) {
  const std::string value = request.header("Proxy-Authorization");
  if (value.starts_with("NTLM TlRMTVNTUAAB")) return "hello";
  return value.starts_with("NTLM TlRMTVNTUAAD") ? "proof" : value;
}

class ProxyNtlm : public ClientTest {
 protected:
  // Keeps to the rules: the two messages on one connection, which is then known.
  ScriptedServer::Script proxy_script() {
    return [this](Peer& peer) {
      bool known = false;
      std::string last;
      while (true) {
        const Request asked = peer.read_request();
        if (asked.head.empty()) return;
        const std::string kind = kind_of(asked);
        note(asked.line().substr(0, asked.line().find(' ')) + " " + kind +
             (asked.body.empty() ? "" : "+body"));
        known = known || (kind == "proof" && last == "hello");
        last = kind;
        std::string said = answer(407, "who", kOffer);
        if (known) {
          said = answer(200, "let through");
        } else if (kind == "hello") {
          said =
              answer(407, "more", std::string("Proxy-Authenticate: NTLM ") + kChallenge + "\r\n");
        }
        if (asked.line().starts_with("HEAD")) said.resize(said.find("\r\n\r\n") + 4);
        peer.send(said);
      }
    };
  }
  void note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(line);
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  void use(const ScriptedServer& proxy) {
    options.proxy = "http://CORP%5Cjoe:hunter2@127.0.0.1:" + std::to_string(proxy.port());
    options.max_attempts = 1;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

TEST_F(ProxyNtlm, LogsInTheConnectionThatIsThenUsed) {
  ScriptedServer proxy(proxy_script());
  use(proxy);
  EXPECT_EQ(get("http://far.example/"), "200 let through");
  EXPECT_EQ(get("http://far.example/"), "200 let through");
  EXPECT_THAT(seen(), ElementsAre("GET ", "GET hello", "GET proof", "GET "));
  EXPECT_EQ(proxy.connections(), 1);
}

TEST_F(ProxyNtlm, LogsInEachConnectionAtOnceWhenItIsKnownToBeWanted) {
  ScriptedServer proxy(proxy_script());
  use(proxy);
  EXPECT_EQ(get("http://far.example/"), "200 let through");
  EXPECT_EQ(get("http://other.example/"), "200 let through");
  EXPECT_THAT(seen(), ElementsAre("GET ", "GET hello", "GET proof", "GET hello", "GET proof"));
}

// A body that goes with the first half is sent for nothing; an empty one could be taken for the
// request.
TEST_F(ProxyNtlm, ABodyIsSentOnlyWhenTheConnectionIsKnown) {
  ScriptedServer proxy(proxy_script());
  use(proxy);
  HttpRequest post = request("http://far.example/", "POST");
  post.body = text_body("body");
  EXPECT_EQ(outcome(post), "200 let through");
  EXPECT_EQ(outcome(post), "200 let through");
  HttpRequest other = request("http://other.example/", "POST");
  other.body = text_body("body");
  EXPECT_EQ(outcome(other), "200 let through");
  EXPECT_THAT(seen(), ElementsAre("POST +body", "HEAD hello", "HEAD proof", "POST +body",
                                  "POST +body", "HEAD hello", "HEAD proof", "POST +body"));
}

TEST_F(ProxyNtlm, OpensATunnelOnOneConnection) {
  ScriptedServer proxy(proxy_script());
  use(proxy);
  EXPECT_THAT(get("https://far.example/"), HasSubstr("speaks before the tunnel is used"));
  EXPECT_THAT(seen(), ElementsAre("CONNECT ", "CONNECT hello", "CONNECT proof"));
  EXPECT_EQ(proxy.connections(), 1);
}

TEST_F(ProxyNtlm, AConnectionThatIsCutInTheMiddleIsSaidSo) {
  ScriptedServer proxy([](Peer& peer) {
    while (true) {
      const Request asked = peer.read_request();
      if (asked.head.empty()) return;
      const bool hello = kind_of(asked) == "hello";
      peer.send(answer(407, "",
                       hello ? std::string("Proxy-Authenticate: NTLM ") + kChallenge +
                                   "\r\nConnection: close\r\n"
                             : kOffer));
    }
  });
  use(proxy);
  for (const char* url : {"http://far.example/", "https://far.example/"})
    EXPECT_THAT(get(url),
                AllOf(StartsWith("E_TRANSIENT"), HasSubstr("in the middle of the log-in")));
}

TEST_F(ProxyNtlm, APasswordThatIsRefusedIsSaidSo) {
  int proofs = 0;
  ScriptedServer proxy(ScriptedServer::serve([&](const Request& asked, int) {
    const std::string kind = kind_of(asked);
    proofs += kind == "proof" ? 1 : 0;
    return answer(
        407, "",
        kind == "hello" ? std::string("Proxy-Authenticate: NTLM ") + kChallenge + "\r\n" : kOffer);
  }));
  use(proxy);
  for (const char* url : {"http://far.example/", "https://far.example/"})
    EXPECT_THAT(get(url), AllOf(StartsWith("E_CONFIG"), HasSubstr("which it refuses by NTLM"),
                                HasSubstr("407")));
  EXPECT_EQ(proofs, 2);
}

TEST_F(ProxyNtlm, AChallengeThatCannotBeReadIsSaidSo) {
  ScriptedServer proxy(ScriptedServer::serve([&](const Request& asked, int) {
    return answer(407, "",
                  kind_of(asked) == "hello" ? "Proxy-Authenticate: NTLM TlRMTVNTUAAC\r\n" : kOffer);
  }));
  use(proxy);
  for (const char* url : {"http://far.example/", "https://far.example/"})
    EXPECT_THAT(get(url),
                AllOf(StartsWith("E_CONFIG"), HasSubstr("NTLM challenge cannot be read")));
}

}  // namespace
}  // namespace tq::test
