// SPDX-License-Identifier: Apache-2.0
// The log-in to an HTTP proxy: it is asked first, and chooses.
#include <openssl/evp.h>

#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kProof = "Proxy-Authorization";

std::string md5(const std::string& text) {
  unsigned char out[16];
  unsigned size = sizeof out;
  EVP_Digest(text.data(), text.size(), out, &size, EVP_md5(), nullptr);
  std::string hex;
  for (const unsigned char byte : out) {
    constexpr const char* kHex = "0123456789abcdef";
    hex += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return hex;
}

// "name=value" or name="value" of a header.
std::string parameter(const std::string& header, const std::string& name) {
  size_t at = header.find(" " + name + "=");
  if (at == std::string::npos) return {};
  at += name.size() + 2;
  if (header[at] == '"') return header.substr(at + 1, header.find('"', at + 1) - at - 1);
  return header.substr(at, header.find(',', at) - at);
}

std::string challenged(const std::string& challenges, const std::string& more = "") {
  return answer(407, "refused", "Proxy-Authenticate: " + challenges + "\r\n" + more);
}

class ProxyLogin : public ClientTest {
 protected:
  void use(const ScriptedServer& proxy, const std::string& user_info = "joe:hunter2@") {
    options.proxy = "http://" + user_info + "127.0.0.1:" + std::to_string(proxy.port());
  }

  // What a proxy that answers every request like this makes of a log-in.
  std::string refusal(const std::string& challenges, const std::string& user_info) {
    ScriptedServer proxy(ScriptedServer::serve([&](const Request&, int) {
      return challenges.empty() ? answer(407) : challenged(challenges);
    }));
    use(proxy, user_info);
    const auto made = HttpClient::create(options, world, *log);
    const auto plain = (*made)->send(request("http://far.example/"), cancel);
    const auto tunnel = (*made)->send(request("https://far.example/"), cancel);
    EXPECT_FALSE(plain || tunnel);
    EXPECT_EQ(plain.error().field, "/proxy/url");
    EXPECT_EQ(tunnel.error().field, "/proxy/url");
    EXPECT_EQ(tunnel.error().http_status, 407);
    EXPECT_EQ(tunnel.error().status, Status::kConfig);
    EXPECT_THAT(text(plain.error()) + text(tunnel.error()), Not(HasSubstr("hunter2")));
    const std::string reason =
        tunnel.error().message.substr(tunnel.error().message.rfind(": ") + 2);
    EXPECT_THAT(plain.error().message, HasSubstr(reason));
    return reason;
  }
};

class DigestProxy {
 public:
  // `nonces`: how often each is good.
  explicit DigestProxy(int uses) : uses_(uses) {}

  std::string handle(const Request& request) {
    const std::string proof = request.header(kProof);
    if (proof.empty()) return ask("");
    const std::string line = request.line();
    const std::string method = line.substr(0, line.find(' '));
    const std::string uri = parameter(proof, "uri");
    EXPECT_THAT(line, HasSubstr(" " + uri + " "));
    const std::string expected =
        md5(md5("joe:a \\\"realm\\\":hunter2") + ":" + parameter(proof, "nonce") + ":" +
            parameter(proof, "nc") + ":" + parameter(proof, "cnonce") +
            ":auth:" + md5(method + ":" + uri));
    EXPECT_EQ(parameter(proof, "opaque"), "o");
    if (parameter(proof, "response") != expected) return ask("");
    counts.push_back(parameter(proof, "nc"));
    if (parameter(proof, "nonce") != nonce() || used_++ == uses_) {
      ++number_;
      used_ = 0;
      return ask(", stale=TRUE");
    }
    return answer(200, "let through");
  }

  std::vector<std::string> counts;

 private:
  std::string nonce() const { return "n" + std::to_string(number_); }
  std::string ask(const std::string& more) const {
    return challenged("Basic realm=\"x\", Digest realm=\"a \\\"realm\\\"\", nonce=\"" + nonce() +
                      "\", qop=\"auth,auth-int\", opaque=\"o\", algorithm=MD5" + more);
  }

  int uses_;
  int used_ = 0;
  int number_ = 1;
};

TEST_F(ProxyLogin, ByDigestProvesEachRequestAndCountsThem) {
  DigestProxy digest(2);
  ScriptedServer proxy(
      ScriptedServer::serve([&](const Request& request, int) { return digest.handle(request); }));
  use(proxy);
  for (const char* target : {"a", "b?c=d", "e"})
    EXPECT_EQ(get(std::string("http://far.example/") + target), "200 let through");
  HttpRequest post = request("http://far.example/x", "POST");
  post.body = text_body("body");
  EXPECT_EQ(outcome(post), "200 let through");
  EXPECT_THAT(digest.counts,
              ElementsAre("00000001", "00000002", "00000003", "00000001", "00000002"))
      << "the third finds its nonce old, and asks again with a new one";
  EXPECT_EQ(proxy.connections(), 1);
}

TEST_F(ProxyLogin, ByDigestFindsItsWayThroughATunnelThatIsClosedEachTime) {
  DigestProxy digest(5);
  std::vector<std::string> lines;
  ScriptedServer proxy([&](Peer& peer) {
    const Request asked = peer.read_request();
    lines.push_back(asked.line());
    peer.send(digest.handle(asked));  // and closes without a word about it
  });
  use(proxy);
  options.max_attempts = 1;
  // What stands behind the tunnel speaks no TLS.
  EXPECT_THAT(get("https://far.example/"), Not(HasSubstr("407")));
  EXPECT_THAT(lines,
              ElementsAre("CONNECT far.example:443 HTTP/1.1", "CONNECT far.example:443 HTTP/1.1"));
  EXPECT_THAT(digest.counts, ElementsAre("00000001"));
}

TEST_F(ProxyLogin, APasswordThatIsRefusedIsTriedOnce) {
  int proofs = 0;
  ScriptedServer proxy(ScriptedServer::serve([&](const Request& request, int) {
    if (!request.header(kProof).empty()) ++proofs;
    return challenged("Digest realm=\"r\", nonce=\"n" + std::to_string(proofs) + "\"");
  }));
  use(proxy);
  EXPECT_THAT(get("https://far.example/"),
              AllOf(StartsWith("E_CONFIG"), HasSubstr("407"),
                    HasSubstr("check the proxy's user and password, which it refuses by Digest")));
  EXPECT_EQ(proofs, 1);
}

TEST_F(ProxyLogin, SaysWhatIsOfferedAndWhyItWillNotDo) {
  EXPECT_EQ(refusal("Basic realm=\"x\", NTLM", ""),
            "it wants a user and a password (Basic, NTLM); put them into the proxy's URL");
  EXPECT_EQ(refusal("Negotiate", "joe:hunter2@"),
            "it offers Negotiate alone, which tqhost does not speak; have it offer Basic, "
            "Digest (MD5) or NTLM to this machine");
  EXPECT_THAT(refusal("Negotiate", ""), HasSubstr("offers Negotiate alone"));
  EXPECT_THAT(refusal("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256", "joe:hunter2@"),
              HasSubstr("it offers Digest (SHA-256) alone"));
  EXPECT_THAT(refusal("Digest realm=\"r\", nonce=\"n\"", "CORP%5Cjoe:hunter2@"),
              HasSubstr("cannot carry the quote or the backslash"));
  EXPECT_THAT(refusal("", ""), HasSubstr("it wants a user and a password; put them"));
  EXPECT_THAT(refusal("", "joe:hunter2@"), HasSubstr("which it refuses by Basic"));
  EXPECT_THAT(refusal("NTLM", "joe:hunter2@"), HasSubstr("does not go on with it"));
}

TEST_F(ProxyLogin, AProxyThatAlwaysFindsANonceOldIsLeft) {
  int requests = 0;
  ScriptedServer proxy(ScriptedServer::serve([&](const Request&, int) {
    return challenged("Digest realm=\"r\", nonce=\"n" + std::to_string(++requests) +
                      "\", stale=true");
  }));
  use(proxy);
  EXPECT_THAT(get("http://far.example/"), HasSubstr("it asks again and again"));
  EXPECT_EQ(requests, 7);
}

// The body is read off, however it is framed, or the connection is left.
TEST_F(ProxyLogin, EveryKindOfRefusalLeadsToTheNextTry) {
  const std::string basic = "Proxy-Authenticate: Basic realm=\"x\"\r\n";
  const std::string refusals[] = {
      answer(407, "page", basic),
      answer(407, "page", basic + "Connection: close\r\n"),
      answer(407, std::string(200'000, 'x'), basic),
      "HTTP/1.1 407 Test\r\n" + basic + "Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n",
      "HTTP/1.0 407 Test\r\n" + basic + "\r\npage until it closes",
      "HTTP/1.0 407 Test\r\n" + basic +
          "Content-Length: 4\r\nProxy-Connection: keep-alive\r\n\r\npage",
  };
  for (const std::string& first : refusals) {
    ScriptedServer proxy([&](Peer& peer) {
      while (true) {
        const Request asked = peer.read_request();
        if (asked.head.empty()) return;
        const bool known = !asked.header(kProof).empty();
        peer.send(known ? answer(200, asked.body) : first);
        if (!known && first.find("until it closes") != std::string::npos) return;
      }
    });
    use(proxy);
    const auto made = HttpClient::create(options, world, *log);
    HttpRequest post = request("http://far.example/", "POST");
    post.body = text_body("once");
    const auto got = (*made)->send(post, cancel);
    ASSERT_TRUE(got) << first.substr(0, 80) << got.error().message;
    EXPECT_EQ(*(*got)->read_all(100), "once");
  }
}

}  // namespace
}  // namespace tq::test
