// SPDX-License-Identifier: Apache-2.0
// Whom the client trusts, and what it says when it does not.
#include <sys/stat.h>

#include <fstream>

#include "lab/frame/tls_files.hpp"
#include "unit/net/certificate.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class TlsTest : public ClientTest {
 protected:
  TlsTest() {
    const lab::TlsFiles files = lab::tls_files(folder.path() / "tls");
    ca = files.ca;
    good = {files.certificate, files.key};
  }

  static ScriptedServer::Script echo() {
    return ScriptedServer::serve(
        [](const Request& request, int) { return answer(200, request.body + "ok"); });
  }

  std::filesystem::path ca;
  ServerTls good;
};

TEST_F(TlsTest, SpeaksWithAServerOfItsCaAndKeepsTheConnection) {
  ScriptedServer server(echo(), &good);
  options.ca_file = ca;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(server.url()), "200 ok");
  HttpRequest post = request("https://localhost:" + std::to_string(server.port()) + "/", "POST");
  post.body = text_body(std::string(3 << 20, 'b'));
  EXPECT_EQ(outcome(post), "200 " + std::string(3 << 20, 'b') + "ok");
  EXPECT_EQ(outcome(post).size(), 4u + (3 << 20) + 2u);
  EXPECT_EQ(server.connections(), 2) << "one for each origin";
}

TEST_F(TlsTest, RefusesAnUnknownCaAndSaysWhatToDo) {
  ScriptedServer server(echo(), &good);
  const std::string out = get(server.url());
  EXPECT_THAT(out, AllOf(StartsWith("E_CONFIG"), HasSubstr("127.0.0.1"),
                         HasSubstr("certificate verify failed"), HasSubstr("set ca_file")));
  EXPECT_TRUE(world.sleeps().empty()) << "trying again would not help";
}

TEST_F(TlsTest, RefusesTheWrongHost) {
  ScriptedServer server(echo(), &good, "127.0.0.2");
  options.ca_file = ca;
  EXPECT_THAT(get(server.url()), AllOf(StartsWith("E_CONFIG"), HasSubstr("not for 127.0.0.2"),
                                       HasSubstr("localhost")));
}

TEST_F(TlsTest, RefusesSelfSignedUnlessItIsTheCaFile) {
  const ServerTls own = self_signed(folder.path(), "IP:127.0.0.1", -1, 10);
  ScriptedServer server(echo(), &own);
  auto made = HttpClient::create(options, world, *log);
  auto refused = (*made)->send(request(server.url()), cancel);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("self-signed certificate"));
  options.ca_file = own.certificate;
  EXPECT_EQ(get(server.url()), "200 ok");
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  const ServerTls old = self_signed(folder.path(), "IP:127.0.0.1", -10, -1);
  ScriptedServer server(echo(), &old);
  options.ca_file = old.certificate;
  EXPECT_THAT(get(server.url()),
              AllOf(StartsWith("E_CONFIG"), HasSubstr("expired on"), HasSubstr("renewed")));
}

TEST_F(TlsTest, RefusesACertificateOfTheFuture) {
  const ServerTls early = self_signed(folder.path(), "IP:127.0.0.1", 5, 10);
  ScriptedServer server(echo(), &early);
  options.ca_file = early.certificate;
  EXPECT_THAT(get(server.url()), AllOf(StartsWith("E_CONFIG"), HasSubstr("clocks")));
}

TEST_F(TlsTest, TrustsAnythingWhenToldTo) {
  const ServerTls old = self_signed(folder.path(), "DNS:other.example", -10, -1);
  ScriptedServer server(echo(), &old);
  options.verify_tls = false;
  EXPECT_EQ(get(server.url()), "200 ok");
}

TEST_F(TlsTest, RefusesOldProtocols) {
  ScriptedServer server(echo(), &good);
  SSL_CTX_set_min_proto_version(server.tls(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server.tls(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(server.tls(), "ALL:@SECLEVEL=0");
  options.ca_file = ca;
  EXPECT_THAT(get(server.url()), AllOf(StartsWith("E_CONFIG"), HasSubstr("TLS 1.2 or later")));
}

TEST_F(TlsTest, SaysThatThePortIsNotTls) {
  ScriptedServer server(ScriptedServer::serve([](const Request&, int) { return answer(400); }));
  ScriptedServer plain([](Peer& peer) {
    peer.send(answer(400, "bad request"));
    peer.wait_for_end();
  });
  options.ca_file = ca;
  EXPECT_THAT(get("https" + plain.url().substr(4)),
              AllOf(StartsWith("E_CONFIG"), HasSubstr("TLS handshake failed")));
}

TEST_F(TlsTest, ABrokenHandshakeIsTriedAgain) {
  std::atomic<int> number{0};
  SSL_CTX* context = server_context(good);
  ScriptedServer server([&](Peer& peer) {
    if (++number == 1) return;
    if (peer.start_tls(context)) echo()(peer);
  });
  options.ca_file = ca;
  HttpRequest post = request("https" + server.url().substr(4), "POST");
  EXPECT_EQ(outcome(post), "200 ok");
  EXPECT_EQ(server.connections(), 2);
  SSL_CTX_free(context);
}

TEST_F(TlsTest, ABodyWithoutLengthNeedsTheCloseOfTls) {
  ScriptedServer server(
      [](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of");
        peer.end_sending();
        peer.wait_for_end();
      },
      &good);
  options.ca_file = ca;
  EXPECT_THAT(get(server.url()), StartsWith("E_TRANSIENT"));
}

TEST_F(TlsTest, SeesAnEarlyAnswer) {
  options.ca_file = ca;
  for (const bool by_reset : {false, true}) {
    ScriptedServer server(
        [by_reset](Peer& peer) {
          peer.read_head();
          peer.send(answer(413, "too large"));
          if (!by_reset) peer.wait_for_end();
        },
        &good);
    HttpRequest put = request(server.url(), "PUT");
    put.body = text_body(std::string(32 << 20, 'x'));
    EXPECT_EQ(outcome(put), "413 too large") << by_reset;
  }
}

TEST_F(TlsTest, NamesACaFileThatIsNone) {
  options.ca_file = folder.path() / "none.pem";
  EXPECT_THAT(HttpClient::create(options, world, *log).error().message, HasSubstr("none.pem"));
  std::ofstream(options.ca_file) << "no certificate";
  EXPECT_EQ(HttpClient::create(options, world, *log).error().status, Status::kConfig);
  options.ca_file = folder.path() / "pipe.pem";
  ASSERT_EQ(::mkfifo(options.ca_file.c_str(), 0600), 0);
  EXPECT_THAT(HttpClient::create(options, world, *log).error().message, HasSubstr("a named pipe"));
}

}  // namespace
}  // namespace tq::test
