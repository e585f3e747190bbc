// SPDX-License-Identifier: Apache-2.0
// What the settings that a manifest names make of the way to each host.
#include "services/origin_ways.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tq {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Manifest manifest() {
  Manifest out;
  out.tls = {{"/epo_host", "/epo_ca_file", "/epo_verify_tls"}};
  out.proxy = {{"/url", "/https_proxy"}};
  return out;
}

const Json kHosts = {{"epo_host", "epo.example:8443"}, {"url", "https://api.example"}};

Result<std::vector<OriginWay>> ways(const Json& more, const Manifest& of = manifest(),
                                    const std::map<std::string, Secret>& secrets = {}) {
  Json settings = kHosts;
  settings.update(more);
  return origin_ways(of, settings, secrets, /*allow_plain_http=*/false);
}

TEST(OriginWays, WhatIsNotSetChangesNothing) {
  EXPECT_THAT(*ways(Json::object()), IsEmpty());
  EXPECT_THAT(*ways({{"epo_ca_file", ""}, {"epo_verify_tls", nullptr}, {"https_proxy", "  "}}),
              IsEmpty());
}

TEST(OriginWays, AreOfTheHostsInTheSettings) {
  const auto found = ways({{"epo_ca_file", "/etc/epo.pem"}, {"epo_verify_tls", true}}, manifest(),
                          {{"/https_proxy", Secret("http://me:word@proxy:3128")}});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ(found->at(0).origin.text(), "https://epo.example:8443");
  EXPECT_EQ(found->at(0).ca_file, "/etc/epo.pem");
  EXPECT_EQ(found->at(0).ca_setting, "/epo_ca_file");
  EXPECT_EQ(found->at(0).verify_tls, true);
  EXPECT_EQ(found->at(0).proxy, "");
  EXPECT_EQ(found->at(1).origin.text(), "https://api.example");
  EXPECT_EQ(found->at(1).proxy, "http://me:word@proxy:3128");
  EXPECT_EQ(found->at(1).proxy_setting, "/https_proxy");
  EXPECT_FALSE(found->at(1).verify_tls);
  EXPECT_THAT(unverified_notes(*found), IsEmpty());
}

TEST(OriginWays, ACertificateThatIsNotVerifiedIsToldWithItsSetting) {
  const auto found = ways({{"epo_verify_tls", false}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(unverified_notes(*found),
              ElementsAre(AllOf(HasSubstr("the certificate of https://epo.example:8443 is not "
                                          "verified, because the setting /epo_verify_tls"))));
}

TEST(OriginWays, OfOneHostAgreeOrAreRefused) {
  Manifest two = manifest();
  two.proxy = {{"/url", "/https_proxy"}, {"/epo_host", "/epo_proxy"}};
  const Json same = {{"url", "https://EPO.example:8443/x"},
                     {"epo_ca_file", "/etc/epo.pem"},
                     {"https_proxy", "proxy:1"}};
  const auto merged = ways(same, two);
  ASSERT_TRUE(merged) << merged.error().message;
  ASSERT_THAT(*merged, SizeIs(1));
  EXPECT_EQ(merged->at(0).ca_file, "/etc/epo.pem");
  EXPECT_EQ(merged->at(0).proxy, "proxy:1");
  Json other = same;
  other["epo_proxy"] = "proxy:2";
  const auto refused = ways(other, two);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, Status::kConfig);
  EXPECT_EQ(refused.error().field, "/epo_proxy");
  EXPECT_THAT(refused.error().message, HasSubstr("/https_proxy and /epo_proxy"));
  other["epo_proxy"] = "proxy:1";
  EXPECT_TRUE(ways(other, two));
}

TEST(OriginWays, AWrongHostIsNamed) {
  const auto refused = ways({{"epo_host", "e p o"}, {"epo_verify_tls", false}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "/epo_host");
}

}  // namespace
}  // namespace tq
