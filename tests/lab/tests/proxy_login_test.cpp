// SPDX-License-Identifier: Apache-2.0
// What the forward proxy asks of those who want to pass: Digest, NTLM, Negotiate, and over TLS or
// by SOCKS5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/StreamSocket.h>
#include <unistd.h>

#include <filesystem>

#include "lab/proxy/digest.hpp"
#include "lab/proxy/md4.hpp"
#include "lab/proxy/ntlm.hpp"
#include "lab/tests/cbc_fixture.hpp"

namespace lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kHealth = "/threathunter/feedmgr/healthcheck";

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string base64_of(const std::string& bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t j = 0; j < 3; ++j)
      value = value << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j > bytes.size() ? '=' : kDigits[value >> (18 - 6 * j) & 63];
  }
  return out;
}

TEST(Md4, HasTheNumbersOfItsStandard) {
  EXPECT_EQ(md4(""), bytes_of("31d6cfe0d16ae931b73c59d7e0c089c0"));
  EXPECT_EQ(md4("abc"), bytes_of("a448017aaf21d8525fc10ae87aa6729d"));
  EXPECT_EQ(md4("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            bytes_of("e33b4ddc9c38f2199c3e7b164fcc0536"));
}

// The example of MS-NLMP, 4.2.4, in a message of the third kind.
TEST(NtlmServer, TakesTheExampleOfItsStandardAndNoOther) {
  const std::string challenge = bytes_of("0123456789abcdef");
  const std::string answer = bytes_of(
      "68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000"
      "02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000");
  const std::string domain("D\0o\0m\0a\0i\0n\0", 12), user("U\0s\0e\0r\0", 8);
  const auto place = [](std::size_t size, std::size_t at) {
    return std::string{
        static_cast<char>(size), 0, static_cast<char>(size), 0, static_cast<char>(at), 0, 0, 0};
  };
  const std::string message = std::string("NTLMSSP\0\x03\0\0\0", 12) + place(0, 64) +
                              place(answer.size(), 84) + place(12, 64) + place(8, 76) +
                              place(0, 64) + place(0, 64) + std::string(4, '\0') + domain + user +
                              answer;
  const NtlmAccount account{"Domain", "User", "Password"};
  EXPECT_EQ(ntlm_kind(base64_of(message)), 3);
  EXPECT_TRUE(ntlm_proves(base64_of(message), challenge, account));
  EXPECT_FALSE(ntlm_proves(base64_of(message), bytes_of("0123456789abcdee"), account));
  EXPECT_FALSE(ntlm_proves(base64_of(message), challenge, {"Domain", "User", "password"}));
  EXPECT_FALSE(ntlm_proves(base64_of(message), challenge, {"Domain", "Other", "Password"}));
  EXPECT_FALSE(ntlm_proves(base64_of(message.substr(0, 80)), challenge, account));
  EXPECT_EQ(ntlm_kind("Tm9uZQ=="), 0);
}

TEST(DigestServer, CountsTheUsesOfANonce) {
  Digest digest("u", "p", 2);
  const std::string challenge = digest.challenge(false);
  const std::size_t at = challenge.find("nonce=\"") + 7;
  const std::string nonce = challenge.substr(at, challenge.find('"', at) - at);
  const auto proof = [&](const std::string& count, const std::string& password,
                         const std::string& of_nonce) {
    const std::string response = md5_hex(md5_hex("u:tqlab:" + password) + ":" + of_nonce + ":" +
                                         count + ":c:auth:" + md5_hex("GET:http://a/"));
    return digest.judge("GET", "http://a/",
                        "username=\"u\", realm=\"tqlab\", nonce=\"" + of_nonce +
                            "\", uri=\"http://a/\", qop=auth, nc=" + count +
                            ", cnonce=\"c\", response=\"" + response + "\"");
  };
  EXPECT_EQ(proof("00000001", "wrong", nonce), Digest::Verdict::kWrong);
  EXPECT_EQ(proof("00000001", "p", nonce), Digest::Verdict::kGood);
  EXPECT_EQ(proof("00000001", "p", nonce), Digest::Verdict::kWrong) << "said again";
  EXPECT_EQ(proof("00000002", "p", nonce), Digest::Verdict::kGood);
  EXPECT_EQ(proof("00000003", "p", nonce), Digest::Verdict::kStale);
  EXPECT_EQ(proof("00000001", "p", "mine"), Digest::Verdict::kStale);
  EXPECT_THAT(digest.challenge(true), HasSubstr("stale=true"));
}

TEST(ProxyLogin, AsksByTheOneThatIsWanted) {
  const Cbc target;
  const std::string url = target.process.url() + kHealth;
  const auto asked = [&](const std::string& auth) {
    const LabProcess proxy({"proxy", "--user", "u", "--password", "p", "--auth", auth});
    const RawAnswer answer = raw(proxy.host_and_port(), "GET", url);
    EXPECT_EQ(answer.status, 407);
    EXPECT_EQ(raw(proxy.host_and_port(), "CONNECT", target.process.host_and_port(),
                  "Proxy-Authorization: Basic dTpw\r\n")
                  .status,
              auth == "basic" ? 200 : 407);
    return answer.header("Proxy-Authenticate").value_or("");
  };
  EXPECT_EQ(asked("basic"), "Basic realm=\"tqlab\"");
  EXPECT_THAT(asked("digest"), StartsWith("Digest realm=\"tqlab\", nonce=\""));
  EXPECT_EQ(asked("ntlm"), "Negotiate");
  EXPECT_EQ(asked("negotiate"), "Negotiate");
}

TEST(ProxyLogin, NtlmBelongsToOneConnection) {
  const Cbc target;
  const LabProcess proxy({"proxy", "--user", "u", "--password", "p", "--auth", "ntlm"});
  const std::string connect =
      "CONNECT " + target.process.host_and_port() + " HTTP/1.1\r\nHost: a\r\n";
  const std::string hello =
      "Proxy-Authorization: NTLM " + base64_of(std::string("NTLMSSP\0\x01\0\0\0", 12)) + "\r\n\r\n";
  const std::string proof =
      "Proxy-Authorization: NTLM " + base64_of(std::string("NTLMSSP\0\x03\0\0\0", 12)) + "\r\n\r\n";
  RawConnection one(proxy.host_and_port());
  one.send(connect + hello);
  EXPECT_THAT(one.receive().header("Proxy-Authenticate").value_or(""),
              StartsWith("NTLM TlRMTVNTUAAC"));
  one.send(connect + proof);
  const RawAnswer refused = one.receive();
  EXPECT_EQ(refused.status, 407);
  EXPECT_EQ(refused.header("Proxy-Authenticate"), "Negotiate") << "it begins anew";
}

TEST(ProxyLogin, SpeaksTls) {
  const Cbc target;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tqlab-proxy-test-" + std::to_string(::getpid()));
  {
    LabProcess proxy({"proxy", "--tls-dir", folder.string()});
    Poco::Net::initializeSSL();
    const Poco::Net::Context::Ptr context =
        new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", proxy.ca_file(),
                               Poco::Net::Context::VERIFY_STRICT, 9, false);
    const std::string address = proxy.host_and_port();
    Poco::Net::HTTPSClientSession session(
        "127.0.0.1", static_cast<Poco::UInt16>(std::stoi(address.substr(address.find(':') + 1))),
        context);
    Poco::Net::HTTPRequest request("GET", target.process.url() + kHealth,
                                   Poco::Net::HTTPMessage::HTTP_1_1);
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    session.receiveResponse(response);
    EXPECT_EQ(response.getStatus(), 204);
    EXPECT_EQ(Json::parse(proxy.requests())["count"], 1);
  }
  std::filesystem::remove_all(folder);
}

// One connection to the SOCKS service: sends, and says what came back.
class SocksClient {
 public:
  explicit SocksClient(const std::string& address) : socket_(Poco::Net::SocketAddress(address)) {
    socket_.setReceiveTimeout(Poco::Timespan(20, 0));
  }
  std::string ask(const std::string& bytes, std::size_t size) {
    socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    std::string out(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      const int got = socket_.receiveBytes(out.data() + done, static_cast<int>(size - done));
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    out.resize(done);
    return out;
  }

 private:
  Poco::Net::StreamSocket socket_;
};

TEST(ProxySocks, LetsThroughWhoKnowsThePassword) {
  const Cbc target;
  const std::string address = target.process.host_and_port();
  const int port = std::stoi(address.substr(address.find(':') + 1));
  LabProcess proxy({"proxy", "--user", "u", "--password", "p", "--socks", "--map",
                    "far.example:443=" + address});
  EXPECT_EQ(SocksClient(proxy.socks()).ask(bytes_of("050100"), 2), bytes_of("05ff"));
  SocksClient wrong(proxy.socks());
  EXPECT_EQ(wrong.ask(bytes_of("05020002"), 2), bytes_of("0502"));
  EXPECT_EQ(wrong.ask(bytes_of("0101") + "u" + bytes_of("01") + "x", 2), bytes_of("0101"));
  SocksClient by_name(proxy.socks());
  by_name.ask(bytes_of("050102"), 2);
  EXPECT_EQ(by_name.ask(bytes_of("0101") + "u" + bytes_of("01") + "p", 2), bytes_of("0100"));
  EXPECT_EQ(by_name.ask(bytes_of("050100030b") + "far.example" + bytes_of("01bb"), 10).substr(0, 2),
            bytes_of("0500"));
  EXPECT_THAT(by_name.ask("GET " + std::string(kHealth) + " HTTP/1.1\r\nHost: a\r\n\r\n", 12),
              StartsWith("HTTP/1.1 204"));
  const LabProcess open({"proxy", "--socks"});
  SocksClient by_address(open.socks());
  EXPECT_EQ(by_address.ask(bytes_of("050100"), 2), bytes_of("0500"));
  const std::string to =
      bytes_of("050100017f000001") + static_cast<char>(port >> 8) + static_cast<char>(port & 255);
  EXPECT_EQ(by_address.ask(to, 10).substr(0, 2), bytes_of("0500"));
  SocksClient outside(open.socks());
  outside.ask(bytes_of("050100"), 2);
  EXPECT_EQ(outside.ask(bytes_of("05010001c000020101bb"), 10).substr(0, 2), bytes_of("0502"));
  const Json list = Json::parse(proxy.requests())["list"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["target"], "far.example:443");
  EXPECT_EQ(list[0]["login"], "password");
}

}  // namespace
}  // namespace lab
