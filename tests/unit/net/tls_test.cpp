// SPDX-License-Identifier: Apache-2.0
// Whom the client trusts, and what it says when it does not.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "lab/frame/tls_files.hpp"
#include "unit/net/certificate.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
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

// The server hangs up, without an alert, once it has the client's empty answer.
void hang_up_at_certificate(int sent, int, int type, const void* bytes, size_t size, SSL* ssl,
                            void*) {
  constexpr char kCertificate = 11;
  if (sent == 0 && type == SSL3_RT_HANDSHAKE && size > 0 &&
      *static_cast<const char*>(bytes) == kCertificate)
    ::shutdown(SSL_get_fd(ssl), SHUT_RDWR);
}

void want_certificate(const ScriptedServer& server, int version) {
  SSL_CTX_set_verify(server.tls(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_max_proto_version(server.tls(), version);
}

TEST_F(TlsTest, SaysThatTheServerWantsAClientCertificate) {
  options.ca_file = ca;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ScriptedServer server(echo(), &good);
    want_certificate(server, version);
    HttpRequest post = request(server.url(), "POST");
    post.body = text_body(std::string(1 << 20, 'b'));
    for (const HttpRequest& what : {request(server.url()), post})
      EXPECT_THAT(outcome(what),
                  AllOf(StartsWith("E_CONFIG " + what.method), HasSubstr("127.0.0.1"),
                        HasSubstr("the server wants a client certificate")))
          << version;
    EXPECT_EQ(server.connections(), 2) << "trying again would not help; " << version;
  }
}

TEST_F(TlsTest, AnEndAfterAClientCertificateWasAskedForIsToldAsThat) {
  options.ca_file = ca;
  options.max_attempts = 2;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ScriptedServer server(echo(), &good);
    want_certificate(server, version);
    SSL_CTX_set_msg_callback(server.tls(), hang_up_at_certificate);
    EXPECT_THAT(get(server.url()),
                AllOf(StartsWith("E_TRANSIENT"), HasSubstr("had asked for a client certificate")))
        << version;
    EXPECT_EQ(server.connections(), 2) << version;
  }
}

TEST_F(TlsTest, AClientCertificateThatIsOnlyWelcomeIsNoMatter) {
  ScriptedServer server(ScriptedServer::serve([](const Request& request, int number) {
                          return number == 2 ? "" : answer(200, request.body + "ok");
                        }),
                        &good);
  SSL_CTX_set_verify(server.tls(), SSL_VERIFY_PEER, nullptr);
  options.ca_file = ca;
  options.max_attempts = 1;
  EXPECT_EQ(get(server.url()), "200 ok");
  EXPECT_THAT(outcome(request(server.url(), "POST")),
              AllOf(StartsWith("E_TRANSIENT"), Not(HasSubstr("client certificate"))))
      << "it has let us in before";
}

bool system_cas_are_read_once(const std::filesystem::path& folder, const std::filesystem::path& ca,
                              const std::function<bool(bool)>& ask) {
  const std::filesystem::path system = folder / "system.pem";
  ::setenv("SSL_CERT_FILE", system.c_str(), 1);
  ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
  // Not there yet, and nobody minds who makes no connection.
  if (!ask(false)) return false;
  std::filesystem::copy_file(ca, system);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { good += ask(true) ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  std::filesystem::remove(system);
  return good == 4 && ask(true);
}

TEST_F(TlsTest, TheSystemsCasAreReadForTheFirstConnectionAndOnlyOnce) {
  // What a process has read stays in it, so this is one of its own.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto try_it = [&] {
    ScriptedServer server(echo(), &good);
    const bool once = system_cas_are_read_once(folder.path(), ca, [&](bool connect) {
      auto made = HttpClient::create(options, world, *log);
      if (!connect) return made.ok();
      return made.ok() && (*made)->send(request(server.url()), cancel).ok();
    });
    std::filesystem::remove_all(folder.path());
    return once ? 0 : 1;
  };
  EXPECT_EXIT(::_exit(try_it()), testing::ExitedWithCode(0), "");
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
