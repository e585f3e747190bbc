// SPDX-License-Identifier: Apache-2.0
// The export believes only proof: portals that answer for the service, one report that always
// fails, what people changed in the feed, a run that recorded nothing.
#include <gmock/gmock.h>

#include "e2e/expected.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Proof : public testing::Test {
 protected:
  Proof()
      : site_(SiteOptions{{"--generate", "2600", "--seed", "7", "--collection", "Crimeware"}, {}}) {
  }
  Ended run(std::vector<std::string> more = {}, int exit_status = 0) {
    more.insert(more.begin(), {"run-once", "cb-prod"});
    const Ended ended = site_.tqhost(more);
    EXPECT_EQ(ended.exit_status, exit_status) << ended.out << ended.err << site_.log();
    return ended;
  }
  std::multiset<std::string> standing() { return values_of(site_.feeds().at("ThreatQ")); }
  std::string some_report() { return site_.feeds().at("ThreatQ").begin()->first; }

  Site site_;
};

TEST_F(Proof, APortalThatAnswersEveryWriteIsNotBelieved) {
  run();
  const auto before = standing();
  site_.threatq().change(R"({"newest": 400})");
  site_.cbc().fault(
      R"({"match": {"method": "POST|PUT|DELETE", "path": "/feedmgr/", "times": 0},
          "action": {"login_page": 200}})");
  const Ended portal = run({}, 1);
  EXPECT_THAT(portal.err, HasSubstr("HTTP 200 with text/html"));
  EXPECT_THAT(portal.err, HasSubstr("a look finds it undone"));
  EXPECT_EQ(standing(), before);
  const Ended purge = site_.tqhost({"instance", "remove", "cb-prod", "--purge-remote", "--yes"});
  EXPECT_EQ(purge.exit_status, 1) << purge.out << purge.err;
  EXPECT_EQ(standing(), before);
  site_.cbc().clear_faults();
  run();
  EXPECT_EQ(standing(), expected_values(site_));
}

TEST_F(Proof, OneReportThatAlwaysFailsIsADeadLetterInTheThirdRun) {
  run();
  const std::string report = some_report();
  site_.cbc().fault(R"({"match": {"method": "POST", "path": "/reports$", "times": 0},
                        "action": {"status": 413}})");
  site_.cbc().fault(R"({"match": {"method": "PUT", "path": "/reports/)" + report +
                    R"(", "times": 0}, "action": {"status": 500}})");
  site_.settings()["report_tags"] = "changed";
  site_.write_config();
  run({}, 1);
  run({}, 1);
  run({}, 3);
  const Ended letters = site_.tqhost({"deadletter", "ls", "cb-prod"});
  EXPECT_THAT(letters.out, HasSubstr(report));
  site_.cbc().clear_faults();
  run();
  EXPECT_EQ(standing(), expected_values(site_));
  EXPECT_THAT(site_.tqhost({"deadletter", "ls", "cb-prod"}).out, Not(HasSubstr(report)))
      << "it was accepted";
}

TEST_F(Proof, VerifyFindsWhatPeopleChangedAndRepairsIt) {
  run();
  const Ended good = site_.tqhost({"verify", "cb-prod"});
  EXPECT_EQ(good.exit_status, 0) << good.out << good.err;
  const std::string id = some_report();
  const std::string feed =
      Json::parse(site_.cbc().dump()).at("feeds").at(0).at("feedinfo").at("id");
  site_.cbc().change(R"({"delete_report": {"feed": ")" + feed + R"(", "report": ")" + id +
                     R"("}})");
  const Ended drift = site_.tqhost({"verify", "cb-prod"});
  EXPECT_EQ(drift.exit_status, 1) << drift.out << drift.err;
  EXPECT_THAT(drift.out + drift.err, HasSubstr(id));
  EXPECT_EQ(site_.tqhost({"status"}).exit_status, 1);
  run();
  EXPECT_NE(standing(), expected_values(site_)) << "a run believes its state";
  const Ended repair = site_.tqhost({"verify", "cb-prod", "--repair"});
  EXPECT_EQ(repair.exit_status, 0) << repair.out << repair.err << site_.log();
  EXPECT_EQ(standing(), expected_values(site_));
  EXPECT_EQ(site_.tqhost({"verify", "cb-prod"}).exit_status, 0);
  EXPECT_EQ(site_.tqhost({"status"}).exit_status, 0);
}

TEST_F(Proof, WhatAnUnrecordedRunSentIsTakenBack) {
  run();
  site_.threatq().change(R"({"newest": 300})");
  run({"--no-differential"});
  EXPECT_EQ(standing(), expected_values(site_));
  site_.settings()["report_tags"] = "another";
  site_.write_config();
  site_.cbc().reset_requests();
  run();
  EXPECT_EQ(standing(), expected_values(site_));
  site_.cbc().reset_requests();
  run();
  EXPECT_THAT(site_.writes(), IsEmpty());
}

TEST_F(Proof, ARestoredStateIsMadeUpFor) {
  run();
  const auto copy = site_.folder() / "old.db";
  ASSERT_EQ(site_.tqhost({"state", "backup", "cb-prod", copy.string()}).exit_status, 0);
  site_.threatq().change(R"({"newest": 300})");
  site_.threatq().change(R"({"oldest": 200})");
  run();
  std::filesystem::copy_file(copy, site_.state() / "cb-prod" / "state.db",
                             std::filesystem::copy_options::overwrite_existing);
  site_.threatq().change(R"({"newest": 100})");
  run();
  EXPECT_EQ(standing(), expected_values(site_));
  EXPECT_EQ(site_.tqhost({"verify", "cb-prod"}).exit_status, 0);
}

}  // namespace
}  // namespace e2e
