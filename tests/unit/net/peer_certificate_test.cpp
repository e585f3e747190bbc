// SPDX-License-Identifier: Apache-2.0
// What a server shows of itself before anybody trusts it, and that trusting exactly that works.
#include "net/peer_certificate.hpp"

#include <fstream>

#include "lab/frame/tls_files.hpp"
#include "unit/net/certificate.hpp"
#include "unit/net/fixture.hpp"

namespace tq::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class PeerCertificateTest : public ClientTest {
 protected:
  static ScriptedServer::Script ok() {
    return ScriptedServer::serve([](const Request&, int) { return answer(200, "ok"); });
  }
  Result<PeerCertificate> fetch(const ScriptedServer& server, const std::string& host) {
    return fetch_certificate({true, host, server.port()}, 10'000, real_, cancel);
  }
  std::string get_trusting(const ScriptedServer& server, const PeerCertificate& certificate) {
    options.ca_file = folder.path() / "trusted.pem";
    std::ofstream(options.ca_file) << certificate.pem;
    return get(server.url());
  }

  RealWorld real_;
};

TEST_F(PeerCertificateTest, OneThatNobodySignedCanBeTrusted) {
  const ServerTls own = self_signed(folder.path(), "IP:127.0.0.1", -1, 10);
  ScriptedServer server(ok(), &own);
  const auto certificate = fetch(server, "127.0.0.1");
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->subject, "CN=test");
  EXPECT_EQ(certificate->issuer, "CN=test");
  EXPECT_THAT(certificate->fingerprint, MatchesRegex("([0-9A-F][0-9A-F]:){31}[0-9A-F][0-9A-F]"));
  EXPECT_EQ(certificate->also_lacks, "");
  EXPECT_EQ(get_trusting(server, *certificate), "200 ok");
}

TEST_F(PeerCertificateTest, OneOfAPrivateCaCanBeTrustedAlone) {
  const lab::TlsFiles files = lab::tls_files(folder.path() / "tls");
  const ServerTls tls{files.certificate, files.key};
  ScriptedServer server(ok(), &tls);
  const auto certificate = fetch(server, "127.0.0.1");
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->also_lacks, "");
  EXPECT_EQ(get_trusting(server, *certificate), "200 ok");
}

TEST_F(PeerCertificateTest, TrustDoesNotHelpAWrongNameOrAnOldOne) {
  const ServerTls named = self_signed(folder.path(), "DNS:other.example", -1, 10);
  ScriptedServer other(ok(), &named);
  const auto wrong_name = fetch(other, "127.0.0.1");
  ASSERT_TRUE(wrong_name) << wrong_name.error().message;
  EXPECT_THAT(wrong_name->also_lacks, HasSubstr("is for other.example, not for 127.0.0.1"));
  EXPECT_THAT(get_trusting(other, *wrong_name), StartsWith("E_CONFIG"));

  const ServerTls old = self_signed(folder.path(), "IP:127.0.0.1", -10, -1);
  ScriptedServer expired(ok(), &old);
  const auto too_late = fetch(expired, "127.0.0.1");
  ASSERT_TRUE(too_late) << too_late.error().message;
  EXPECT_THAT(too_late->also_lacks, HasSubstr("expired on"));
}

TEST_F(PeerCertificateTest, SaysThatThePortIsNotTls) {
  ScriptedServer plain([](Peer& peer) {
    peer.send(answer(400, "bad request"));
    peer.wait_for_end();
  });
  const auto certificate = fetch(plain, "127.0.0.1");
  ASSERT_FALSE(certificate);
  EXPECT_EQ(certificate.error().status, Status::kConfig);
  EXPECT_THAT(certificate.error().message, HasSubstr("TLS handshake"));
}

TEST_F(PeerCertificateTest, SaysThatTheServerWantsAClientCertificate) {
  const ServerTls own = self_signed(folder.path(), "IP:127.0.0.1", -1, 10);
  ScriptedServer server(ok(), &own);
  SSL_CTX_set_verify(server.tls(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_max_proto_version(server.tls(), TLS1_2_VERSION);
  const auto certificate = fetch(server, "127.0.0.1");
  ASSERT_FALSE(certificate);
  EXPECT_THAT(certificate.error().message, HasSubstr("had asked for a client certificate"));
}

TEST_F(PeerCertificateTest, ASilentServerIsNotWaitedForForever) {
  ScriptedServer silent([](Peer& peer) { peer.wait_for_end(); });
  const auto certificate =
      fetch_certificate({true, "127.0.0.1", silent.port()}, 200, real_, cancel);
  ASSERT_FALSE(certificate);
  EXPECT_EQ(certificate.error().status, Status::kTransient);
}

}  // namespace
}  // namespace tq::test
