// SPDX-License-Identifier: Apache-2.0
// The proxy is for the internet side; ThreatQ goes through it only when its settings say so. Names
// that only the proxy can resolve prove who went through.
#include <gmock/gmock.h>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kProxyPassword = "proxy-pass-7c1d";
constexpr const char* kCloud = "cloud.tqlab.example:443";
constexpr const char* kThreatq = "threatq.tqlab.example:443";

class Proxied : public testing::Test {
 protected:
  Proxied() {
    proxy_.emplace(
        std::vector<std::string>{"proxy", "--user", "px", "--password", kProxyPassword, "--map",
                                 std::string(kCloud) + "=" + site_.cbc().host_and_port(), "--map",
                                 std::string(kThreatq) + "=" + site_.threatq().host_and_port()});
    site_.settings()["api_fqdn"] = "cloud.tqlab.example";
    site_.config["proxy"] = {
        {"url", "http://px:" + std::string(kProxyPassword) + "@" + proxy_->host_and_port()}};
    site_.write_config();
  }

  std::set<std::string> asked() {
    std::set<std::string> out;
    const Json requests = Json::parse(proxy_->requests());
    for (const Json& request : requests.at("list"))
      out.insert(request.at("target").get<std::string>());
    return out;
  }

  Site site_;
  std::optional<lab::LabProcess> proxy_;
};

TEST_F(Proxied, CarriesTheInternetSideOnly) {
  const Ended run = site_.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site_.log();
  EXPECT_THAT(asked(), AllOf(SizeIs(1), Contains(kCloud)));
  EXPECT_EQ(values_of(site_.feeds().at("ThreatQ")), expected_values(site_));
  EXPECT_THAT(run.out + run.err + site_.log(), Not(HasSubstr(kProxyPassword)));
}

TEST_F(Proxied, CarriesThreatqWhenItsSettingsSaySo) {
  site_.config["threatq"]["host"] = "threatq.tqlab.example";
  site_.config["threatq"]["use_proxy"] = true;
  site_.write_config();
  const Ended run = site_.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site_.log();
  EXPECT_THAT(asked(), AllOf(SizeIs(2), Contains(kCloud), Contains(kThreatq)));
}

TEST_F(Proxied, IsPassedByForNoProxy) {
  site_.config["proxy"]["no_proxy"] = {".tqlab.example"};
  site_.write_config();
  const Ended run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1) << "no resolver but the proxy knows the name";
  EXPECT_THAT(run.err, HasSubstr("cloud.tqlab.example"));
  EXPECT_THAT(asked(), SizeIs(0));
}

TEST_F(Proxied, RefusalNamesTheProxyAndNotItsPassword) {
  site_.config["proxy"]["url"] = "http://px:wrong-pass@" + proxy_->host_and_port();
  site_.write_config();
  const Ended run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("proxy"), HasSubstr("407"), Not(HasSubstr("wrong-pass"))));
}

// The proxy that is set in ThreatQ's UI.
class ThreatqProxy : public Proxied {
 protected:
  ThreatqProxy() {
    site_.config.erase("proxy");
    site_.instance()["external_proxy"] = true;
    site_.write_config();
  }
  void set_in_ui() {
    site_.threatq().change(
        Json{{"proxy", "http://px:" + std::string(kProxyPassword) + "@" + proxy_->host_and_port()}}
            .dump());
  }
};

TEST_F(ThreatqProxy, CarriesTheInternetSideOnly) {
  set_in_ui();
  const Ended run = site_.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site_.log();
  EXPECT_THAT(asked(), AllOf(SizeIs(1), Contains(kCloud)));
  EXPECT_THAT(run.out + run.err + site_.log(), Not(HasSubstr(kProxyPassword)));
}

TEST_F(ThreatqProxy, WinsOverTheConfiguredOne) {
  set_in_ui();
  site_.config["proxy"] = {{"url", "http://127.0.0.1:9"}};
  site_.write_config();
  EXPECT_EQ(site_.tqhost({"run-once"}).exit_status, 0) << site_.log();
}

TEST_F(ThreatqProxy, IsAskedForByAnOptionToo) {
  set_in_ui();
  site_.instance().erase("external_proxy");
  site_.write_config();
  EXPECT_EQ(site_.tqhost({"run-once"}).exit_status, 1);
  EXPECT_EQ(site_.tqhost({"run-once", "--external-proxy"}).exit_status, 0) << site_.log();
}

TEST_F(ThreatqProxy, ThatIsNotSetIsAWarningAndDirect) {
  site_.settings()["api_fqdn"] = site_.cbc().host_and_port();
  site_.write_config();
  const Ended run = site_.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err;
  EXPECT_THAT(site_.log(), HasSubstr("none is set in ThreatQ's UI"));
  EXPECT_THAT(asked(), SizeIs(0));
}

}  // namespace
}  // namespace e2e
