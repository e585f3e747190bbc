// SPDX-License-Identifier: Apache-2.0
// The main job, end to end over TLS: data collections of ThreatQ become reports of one feed.
#include <gmock/gmock.h>

#include <algorithm>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Export, PutsEachIndicatorOfACollectionIntoTheFeedOnce) {
  Site site;
  site.settings()["report_tags"] = "threatq, crimeware";
  site.settings()["threatq_hostname"] = "tq.example.com";
  site.write_config();
  const Ended run = site.tqhost({"run-once", "cb-prod"});
  ASSERT_EQ(run.exit_status, 0) << run.out << run.err << site.log();
  // In the log, and where the person looks who started it.
  for (const std::string& place : {site.log(), run.err})
    EXPECT_THAT(
        place,
        HasSubstr(
            "Feed \"ThreatQ\" is in place; subscribe a watchlist to it, or set create_watchlist"));
  EXPECT_EQ(site.tqhost({"run-once", "cb-prod"}).err, "") << "said once";

  const auto feeds = site.feeds();
  ASSERT_EQ(feeds.size(), 1u);
  const Site::Reports& reports = feeds.at("ThreatQ");
  EXPECT_EQ(values_of(reports), expected_values(site, kExportedTypes));
  for (const auto& [id, report] : reports) {
    EXPECT_EQ(report.at("tags"), Json({"threatq", "crimeware"}));
    EXPECT_EQ(report.at("severity"), 5);
    EXPECT_LE(report.at("iocs_v2").size(), 1000u);
    for (const Json& ioc : report.at("iocs_v2")) {
      const std::string number = ioc.at("id").get<std::string>().substr(3);
      EXPECT_EQ(ioc.at("link"), "https://tq.example.com/indicators/" + number + "/details");
      EXPECT_EQ(ioc.at("values").size(), 1u);
    }
  }
}

TEST(Export, LeavesARecordWithCountsByReason) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  const Json record = site.run_record();
  EXPECT_EQ(record.at("state"), "done");
  EXPECT_EQ(record.at("counts").at("read"), 1500);
  const auto kept = expected_values(site, kExportedTypes).size();
  EXPECT_EQ(record.at("counts").at("sent"), kept);
  uint64_t skipped = 0;
  for (const auto& [reason, number] : record.at("skipped").items())
    skipped += number.get<uint64_t>();
  EXPECT_EQ(skipped, 1500 - kept);
}

TEST(Export, SecondRunWritesNothing) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  site.cbc().reset_requests();
  const Ended second = site.tqhost({"run-once"});
  ASSERT_EQ(second.exit_status, 0) << second.err;
  EXPECT_THAT(site.writes(), IsEmpty());
  EXPECT_EQ(site.run_record().at("counts").at("unchanged"),
            expected_values(site, kExportedTypes).size());
}

TEST(Export, FollowsAdditionsAndRemovals) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  const auto before = site.feeds().at("ThreatQ");
  for (const char* change :
       {R"({"newest": 50})", R"({"oldest": 40})", R"({"random": 5, "seed": 3})"}) {
    site.threatq().change(change);
    const Ended run = site.tqhost({"run-once"});
    ASSERT_EQ(run.exit_status, 0) << change << run.err << site.log();
    EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site, kExportedTypes))
        << change;
  }
  // Stable ids: what did not change is still the same report, so that an analyst's "ignore"
  // survives.
  const auto after = site.feeds().at("ThreatQ");
  const auto same = std::count_if(before.begin(), before.end(), [&](const auto& report) {
    const auto now = after.find(report.first);
    return now != after.end();
  });
  EXPECT_GE(same, 1);
}

TEST(Export, SeveralCollectionsShareOneFeed) {
  SiteOptions options;
  options.threatq = {"--generate",         "900",          "--seed",    "3", "--collection",
                     "Hashes=MD5,SHA-256", "--collection", "Everything"};
  Site site(options);
  site.settings()["data_collections"] = "Hashes, Everything";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site.log();
  auto expected = expected_values(site, kExportedTypes);
  expected.merge(expected_values(site, {"MD5", "SHA-256"}));
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected);
}

TEST(Export, UnknownCollectionDeletesNothingAndTheOthersGoOn) {
  SiteOptions options;
  options.threatq = {"--generate",         "900",          "--seed",    "3", "--collection",
                     "Hashes=MD5,SHA-256", "--collection", "Names=FQDN"};
  Site site(options);
  site.settings()["data_collections"] = {"Hashes", "Names"};
  site.write_config();
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  const auto before = values_of(site.feeds().at("ThreatQ"));

  site.threatq().change(R"({"collection": {"name": "Names", "private": true}})");
  site.threatq().change(R"({"newest": 30})");
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.err, HasSubstr("Data collection \"Names\" was not found. Check the exact name "
                                 "and that it is shared with " +
                                 std::string(kUser)));
  auto expected = expected_values(site, {"MD5", "SHA-256"});
  for (const std::string& value : before)
    if (value.rfind("netconn_domain", 0) == 0) expected.insert(value);
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected)
      << "the unread collection keeps its reports";
}

TEST(Export, DryRunShowsWhatWouldChangeAndChangesNothing) {
  Site site;
  const Ended dry = site.tqhost({"run-once", "--dry-run"});
  EXPECT_EQ(dry.exit_status, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("cb-prod: would POST https://"));
  EXPECT_THAT(site.feeds(), IsEmpty());
  EXPECT_THAT(site.writes(), IsEmpty());
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site, kExportedTypes));
}

TEST(Export, NoDifferentialSendsEverythingAndRecordsNothing) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  site.threatq().change(R"({"newest": 20})");
  site.cbc().reset_requests();
  ASSERT_EQ(site.tqhost({"run-once", "--no-differential"}).exit_status, 0);
  EXPECT_THAT(site.writes(), Not(IsEmpty()));
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site, kExportedTypes));

  site.cbc().reset_requests();
  const Ended next = site.tqhost({"run-once"});
  ASSERT_EQ(next.exit_status, 0) << next.err << site.log();
  EXPECT_THAT(site.writes(), Not(IsEmpty())) << "the next run sends what it would have sent";
  EXPECT_EQ(values_of(site.feeds().at("ThreatQ")), expected_values(site, kExportedTypes));
}

TEST(Export, WatchlistIsMadeOnceWhenAskedFor) {
  Site site;
  site.settings()["create_watchlist"] = true;
  site.write_config();
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  const Json dump = Json::parse(site.cbc().dump());
  EXPECT_EQ(dump.at("watchlists").size(), 1u);
}

TEST(Export, SeverityFollowsTheScoreWhenAskedFor) {
  Site site;
  site.settings()["severity"] = "from_score";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  ASSERT_EQ(run.exit_status, 0) << run.err << site.log();
  std::map<std::string, int> scores;
  const Json dump = Json::parse(site.threatq().dump());
  for (const Json& indicator : dump.at("indicators"))
    scores["tq-" + std::to_string(indicator.at("id").get<uint64_t>())] =
        indicator.at("score").get<int>();
  const auto feeds = site.feeds();
  for (const auto& [id, report] : feeds.at("ThreatQ"))
    for (const Json& ioc : report.at("iocs_v2"))
      EXPECT_EQ(report.at("severity"),
                std::clamp(scores.at(ioc.at("id").get<std::string>()), 1, 10));
}

}  // namespace
}  // namespace e2e
