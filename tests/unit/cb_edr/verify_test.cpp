// SPDX-License-Identifier: Apache-2.0
// What stands in the feed against what the state says.
#include "edr.hpp"

namespace cb_edr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using tqp::fake::Verified;

class Verifying : public Edr {
 protected:
  void SetUp() override {
    Edr::SetUp();
    cloud_.thorough = false;
    fill("Crimeware", 1, 2000);
    settings_["report_tags"] = {"threatq", "a \"b\""};
    ASSERT_TRUE(run().ok());
    writes();
  }
  Verified verify(bool repair = false) {
    host_.setup.config = settings_.dump();
    return host_.verify(repair);
  }
  std::map<std::string, Cloud::Report>& reports() { return cloud_.feed("ThreatQ")->reports; }
  void replace(const std::string& what, const std::string& with) {
    std::string& body = reports().begin()->second.body;
    const size_t at = body.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    body.replace(at, what.size(), with);
  }
};

TEST_F(Verifying, FindsEverythingAsItWasSent) {
  for (const char* severity : {"5", "\"from_score\""}) {
    settings_["severity"] = Json::parse(severity);
    fill("Phishing", 1, 700, "18");
    settings_["data_collections"] = {"Crimeware", "Phishing"};
    ASSERT_TRUE(run().ok());
    writes();
    const Verified found = verify();
    EXPECT_TRUE(found.outcome.ok()) << found.outcome;
    EXPECT_EQ(found.count(TQP_FOUND_SAME), reports().size());
    EXPECT_EQ(found.findings.size(), reports().size()) << "nothing else";
    EXPECT_THAT(writes(), IsEmpty());
  }
}

TEST_F(Verifying, NoticesEveryMemberThatIsNotAsItWasSent) {
  const auto good = reports();
  const std::string id = good.begin()->first;
  const std::pair<std::string, std::string> changes[] = {
      {"\"severity\":5", "\"severity\":6"},
      {"\"tags\":[\"threatq\"", "\"tags\":[\"treatq\""},
      {"ThreatQ: Crimeware", "ThreatQ: Crimewere"},
      {"exported by tqhost", "exported by nobody"},
      {"\"link\":\"https://tq", "\"link\":\"https://qt"},
      {".example.com\"]", ".example.org\"]"},
      {"\"match_type\":\"equality\"", "\"match_type\":\"regex\""},
      {"netconn_domain", "netconn_ipv4"},
      {"/details\"", "/detail\""},
      {"\"timestamp\":1", "\"timestamp\":2"},
      {"{\"id\":\"tq-", "{\"id\":\"tq-9"}};
  for (const auto& [what, with] : changes) {
    SCOPED_TRACE(what);
    reports() = good;
    replace(what, with);
    const Verified found = verify();
    ASSERT_TRUE(found.outcome.ok()) << found.outcome;
    EXPECT_EQ(found.count(TQP_FOUND_DIFFERENT), 1u);
    EXPECT_EQ(found.count(TQP_FOUND_SAME), good.size() - 1);
  }
}

TEST_F(Verifying, TheOrderOfIocsAndMembersOfTheServiceAreNoDifference) {
  Json json = Json::parse(reports().begin()->second.body);
  std::reverse(json.at("iocs_v2").begin(), json.at("iocs_v2").end());
  json["iocs_total_count"] = 7;
  json["visibility"] = nullptr;
  reports().begin()->second.body = json.dump();
  EXPECT_EQ(verify().count(TQP_FOUND_SAME), reports().size());
}

TEST_F(Verifying, IndicatorsThatShareAnIocAreNoDifference) {
  auto& rows = crimeware().rows;
  rows.push_back({5001, "FQDN", "H17.example.com", "Active", 5, 1'700'000'000'000});
  rows.push_back({5002, "FQDN", "h2000.EXAMPLE.com", "Active", 5, 1'700'000'000'000});
  ASSERT_TRUE(run().ok());
  const Verified found = verify();
  EXPECT_EQ(found.count(TQP_FOUND_SAME), reports().size());
  EXPECT_EQ(found.findings.size(), reports().size());
}

TEST_F(Verifying, ListsWhatIsMissingAndWhatIsSomebodysAndRepairs) {
  const std::string missing = reports().begin()->first;
  reports().erase(reports().begin());
  replace("\"severity\":5", "\"severity\":6");
  const std::string different = reports().begin()->first;
  Cloud::add_reports(*cloud_.feed("ThreatQ"), 2);
  const auto state = host_.state;
  const Verified found = verify();
  ASSERT_TRUE(found.outcome.ok());
  EXPECT_EQ(found.count(TQP_FOUND_MISSING), 1u);
  EXPECT_EQ(found.count(TQP_FOUND_DIFFERENT), 1u);
  EXPECT_EQ(found.count(TQP_FOUND_FOREIGN), 2u);
  for (const auto& finding : found.findings) {
    if (finding.how == TQP_FOUND_MISSING) EXPECT_EQ(finding.value, missing);
    if (finding.how == TQP_FOUND_DIFFERENT) EXPECT_EQ(finding.value, different);
  }
  EXPECT_EQ(host_.state, state);
  ASSERT_TRUE(run().ok());
  EXPECT_THAT(writes(), IsEmpty()) << "a run believes its state";

  ASSERT_TRUE(verify(true).outcome.ok());
  EXPECT_THAT(writes(), IsEmpty()) << "a verification writes nothing";
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(count(writes(), "PUT"), 2u);
  const Verified after = verify();
  EXPECT_EQ(after.count(TQP_FOUND_MISSING) + after.count(TQP_FOUND_DIFFERENT), 0u);
  EXPECT_EQ(after.count(TQP_FOUND_FOREIGN), 2u);
}

TEST_F(Verifying, AFeedThatIsGoneMissesAllReports) {
  const size_t all = reports().size();
  cloud_.feeds.clear();
  const Verified found = verify();
  ASSERT_TRUE(found.outcome.ok()) << found.outcome;
  EXPECT_EQ(found.count(TQP_FOUND_MISSING), all);
  EXPECT_THAT(found.findings[0].detail, HasSubstr("does not stand there any more"));
}

TEST_F(Verifying, ACutListIsNoFinding) {
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.url.find("/reports") == std::string::npos) return std::nullopt;
    return Answer{200, R"({"results":[]})", {}, {}, true};
  };
  EXPECT_EQ(verify().outcome.status, TQP_E_TRANSIENT);
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    if (request.url.find("/reports") == std::string::npos) return std::nullopt;
    return Answer{200, "<html>log in</html>", {{"Content-Type", "text/html"}}};
  };
  const Verified found = verify(true);
  EXPECT_EQ(found.outcome.status, TQP_E_TRANSIENT);
  EXPECT_THAT(found.findings, IsEmpty());
}

TEST_F(Verifying, WhatIsInDoubtIsToldAsSuch) {
  host_.state["feed/bulk_refused"] = "1";
  fill("Crimeware", 1, 2300);
  cloud_.before = [](const Sent& request) -> std::optional<Answer> {
    return request.method == "PUT" ? std::optional(Answer{400, "no"}) : std::nullopt;
  };
  ASSERT_TRUE(run().ok());
  cloud_.before = {};
  const Verified found = verify();
  ASSERT_TRUE(found.outcome.ok());
  EXPECT_GT(found.count(TQP_FOUND_DIFFERENT), 0u);
  for (const auto& finding : found.findings)
    if (finding.how == TQP_FOUND_DIFFERENT) EXPECT_THAT(finding.detail, HasSubstr("not confirmed"));
}

TEST_F(Verifying, BeforeTheFirstRunThereIsNothingToCompare) {
  cloud_.feeds.clear();
  host_.state.clear();
  const Verified found = verify();
  EXPECT_TRUE(found.outcome.ok());
  EXPECT_THAT(found.findings, IsEmpty());
}

TEST_F(Verifying, AnotherInstancesFeedIsNotCompared) {
  cloud_.feed("ThreatQ")->summary = "[tqhost:other:0011223344556677]";
  EXPECT_THAT(verify().outcome.message, HasSubstr("belongs to another instance"));
}

}  // namespace
}  // namespace cb_edr
