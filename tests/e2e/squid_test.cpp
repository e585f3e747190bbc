// SPDX-License-Identifier: Apache-2.0
// Runs through a real squid, which asks for Basic, Digest and NTLM, on a plain port and a TLS one.
#include <gmock/gmock.h>

#include <fstream>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"
#include "e2e/squid.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kProxyPassword = "proxy-pass-7c1d";
// openssl passwd -apr1 -salt tqsquid1
constexpr const char* kBasicLine = "px:$apr1$tqsquid1$kK.jdhz1QcG46xekTjBUm1\n";

struct LogIn {
  const char* name;   // as the log says it
  const char* user;   // as it stands in the URL
  const char* known;  // as squid logs it
  std::vector<std::string> (*lines)(const std::string& passwords);
};

std::vector<std::string> basic_lines(const std::string& passwords) {
  return {"auth_param basic program /usr/lib/squid/basic_ncsa_auth " + passwords,
          "auth_param basic realm tqsquid"};
}
std::vector<std::string> digest_lines(const std::string& passwords) {
  return {"auth_param digest program /usr/lib/squid/digest_file_auth " + passwords,
          "auth_param digest realm tqsquid", "auth_param digest nonce_max_count 2"};
}
std::vector<std::string> ntlm_lines(const std::string&) {
  return {"auth_param ntlm program /usr/lib/squid/ntlm_fake_auth"};
}

const LogIn kBasic = {"Basic", "px", " px ", basic_lines};
const LogIn kDigest = {"Digest", "px", " px ", digest_lines};
const LogIn kNtlm = {"NTLM", "TQLAB%5Cpx", "px ", ntlm_lines};

class BySquid : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Squid::missing(); !why.empty()) GTEST_SKIP() << why;
  }

  // The internet side stands behind the name cloud.tqlab.example.
  void start(const LogIn& login) {
    site_.emplace();
    const auto passwords = site_->folder() / "squid.passwords";
    std::ofstream(passwords) << (&login == &kBasic ? std::string(kBasicLine)
                                                   : std::string("px:") + kProxyPassword + "\n");
    // Read by squid's helper, which is another user when root runs the tests.
    std::filesystem::permissions(passwords, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    std::filesystem::permissions(site_->folder(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    SquidOptions squid;
    squid.folder = site_->folder() / "squid";
    squid.certificate = site_->folder() / "tls" / "server.pem";
    squid.key = site_->folder() / "tls" / "server.key";
    squid.log_in = login.lines(passwords.string());
    squid.names = {"cloud.tqlab.example", "threatq.tqlab.example"};
    squid_.emplace(squid);
    const std::string address = site_->cbc().host_and_port();
    site_->settings()["api_fqdn"] = "cloud.tqlab.example" + address.substr(address.find(':'));
  }

  void use(const std::string& url) {
    site_->config["proxy"] = {{"url", url}, {"ca_file", site_->cbc().ca_file()}};
    site_->write_config();
  }
  std::string url(const std::string& scheme, const LogIn& login,
                  const std::string& password = kProxyPassword) {
    return scheme + "://" + login.user + ":" + password + "@" +
           (scheme == "https" ? squid_->https() : squid_->http());
  }

  void expect_reached(const LogIn& login, const std::string& scheme) {
    use(url(scheme, login));
    const Ended run = site_->tqhost({"run-once", "--full"});
    ASSERT_EQ(run.exit_status, 0) << run.err << site_->log() << squid_->access_log();
    EXPECT_EQ(values_of(site_->feeds().at("ThreatQ")), expected_values(*site_));
    const std::string proxy =
        scheme + "://" + (scheme == "https" ? squid_->https() : squid_->http());
    EXPECT_THAT(site_->log(), AllOf(HasSubstr("http.proxy reached https://cloud.tqlab.example"),
                                    HasSubstr(" through the proxy " + proxy),
                                    HasSubstr(std::string("log_in=") + login.name)));
    EXPECT_THAT(squid_->access_log(),
                AllOf(HasSubstr("CONNECT cloud.tqlab.example"), HasSubstr(login.known)));
    EXPECT_THAT(run.out + run.err + site_->log(), Not(HasSubstr(kProxyPassword)));
  }

  // Plain requests are passed on by squid itself, among them the log-in, a POST.
  void expect_threatq_reached(const LogIn& login) {
    std::vector<std::string> plain = SiteOptions().threatq;
    plain.insert(plain.begin(), {"threatq", "--plain", "--user",
                                 std::string(kUser) + ":" + kPassword + ":clientid0123"});
    lab::LabProcess threatq(plain);
    const std::string address = threatq.host_and_port();
    site_->config["threatq"]["host"] =
        "http://threatq.tqlab.example" + address.substr(address.find(':'));
    site_->config["threatq"]["use_proxy"] = true;
    site_->config["allow_plain_http"] = true;
    expect_reached(login, "http");
    EXPECT_THAT(squid_->access_log(), HasSubstr("POST http://threatq.tqlab.example"));
    EXPECT_THAT(site_->log(), HasSubstr("reached http://threatq.tqlab.example"));
  }

  std::optional<Site> site_;
  std::optional<Squid> squid_;
};

TEST_F(BySquid, BasicIsSpoken) {
  start(kBasic);
  expect_reached(kBasic, "http");
  expect_reached(kBasic, "https");
  expect_threatq_reached(kBasic);
}

TEST_F(BySquid, DigestIsSpoken) {
  start(kDigest);
  expect_reached(kDigest, "http");
  expect_reached(kDigest, "https");
  expect_threatq_reached(kDigest);
}

TEST_F(BySquid, NtlmIsSpoken) {
  start(kNtlm);
  expect_reached(kNtlm, "http");
  expect_threatq_reached(kNtlm);
}

TEST_F(BySquid, AWrongPasswordPointsAtTheProxysSetting) {
  start(kDigest);
  use(url("http", kDigest, "wrong-pass"));
  const Ended run = site_->tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("407"), HasSubstr("which it refuses by Digest"),
                             HasSubstr("/proxy/url"), Not(HasSubstr("wrong-pass"))));
  EXPECT_EQ(site_->run_record().at("error").at("field"), "/proxy/url");
}

TEST_F(BySquid, ACertificateThatIsNotTrustedPointsAtTheProxysCaFile) {
  start(kBasic);
  use(url("https", kBasic));
  site_->config["proxy"]["ca_file"] = site_->config["ca_file"];
  std::ofstream(site_->folder() / "other.pem") << read_text("/etc/ssl/certs/ca-certificates.crt");
  site_->config["proxy"]["ca_file"] = (site_->folder() / "other.pem").string();
  site_->write_config();
  const Ended run = site_->tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("cannot trust https://127.0.0.1:"),
                             HasSubstr("proxy.ca_file does not hold the CA that signed it")));
}

}  // namespace
}  // namespace e2e
