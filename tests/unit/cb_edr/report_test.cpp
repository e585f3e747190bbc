// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "ledger.hpp"
#include "settings.hpp"

namespace cb_edr {
namespace {

ReportFrame frame() {
  return {"Crimeware \"A\"", "https://tq.example.com/indicators/", {"threatq", "x"}};
}

Report two_indicators() {
  Report report;
  report.open(90);
  report.add(101, Field::kIpv4, "192.0.2.7", 1'718'000'000'000);
  report.add(102, Field::kDomain, "bad.example.com", 1'718'000'005'000);
  return report;
}

std::string document(const Report& report, const ReportFrame& frame, int severity) {
  std::string tail;
  report.tail(frame, severity, Digest{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 1}, &tail);
  return Report::head("some-id", 7) + tail;
}

TEST(Report, IsTheDocumentThatTheServiceTakes) {
  const std::string text = document(two_indicators(), frame(), 5);
  EXPECT_EQ(nlohmann::json::parse(text), nlohmann::json::parse(R"({
    "id": "some-id", "timestamp": 7, "title": "ThreatQ: Crimeware \"A\", indicators 101 to 102",
    "description": "Indicators of the ThreatQ data collection \"Crimeware \"A\"\", exported by tqhost (revision 123456789abcdef0).",
    "severity": 5, "link": "https://tq.example.com/indicators/", "tags": ["threatq", "x"],
    "iocs_v2": [
      {"id": "tq-101", "match_type": "equality", "field": "netconn_ipv4", "values": ["192.0.2.7"],
       "link": "https://tq.example.com/indicators/101/details"},
      {"id": "tq-102", "match_type": "equality", "field": "netconn_domain", "values": ["bad.example.com"],
       "link": "https://tq.example.com/indicators/102/details"}]})"));
}

TEST(Report, WithoutLinksAndTagsOmitsThem) {
  const std::string text = document(two_indicators(), {"C", "", {}}, 1);
  const auto document = nlohmann::json::parse(text);
  EXPECT_FALSE(document.contains("link"));
  EXPECT_FALSE(document.contains("tags"));
  EXPECT_FALSE(document.at("iocs_v2").at(0).contains("link"));
}

TEST(Report, DigestIsOfEverythingThatIsSent) {
  const Report report = two_indicators();
  const Digest digest = report.digest(frame(), 5);
  EXPECT_EQ(two_indicators().digest(frame(), 5), digest);
  EXPECT_NE(report.digest(frame(), 6), digest);
  ReportFrame other = frame();
  other.tags = {"threatqx"};
  EXPECT_NE(report.digest(other, 5), digest);
  other = frame();
  other.link_base = "https://elsewhere.example.com/indicators/";
  EXPECT_NE(report.digest(other, 5), digest);
  Report changed = two_indicators();
  changed.add(103, Field::kHash, "aa", 0);
  EXPECT_NE(changed.digest(frame(), 5), digest);
}

TEST(Report, RevisionIsFoundWhereItWasWritten) {
  EXPECT_EQ(Report::revision_in("exported by tqhost (revision 123456789abcdef0)."),
            "123456789abcdef0");
  for (const char* other : {"", "d", "a (revision 1).", "a (revision 123456789abcdef0). And more"})
    EXPECT_EQ(Report::revision_in(other), "") << other;
}

TEST(Report, KeepsTheNewestUpdate) {
  EXPECT_EQ(two_indicators().newest_updated_ms(), 1'718'000'005'000);
}

TEST(Report, LongCollectionNamesAreClipped) {
  const std::string text = document(two_indicators(), {std::string(900, 'n'), "", {}}, 1);
  EXPECT_EQ(nlohmann::json::parse(text).at("title").get<std::string>().size(), 255u);
}

TEST(ReportKey, IdIsTheSameForEverAndDiffersByEachPart) {
  const ReportKey key{"17", 0, 4711};
  EXPECT_EQ(key.report_id("cb-prod"), key.report_id("cb-prod"));
  EXPECT_THAT(
      key.report_id("cb-prod"),
      testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(key.report_id("cb-prod"), key.report_id("cb-test"));
  EXPECT_NE(key.report_id("cb-prod"), (ReportKey{"18", 0, 4711}.report_id("cb-prod")));
  EXPECT_NE(key.report_id("cb-prod"), (ReportKey{"17", 3, 4711}.report_id("cb-prod")));
  EXPECT_NE(key.report_id("cb-prod"), (ReportKey{"17", 0, 4712}.report_id("cb-prod")));
}

TEST(LinkBase, IsMadeOfWhatPeopleType) {
  EXPECT_EQ(link_base_of("tq.example.com"), "https://tq.example.com/indicators/");
  EXPECT_EQ(link_base_of("https://tq.example.com/some/page"), "https://tq.example.com/indicators/");
  EXPECT_EQ(link_base_of("192.0.2.1:8443"), "https://192.0.2.1:8443/indicators/");
  EXPECT_EQ(link_base_of("2001:db8::1"), "https://[2001:db8::1]/indicators/");
  EXPECT_TRUE(linkable(link_base_of("192.0.2.1:8443")));
  EXPECT_TRUE(linkable(link_base_of("2001:db8::1")));
  EXPECT_FALSE(linkable(link_base_of("threatq")));
  EXPECT_FALSE(linkable(link_base_of("localhost:1")));
  EXPECT_FALSE(linkable(link_base_of("tq\".example.com")));
}

}  // namespace
}  // namespace cb_edr
