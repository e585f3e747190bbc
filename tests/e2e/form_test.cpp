// SPDX-License-Identifier: Apache-2.0
// Configuration in ThreatQ's UI, from the first registration on: the form, its switch, a person's
// edits, ThreatQ being away.
#include <gmock/gmock.h>

#include "e2e/form_site.hpp"

namespace e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(Formed, FirstRunRegistersAndDoesNothingElse) {
  const Ended first = run();
  EXPECT_EQ(first.exit_status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("cb-edr is disabled in ThreatQ; nothing was done"));
  EXPECT_EQ(run({"--strict"}).exit_status, 4);
  ASSERT_EQ(records().size(), 1u);
  const Json record = records().at(0);
  EXPECT_EQ(record.at("name"), kRecord);
  EXPECT_EQ(record.at("is_active"), false);
  EXPECT_EQ(record.at("custom_fields").at("api_fqdn").at("default"), "defense.conferdeploy.net");
  EXPECT_THAT(Json::parse(site_.cbc().requests()).at("list"), IsEmpty());
  EXPECT_EQ(site_.run_record("cb-edr").at("state"), "disabled");
}

TEST_F(Formed, RunsWithWhatAPersonEnteredAndTellsTheRecord) {
  fill_in_and_switch_on();
  const Ended done = run();
  ASSERT_EQ(done.exit_status, 0) << done.err << site_.log("cb-edr");
  const auto feeds = site_.feeds();
  ASSERT_EQ(feeds.size(), 1u);
  EXPECT_THAT(feeds.begin()->second.begin()->second.at("tags"), ElementsAre("threatq", "demo"));
  const Json record = records().at(0);
  EXPECT_TRUE(record.at("last_import_at").is_string());
  EXPECT_GT(record.at("last_import_count").get<int>(), 0);
  // A change between runs counts at the next one.
  edit({{"report_tags", "other"}});
  ASSERT_EQ(run().exit_status, 0);
  EXPECT_THAT(site_.feeds().begin()->second.begin()->second.at("tags"), ElementsAre("other"));
}

TEST_F(Formed, ASwitchThatIsOffStopsItInEveryWireForm) {
  fill_in_and_switch_on();
  for (const Json& off :
       {Json(false), Json(0), Json("0"), Json(""), Json("False"), Json("N"), Json(nullptr)}) {
    switch_to(off);
    const Ended ended = run();
    EXPECT_EQ(ended.exit_status, 0) << off << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("is disabled in ThreatQ")) << off;
  }
  EXPECT_THAT(site_.feeds(), IsEmpty());
  switch_to("1");
  EXPECT_THAT(run().out, HasSubstr("done:"));
}

TEST_F(Formed, RegisteringAgainChangesNothing) {
  fill_in_and_switch_on();
  ASSERT_EQ(run().exit_status, 0);
  const Json before = records().at(0).at("custom_fields");
  site_.threatq().reset_requests();
  ASSERT_EQ(run().exit_status, 0);
  EXPECT_EQ(records().at(0).at("custom_fields"), before);
  int puts = 0;
  const Json requests = Json::parse(site_.threatq().requests()).at("list");
  for (const Json& request : requests) {
    const std::string target = request.at("target").get<std::string>();
    if (target.find("/api/connectors") == std::string::npos) continue;
    EXPECT_NE(request.at("method"), "POST") << request.dump();
    puts += request.at("method") == "PUT" ? 1 : 0;
  }
  EXPECT_EQ(puts, 1) << "the report of the last run alone";
}

TEST_F(Formed, EveryProblemOfTheFormIsToldByItsLabelBeforeAnyRequest) {
  ASSERT_EQ(run().exit_status, 0);
  Json wrong = filled();
  wrong["api_id"] = "";
  wrong["severity"] = "11";
  wrong["requests_per_minute"] = "many";
  wrong["bulk_limit_mb"] = "0";
  wrong["api_fqdn"] = "not a host";
  edit(wrong);
  site_.instance()["config"] = Json::object();
  site_.write_config();
  switch_to(true);
  const Ended refused = run();
  EXPECT_EQ(refused.exit_status, 2);
  for (const char* label :
       {"Enterprise EDR API ID is missing", "Report Severity is", "Requests per Minute is",
        "Bulk Limit (MB) is", "Enterprise EDR API FQDN is"})
    EXPECT_THAT(refused.err, HasSubstr(label));
  EXPECT_THAT(refused.err, HasSubstr("5 problems"));
  EXPECT_THAT(refused.err, Not(HasSubstr(kApiSecret)));
  EXPECT_THAT(Json::parse(site_.cbc().requests()).at("list"), IsEmpty());
}

TEST_F(Formed, WhatTheFileSaysWinsOverTheForm) {
  fill_in_and_switch_on();
  site_.instance()["config"]["report_tags"] = {"of the file"};
  site_.write_config();
  ASSERT_EQ(run().exit_status, 0);
  EXPECT_THAT(site_.feeds().begin()->second.begin()->second.at("tags"), ElementsAre("of the file"));
}

TEST_F(Formed, SecretsOfTheFormAreNowhereInLogsAndState) {
  fill_in_and_switch_on();
  ASSERT_EQ(run().exit_status, 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(site_.state()))
    if (entry.is_regular_file()) {
      EXPECT_THAT(read_text(entry.path()), Not(HasSubstr(kApiSecret))) << entry.path();
    }
}

TEST_F(Formed, AnExistingRecordIsTakenAsItIs) {
  // A person renamed the record, and says so.
  site_.instance()["record_name"] = "Our EDR export";
  site_.write_config();
  ASSERT_EQ(run().exit_status, 0);
  edit(filled(), "Our EDR export");
  switch_to(true, "Our EDR export");
  site_.instance()["name"] = "cb-new-name";
  site_.write_config();
  const Ended ended = site_.tqhost({"run-once", "cb-new-name"});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(records().size(), 1u);
  EXPECT_EQ(site_.feeds().size(), 1u);
}

TEST_F(Formed, TenRunsLeaveTheConfigurationFileAsItIs) {
  fill_in_and_switch_on();
  const std::string before = read_text(site_.folder() / "tqhost.json");
  for (int i = 0; i < 10; ++i) ASSERT_EQ(run().exit_status, 0);
  EXPECT_EQ(read_text(site_.folder() / "tqhost.json"), before);
}

TEST_F(Formed, ConfigShowTellsWhatTheFormSaidLast) {
  EXPECT_THAT(site_.tqhost({"config", "show", "cb-edr"}).err, HasSubstr("no run has read yet"));
  fill_in_and_switch_on();
  ASSERT_EQ(run().exit_status, 0);
  const Ended shown = site_.tqhost({"config", "show", "cb-edr", "--json"});
  const Json json = Json::parse(shown.out);
  EXPECT_EQ(json.at("values").at("config").at("api_id"), "APIID00001");
  EXPECT_EQ(json.at("values").at("config").at("api_secret_key"), "***");
  EXPECT_THAT(json.at("origins").at("/config/api_id").get<std::string>(),
              HasSubstr("ThreatQ's form, read 20"));
  EXPECT_THAT(shown.out, Not(HasSubstr(kApiSecret)));
}

TEST_F(Formed, CheckLooksAndChangesNothing) {
  EXPECT_EQ(site_.tqhost({"check", "cb-edr"}).exit_status, 2) << "there is no record yet";
  EXPECT_THAT(records(), IsEmpty());
  fill_in_and_switch_on();
  const Json before = records().at(0);
  const Ended check = site_.tqhost({"check", "cb-edr"});
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(check.out, HasSubstr("the clock"));
  EXPECT_EQ(records().at(0), before);
}

TEST_F(Formed, LaterRunsLogInWithThePrivatePair) {
  fill_in_and_switch_on();
  ASSERT_EQ(run().exit_status, 0);
  // The password is worth nothing any more, and nobody notices.
  site_.config["threatq"]["password"] = "has been changed";
  site_.write_config();
  EXPECT_EQ(run().exit_status, 0) << site_.log("cb-edr");
}

TEST_F(Formed, APairThatIsRefusedGivesWayToThePassword) {
  fill_in_and_switch_on();
  ASSERT_EQ(run().exit_status, 0);
  ASSERT_EQ(run_program(site_.command({"secret", "set", "cb-edr/threatq/oauth_secret"}), {}, 60,
                        "of another client")
                .exit_status,
            0);
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(site_.log("cb-edr"), HasSubstr("the password is tried"));
}

TEST_F(Formed, AReferenceInTheFormIsRefused) {
  fill_in_and_switch_on();
  edit({{"api_secret_key", {{"file", "/etc/passwd"}}}});
  const Ended ended = run();
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.err, HasSubstr("the form takes plain values only"));
}

}  // namespace
}  // namespace e2e
