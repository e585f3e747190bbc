// SPDX-License-Identifier: Apache-2.0
// What keeps an export from doing harm: the brake, other people's feeds, other instances, missing
// rights, one at a time.
#include <gmock/gmock.h>
#include <signal.h>

#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Brake, StopsARunThatWouldDeleteMoreThanHalf) {
  Site site;
  ASSERT_EQ(site.tqhost({"run-once"}).exit_status, 0);
  const auto before = site.feeds();
  site.threatq().change(R"({"oldest": 1400})");
  site.cbc().reset_requests();
  const Ended stopped = site.tqhost({"run-once"});
  EXPECT_EQ(stopped.exit_status, 1);
  EXPECT_THAT(stopped.err, HasSubstr("an emptied or unshared data collection is the usual cause"));
  EXPECT_THAT(stopped.err, HasSubstr("--full"));
  EXPECT_THAT(site.writes(), IsEmpty());
  EXPECT_EQ(site.feeds(), before);
  EXPECT_EQ(site.run_record().at("state"), "needs_attention");

  const Ended forced = site.tqhost({"run-once", "--full"});
  ASSERT_EQ(forced.exit_status, 0) << forced.err;
  EXPECT_LT(values_of(site.feeds().at("ThreatQ")).size(), 110u);
}

TEST(ForeignFeed, IsRefusedUnlessAdopted) {
  Site site;
  site.cbc().call(
      "POST", "/threathunter/feedmgr/v2/orgs/ABCD1234/feeds",
      R"({"feedinfo":{"name":"ThreatQ","provider_url":"https://a.example/","summary":"mine","category":"x"},
                      "reports":[{"id":"r1","timestamp":1700000000,"title":"t","description":"d","severity":3,
                        "iocs_v2":[{"id":"i","match_type":"equality","field":"netconn_ipv4","values":["192.0.2.1"]}]}]})",
      {{"X-Auth-Token", std::string(kApiSecret) + "/APIID00001"},
       {"Content-Type", "application/json"}});
  const auto before = site.feeds();
  ASSERT_EQ(before.at("ThreatQ").size(), 1u);
  const Ended refused = site.tqhost({"run-once"});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_THAT(refused.err, HasSubstr("--adopt"));
  EXPECT_EQ(site.feeds(), before);

  const Ended adopted = site.tqhost({"run-once", "--adopt"});
  ASSERT_EQ(adopted.exit_status, 0) << adopted.err << site.log();
  EXPECT_EQ(site.feeds().at("ThreatQ").count("r1"), 0u);
  EXPECT_EQ(site.tqhost({"run-once"}).exit_status, 0);
}

TEST(TwoInstances, NeverTouchEachOthersReports) {
  SiteOptions options;
  options.threatq = {"--generate",         "900",          "--seed",    "3", "--collection",
                     "Hashes=MD5,SHA-256", "--collection", "Names=FQDN"};
  Site site(options);
  site.settings()["data_collections"] = {"Hashes"};
  site.settings().erase("feed_name");
  Json second = site.instance();
  second["name"] = "cb-test";
  second["config"]["data_collections"] = {"Names"};
  site.config["instances"].push_back(second);
  site.write_config();
  const Ended both = site.tqhost({"run-once"});
  ASSERT_EQ(both.exit_status, 0) << both.err;
  auto feeds = site.feeds();
  ASSERT_EQ(feeds.size(), 2u);
  const auto hashes = feeds.at("ThreatQ cb-prod"), names = feeds.at("ThreatQ cb-test");
  EXPECT_FALSE(hashes.empty());
  EXPECT_FALSE(names.empty());

  site.threatq().change(R"({"newest": 60})");
  ASSERT_EQ(site.tqhost({"run-once", "cb-test", "--full"}).exit_status, 0);
  EXPECT_EQ(site.feeds().at("ThreatQ cb-prod"), hashes);
  EXPECT_NE(site.feeds().at("ThreatQ cb-test"), names);

  // A third one on the first one's feed is told so and changes nothing; so is one that is moved to
  // it.
  Json third = site.instance(1);
  third["name"] = "cb-third";
  third["config"]["feed_name"] = "ThreatQ cb-prod";
  site.config["instances"].push_back(third);
  site.settings(1)["feed_name"] = "ThreatQ cb-prod";
  site.write_config();
  const Ended clash = site.tqhost({"run-once", "cb-third"});
  EXPECT_EQ(clash.exit_status, 1);
  EXPECT_THAT(clash.err, HasSubstr("belongs to another instance of tqhost"));
  const Ended moved = site.tqhost({"run-once", "cb-test"});
  EXPECT_EQ(moved.exit_status, 1);
  EXPECT_THAT(moved.err, HasSubstr("another feed has that name"));
  EXPECT_EQ(site.feeds().at("ThreatQ cb-prod"), hashes);
}

TEST(MissingPermission, IsNamed) {
  SiteOptions options;
  options.cbc = {"--permission", "org.feeds:READ", "--permission", "org.feeds:CREATE"};
  Site site(options);
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 1);
  EXPECT_THAT(run.err, HasSubstr("the API key lacks org.feeds UPDATE"));
  EXPECT_EQ(site.run_record().at("state"), "needs_attention");
  EXPECT_EQ(site.run_record().at("error").at("field"), "/api_id");
}

TEST(WrongCredentials, AreToldApart) {
  Site site;
  site.settings()["api_id"] = "WRONG";
  site.write_config();
  const Ended vendor = site.tqhost({"run-once"});
  EXPECT_EQ(vendor.exit_status, 1);
  EXPECT_THAT(vendor.err, HasSubstr("refused the API ID and the API Secret Key"));

  site.settings()["api_id"] = "APIID00001";
  site.config["threatq"]["password"] = "wrong-password";
  site.write_config();
  const Ended threatq = site.tqhost({"run-once"});
  EXPECT_EQ(threatq.exit_status, 1);
  EXPECT_THAT(threatq.err, HasSubstr(kUser));
  EXPECT_THAT(threatq.err, testing::Not(HasSubstr("wrong-password")));
}

TEST(SecondRun, OfARunningInstanceSaysSoAndDoesNothing) {
  Site site;
  site.threatq().fault(
      R"({"match": {"method": "POST", "path": "/api/indicators/query"}, "action": {"delay_ms": 4000}})");
  Running first(site.command({"run-once", "cb-prod"}), {});
  for (int i = 0; i < 100 && !std::filesystem::exists(site.state() / "cb-prod" / "run.json"); ++i)
    ::usleep(50'000);
  const Ended second = site.tqhost({"run-once", "cb-prod"});
  EXPECT_EQ(second.exit_status, 0);
  EXPECT_THAT(second.out + second.err, HasSubstr("running"));
  EXPECT_EQ(site.run_record().at("state"), "running") << "the record is the first run's";
  EXPECT_EQ(first.wait().exit_status, 0);
  EXPECT_EQ(site.run_record().at("state"), "done");
}

// A run that is sent the signal while ThreatQ keeps it waiting.
Ended stopped_by(Site& site, int signal, const std::vector<std::string>& words) {
  site.threatq().fault(
      R"({"match": {"method": "POST", "path": "/api/indicators/query"}, "action": {"delay_ms": 60000}})");
  Running run(site.command(words), {});
  for (int i = 0; i < 600 && !std::filesystem::exists(site.state() / "cb-prod" / "run.json"); ++i)
    ::usleep(50'000);
  run.send_signal(signal);
  return run.wait(30);
}

TEST(Stop, EndsARunInOrder) {
  for (const auto& [signal, exit_status] : {std::pair(SIGTERM, 143), std::pair(SIGINT, 130)}) {
    Site site;
    const Ended ended = stopped_by(site, signal, {"run-once", "cb-prod"});
    EXPECT_EQ(ended.signal, 0);
    EXPECT_EQ(ended.exit_status, exit_status) << ended.err;
    EXPECT_EQ(site.run_record().at("state"), "cancelled");
  }
}

TEST(Stop, IsOutrankedByARunThatFailed) {
  Site site;
  Json other = site.instance();
  other["name"] = "other";
  other["plugin"] = "gone";
  site.config["instances"].push_back(other);
  site.write_config();
  EXPECT_EQ(stopped_by(site, SIGTERM, {"run-once"}).exit_status, 2);
  EXPECT_EQ(site.run_record().at("state"), "cancelled");
}

}  // namespace
}  // namespace e2e
