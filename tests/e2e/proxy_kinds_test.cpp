// SPDX-License-Identifier: Apache-2.0
// Every kind of proxy and of log-in against the lab's proxy, which shares no code with tqhost.
#include <gmock/gmock.h>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kSecret = "proxy-p@ss:7c1d";
constexpr const char* kWritten = "proxy-p%40ss%3A7c1d";
constexpr const char* kCloud = "cloud.tqlab.example:443";

class ProxyKinds : public testing::Test {
 protected:
  ProxyKinds() { site_.settings()["api_fqdn"] = "cloud.tqlab.example"; }

  void start(std::vector<std::string> more) {
    std::vector<std::string> all = {"proxy",
                                    "--user",
                                    "px",
                                    "--password",
                                    kSecret,
                                    "--map",
                                    std::string(kCloud) + "=" + site_.cbc().host_and_port()};
    all.insert(all.end(), more.begin(), more.end());
    proxy_.emplace(all);
  }
  void use(const std::string& url) {
    site_.config["proxy"]["url"] = url;
    site_.write_config();
  }
  static std::string url(const std::string& scheme, const std::string& address,
                         const std::string& user = "px") {
    return scheme + "://" + user + ":" + kWritten + "@" + address;
  }

  // A run goes through the proxy, by this log-in, and tells nobody how.
  void expect_reached(const std::string& proxy, const std::string& login) {
    const Ended run = site_.tqhost({"run-once"});
    ASSERT_EQ(run.exit_status, 0) << run.err << site_.log();
    EXPECT_EQ(values_of(site_.feeds().at("ThreatQ")), expected_values(site_));
    int through = 0;
    const Json requests = Json::parse(proxy_->requests());
    for (const Json& request : requests.at("list")) {
      EXPECT_EQ(request.at("target"), kCloud);
      if (request.at("status") != 200) continue;
      ++through;
      EXPECT_EQ(request.at("login"), login);
    }
    EXPECT_GT(through, 0);
    EXPECT_THAT(site_.log(),
                AllOf(HasSubstr("INFO cb-prod http.proxy reached https://cloud.tqlab.example "
                                "through the proxy " +
                                proxy),
                      HasSubstr("log_in=" + login)));
    EXPECT_THAT(run.out + run.err + site_.log(),
                AllOf(Not(HasSubstr(kSecret)), Not(HasSubstr(kWritten))));
  }

  Site site_;
  std::optional<lab::LabProcess> proxy_;
};

TEST_F(ProxyKinds, HttpByBasic) {
  start({});
  use(url("http", proxy_->host_and_port()));
  expect_reached("http://" + proxy_->host_and_port(), "Basic");
}

TEST_F(ProxyKinds, HttpByDigestWithNoncesThatGrowOld) {
  start({"--auth", "digest", "--nonce-uses", "1"});
  use(url("http", proxy_->host_and_port()));
  expect_reached("http://" + proxy_->host_and_port(), "Digest");
}

TEST_F(ProxyKinds, HttpByNtlm) {
  start({"--auth", "ntlm", "--domain", "CORP"});
  use(url("http", proxy_->host_and_port(), "CORP%5Cpx"));
  expect_reached("http://" + proxy_->host_and_port(), "NTLM");
}

TEST_F(ProxyKinds, HttpByNtlmInTheProxysOwnDomain) {
  start({"--auth", "ntlm", "--domain", "CORP"});
  use(url("http", proxy_->host_and_port()));
  expect_reached("http://" + proxy_->host_and_port(), "NTLM");
}

TEST_F(ProxyKinds, HttpsByDigestWithACaOfItsOwn) {
  start({"--auth", "digest", "--tls-dir", (site_.folder() / "proxy-tls").string()});
  use(url("https", proxy_->host_and_port()));
  const Ended untrusted = site_.tqhost({"run-once"});
  EXPECT_EQ(untrusted.exit_status, 1) << "the CA of the cloud is not the proxy's";
  EXPECT_THAT(untrusted.err,
              AllOf(HasSubstr("cannot trust https://" + proxy_->host_and_port()),
                    HasSubstr("proxy.ca_file does not hold the CA"), HasSubstr("/proxy/url")));
  site_.config["proxy"]["ca_file"] = proxy_->ca_file();
  site_.write_config();
  expect_reached("https://" + proxy_->host_and_port(), "Digest");
}

TEST_F(ProxyKinds, SocksWithAPassword) {
  start({"--socks"});
  use(url("socks5h", proxy_->socks()));
  expect_reached("socks5h://" + proxy_->socks(), "password");
  use("socks5h://px:wrong-pass@" + proxy_->socks());
  const Ended refused = site_.tqhost({"run-once"});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("check the proxy's user and password"),
                                 HasSubstr("/proxy/url"), Not(HasSubstr("wrong-pass"))));
}

TEST_F(ProxyKinds, OneThatOffersNegotiateAloneIsNamed) {
  start({"--auth", "negotiate"});
  use(url("http", proxy_->host_and_port()));
  const Ended run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("the proxy " + proxy_->host_and_port()),
                             HasSubstr("it offers Negotiate alone"), HasSubstr("/proxy/url")));
}

// As the connectors in Python had it.
TEST_F(ProxyKinds, TheEnvironmentNamesTheProxyWhereTheFileDoesNot) {
  start({});
  site_.write_config();
  const std::string of_environment = url("http", proxy_->host_and_port());
  const Variables variables = {{"https_proxy", of_environment},
                               {"ALL_PROXY", "http://127.0.0.1:9"},
                               {"NO_PROXY", "10.0.0.0/8 tq.example, http://never"}};
  const Ended run = site_.tqhost({"run-once"}, variables);
  EXPECT_EQ(run.exit_status, 0) << run.err << site_.log();
  EXPECT_THAT(proxy_->requests(), HasSubstr(kCloud));
  EXPECT_THAT(run.err, HasSubstr("environment NO_PROXY holds \"http://never\""));
  const Ended show = site_.tqhost({"config", "show"}, variables);
  EXPECT_THAT(show.out, AllOf(HasSubstr("http://px:***@"), HasSubstr("environment https_proxy"),
                              HasSubstr("environment NO_PROXY"), Not(HasSubstr(kWritten))));
  const Ended check = site_.tqhost({"check"}, variables);
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(check.out + check.err,
              AllOf(HasSubstr("the internet side is reached through the proxy http://px:***@" +
                              proxy_->host_and_port() +
                              " (environment https_proxy), but for "
                              "10.0.0.0/8, tq.example"),
                    Not(HasSubstr(kWritten)), Not(HasSubstr(kSecret))));
}

TEST_F(ProxyKinds, NoneInThreatqsUiStaysDirectWhateverTheEnvironmentSays) {
  start({});
  site_.settings()["api_fqdn"] = site_.cbc().host_and_port();
  site_.write_config();
  const Ended run =
      site_.tqhost({"run-once", "--external-proxy"}, {{"https_proxy", "http://127.0.0.1:9"}});
  EXPECT_EQ(run.exit_status, 0) << run.err;
  EXPECT_THAT(site_.log(),
              AllOf(HasSubstr("none is set in ThreatQ's UI"), Not(HasSubstr("http.proxy"))));
}

TEST_F(ProxyKinds, NoProxyWithABlankAndANetIsKept) {
  start({});
  use(url("http", proxy_->host_and_port()));
  site_.config["proxy"]["no_proxy"] = {"10.0.0.0/8 .tqlab.example."};
  site_.write_config();
  EXPECT_EQ(site_.tqhost({"run-once"}).exit_status, 1)
      << "no resolver but the proxy knows the name";
  EXPECT_THAT(Json::parse(proxy_->requests()).at("list"), SizeIs(0));
  site_.config["proxy"]["no_proxy"] = {"a.example", "10.0.0.0/99"};
  site_.write_config();
  const Ended wrong = site_.tqhost({"check"});
  EXPECT_EQ(wrong.exit_status, 2);
  EXPECT_THAT(wrong.err,
              AllOf(HasSubstr("tqhost.json:"), HasSubstr("/proxy/no_proxy/1 holds \"10.0.0.0/99\""),
                    HasSubstr("from 0 to 32")));
}

}  // namespace
}  // namespace e2e
