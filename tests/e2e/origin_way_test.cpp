// SPDX-License-Identifier: Apache-2.0
// A plugin whose manifest says which settings decide how its vendor is reached: a CA, whether the
// certificate counts, a proxy. What is not verified is told wherever an operator looks.
#include <gmock/gmock.h>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kProxyPassword = "own-proxy-pass-91";

class OriginWay : public testing::Test {
 protected:
  OriginWay() {
    fs::copy_file(VENDOR_PATH, site_.plugins() / "vendor.so");
    site_.instance() = {{"name", "vendor"},
                        {"plugin", "vendor"},
                        {"config",
                         {{"api_fqdn", site_.cbc().host_and_port()},
                          {"oauth_id", "APIID00001"},
                          {"oauth_secret", kApiSecret},
                          {"oauth_owner", "a"},
                          {"threatq_password", "b"}}}};
    site_.config.erase("ca_file");
  }
  Ended tqhost(const std::vector<std::string>& arguments) {
    site_.write_config();
    return site_.tqhost(arguments);
  }
  // What a program sees of the instance's standing.
  Json standing() {
    const Json all = Json::parse(tqhost({"status", "--json"}).out);
    return all.is_array() ? all.at(0) : all.at("instances").at(0);
  }

  Site site_;
};

TEST_F(OriginWay, ACaOfTheVendorsIsASettingOfThePlugins) {
  EXPECT_EQ(tqhost({"run-once"}).exit_status, 1) << "the system's CAs do not know the lab's";
  site_.settings()["ca_file"] = site_.cbc().ca_file();
  const Ended run = tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err << site_.log("vendor");
  EXPECT_THAT(run.err, Not(HasSubstr("is not verified")));
  EXPECT_THAT(standing().at("findings"), IsEmpty());
  site_.settings()["ca_file"] = (site_.folder() / "none.pem").string();
  const Ended none = tqhost({"run-once"});
  EXPECT_EQ(none.exit_status, 2);
  EXPECT_THAT(none.err, AllOf(HasSubstr("none.pem"), HasSubstr("/ca_file")));
}

TEST_F(OriginWay, WhatIsNotVerifiedIsAWarningOfCheckLogAndStatus) {
  site_.settings()["verify_tls"] = false;
  const std::string told = "the certificate of " + site_.cbc().url() +
                           " is not verified, because the setting /verify_tls says so";
  const Ended check = tqhost({"check"});
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(check.err, HasSubstr("WARNING vendor config.note " + told));
  const Ended run = tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err << site_.log("vendor");
  EXPECT_THAT(run.err, HasSubstr(told));
  EXPECT_THAT(site_.log("vendor"), HasSubstr("WARNING vendor config.note " + told));
  const Ended status = tqhost({"status", "vendor"});
  EXPECT_EQ(status.exit_status, 0) << status.out;
  EXPECT_THAT(status.out, HasSubstr("as of its last run, " + told));
  const Json standing = this->standing();
  EXPECT_EQ(standing.at("well"), true);
  EXPECT_EQ(standing.at("findings").at(0).at("bad"), false);
  site_.settings()["verify_tls"] = true;
  site_.settings()["ca_file"] = site_.cbc().ca_file();
  EXPECT_EQ(tqhost({"run-once"}).exit_status, 0);
  EXPECT_THAT(this->standing().at("findings"), IsEmpty());
}

TEST_F(OriginWay, AProxyOfTheVendorsIsASettingOfThePlugins) {
  lab::LabProcess proxy(
      std::vector<std::string>{"proxy", "--user", "px", "--password", kProxyPassword, "--map",
                               "cloud.tqlab.example:443=" + site_.cbc().host_and_port()});
  site_.settings()["ca_file"] = site_.cbc().ca_file();
  site_.settings()["api_fqdn"] = "cloud.tqlab.example";
  site_.settings()["proxy"] =
      "http://px:" + std::string(kProxyPassword) + "@" + proxy.host_and_port();
  site_.config["proxy"]["no_proxy"] = {"*"};
  const Ended run = tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err << site_.log("vendor");
  EXPECT_THAT(proxy.requests(), HasSubstr("cloud.tqlab.example:443"));
  EXPECT_THAT(run.out + run.err + site_.log("vendor"), Not(HasSubstr(kProxyPassword)));
}

TEST_F(OriginWay, DescribeShowsTheSettings) {
  const Ended described = tqhost({"describe", "vendor"});
  EXPECT_EQ(described.exit_status, 0) << described.err;
  EXPECT_THAT(
      described.out,
      AllOf(HasSubstr("TLS:       /api_fqdn trusts the CA in /ca_file, is not verified when "
                      "/verify_tls is false\n"),
            HasSubstr("Proxy:     /api_fqdn is reached through that in /proxy\n")));
}

TEST(Unverified, ThreatQIsAWarningOfCheckLogAndStatus) {
  Site site;
  site.config["threatq"].erase("ca_file");
  site.config["threatq"]["verify_tls"] = false;
  site.write_config();
  const std::string told = "the certificate of ThreatQ at " + site.threatq().url() +
                           " is not verified, because the setting threatq.verify_tls says so";
  const Ended check = site.tqhost({"check"});
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(check.err, HasSubstr("WARNING cb-prod config.note " + told));
  EXPECT_THAT(site.log(), HasSubstr(told));
  EXPECT_THAT(site.tqhost({"status"}).out, HasSubstr(told)) << "before any run, too";
}

}  // namespace
}  // namespace e2e
