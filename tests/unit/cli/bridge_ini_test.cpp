// SPDX-License-Identifier: Apache-2.0
// The ThreatConnect bridge's configuration file, read as the plugin's settings.
#include "schema/bridge_ini.hpp"

#include <gmock/gmock.h>

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

BridgeIni read(const std::string& text) {
  auto out = parse_bridge_ini(text, "x.conf");
  EXPECT_TRUE(out.ok()) << out.error().message;
  return out ? *out : BridgeIni();
}

std::string refusal(const std::string& text) {
  auto out = parse_bridge_ini(text, "x.conf");
  EXPECT_FALSE(out.ok());
  if (out) return {};
  EXPECT_EQ(out.error().status, Status::kConfig);
  return out.error().message;
}

const std::string kKeys = "api_key = 12345678901234567890\nsecret_key = Zq9&!^x/+=$~é;#%20\"\n";

TEST(BridgeIni, TheGuidesKeysOnly) {
  const BridgeIni ini = read(kKeys +
                             "feed_retrieval_minutes = 60\nlistener_address = 127.0.0.1\n"
                             "listener_port = 6100\n[sources]\n"
                             "CommonCommunity = /v1/indicators/?owner=Common%20Community\n");
  EXPECT_EQ(dump_json(ini.config),
            R"({"api_key":"12345678901234567890","secret_key":"Zq9&!^x/+=$~é;#%20\"",)"
            R"("feed_retrieval_minutes":60,"listener_address":"127.0.0.1","listener_port":6100,)"
            R"("sources":[{"tag":"CommonCommunity",)"
            R"("path":"/v1/indicators/?owner=Common%20Community"}]})");
  EXPECT_THAT(ini.warnings, IsEmpty());
  EXPECT_EQ(ini.lines.at("listener_port"), 5u);
}

TEST(BridgeIni, KeysInAnySectionOrNoneWithoutCase) {
  for (const char* section : {"", "[auth]\n", "[bridge]\n", "[threatconnect]\n", "[odd]\n"}) {
    const BridgeIni ini =
        read(std::string(section) + "API_Key = 1\nSecret_Key = s\nListener_PORT: 7\n");
    EXPECT_EQ(ini.config["api_key"], "1") << section;
    EXPECT_EQ(ini.config["listener_port"], 7) << section;
  }
  const BridgeIni below = read("[sources]\nA = /v2/indicators?owner=A\n" + kKeys);
  EXPECT_EQ(below.config["sources"].size(), 1u);
  EXPECT_EQ(below.config["api_key"], "12345678901234567890");
}

TEST(BridgeIni, SourcesKeepTheirOrderAndTheirTags) {
  const BridgeIni ini = read(kKeys +
                             "[Sources]\nZebra = /v2/indicators?owner=Z\nalpha = /v1/x\n"
                             "url = /v1/indicators/?owner=url\n");
  ASSERT_EQ(ini.config["sources"].size(), 3u);
  EXPECT_EQ(ini.config["sources"][0]["tag"], "Zebra");
  EXPECT_EQ(ini.config["sources"][1]["tag"], "alpha");
  EXPECT_EQ(ini.config["sources"][2]["tag"], "url") << "a path makes it a source";
}

TEST(BridgeIni, ATagTwiceNamesBothLines) {
  const std::string message = refusal(kKeys + "[sources]\nA = /v1/a\nB = /v1/b\na = /v1/c\n");
  EXPECT_THAT(message, HasSubstr("x.conf:6: "));
  EXPECT_THAT(message, HasSubstr("also in line 4"));
}

TEST(BridgeIni, ADoubledPercentSignIsToldWithWhatItShouldBe) {
  EXPECT_THAT(
      refusal(kKeys + "[sources]\nCommonCommunity = /v1/indicators/?owner=Common%%20Community\n"),
      HasSubstr("source CommonCommunity: \"%%20\" should be \"%20\""));
}

TEST(BridgeIni, MissingKeysAreNamedTogether) {
  const std::string both = refusal("[sources]\nA = /v1/a\n");
  EXPECT_THAT(both, HasSubstr("x.conf"));
  EXPECT_THAT(both, HasSubstr("api_key and no secret_key"));
  EXPECT_THAT(refusal("api_key =\nsecret_key = s\n"), HasSubstr("has no api_key;"));
  EXPECT_THAT(refusal("api_key = 1\nsecret_key =\n"), HasSubstr("has no secret_key"));
  EXPECT_EQ(read("api_key = 1\nsecret_key_encrypted = e\n").config["secret_key_encrypted"], "e");
}

TEST(BridgeIni, TheSecretIsNeitherTheAccessIdNorInAMessage) {
  const std::string same = refusal("api_key = same-text\nsecret_key = same-text\n");
  EXPECT_THAT(same, HasSubstr("api_key and secret_key are the same; api_key is the access ID"));
  EXPECT_THAT(same, Not(HasSubstr("same-text")));
}

TEST(BridgeIni, OfBothSecretsThePlainOneIsUsed) {
  const BridgeIni ini = read("api_key = 1\nsecret_key = s\nsecret_key_encrypted = e\n");
  EXPECT_FALSE(ini.config.contains("secret_key_encrypted"));
  EXPECT_THAT(ini.warnings, ElementsAre(HasSubstr("x.conf:3: secret_key is used")));
}

TEST(BridgeIni, KeysOfLaterVersions) {
  const BridgeIni ini = read(
      "[threatconnect]\nsources = Org A, Common Community,\n  Org B\nurl = "
      "https://tc.example/api\n" +
      kKeys +
      "ioc_types = File,Address\nioc_min_rating = 2\nioc_grouping = Condensed\nmax_reports = 0\n"
      "filtered_ips = /etc/ips\n[bridge]\nskip_cb_sync = True\nhttps_proxy = http://p:3128\n"
      "feed_retrieval_minutes = often\n");
  EXPECT_THAT(ini.config["sources"], ElementsAre("Org A", "Common Community", "Org B"));
  EXPECT_THAT(ini.config["ioc_types"], ElementsAre("File", "Address"));
  EXPECT_EQ(ini.config["ioc_min_rating"], 2);
  EXPECT_EQ(ini.config["max_reports"], 0);
  EXPECT_EQ(ini.config["skip_cb_sync"], true);
  EXPECT_EQ(ini.config["filtered_ips"], "/etc/ips");
  EXPECT_EQ(ini.config["feed_retrieval_minutes"], "often") << "the schema refuses it";
  EXPECT_FALSE(read("sources = *\n" + kKeys).config.contains("sources")) << "all owners";
  EXPECT_EQ(read("skip_cb_sync =\n" + kKeys).config["skip_cb_sync"], true);
  EXPECT_EQ(read("skip_cb_sync = false\n" + kKeys).config["skip_cb_sync"], false);
}

TEST(BridgeIni, UnknownAndDoubledKeysAreWarnings) {
  const BridgeIni ini = read(kKeys +
                             "[bridge]\ncache_folder = /tmp\nlistener_port = 1\n"
                             "[more]\nlistener_port = 2\n");
  EXPECT_THAT(ini.warnings, ElementsAre(HasSubstr("x.conf:4: \"cache_folder\" is not known"),
                                        HasSubstr("x.conf:7: listener_port is also in line 5")));
  EXPECT_EQ(ini.config["listener_port"], 2);
}

TEST(BridgeIni, AValueThatRunsIntoTheNextLineIsRefused) {
  EXPECT_THAT(refusal("api_key = 1\n secret_key = s\n"),
              HasSubstr("x.conf:1: the value of api_key goes on in the next line"));
  EXPECT_THAT(refusal(kKeys + "[sources]\nA =\n  /v1/a\nB =\n"), HasSubstr("source \"B\" needs"));
}

}  // namespace
}  // namespace tq
