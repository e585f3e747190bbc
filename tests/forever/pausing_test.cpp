// SPDX-License-Identifier: Apache-2.0
// A person's word to the supervisor that has more to it: pauses for a time, runs by trigger that
// take what a run by hand takes, and reasons after a restart.
#include <gmock/gmock.h>
#include <signal.h>
#include <time.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

using testing::HasSubstr;
using testing::Not;

// It comes at New Year, and not while a test looks.
constexpr const char* kSeldom = "0 0 1 1 *";

// "2026-11-30T14:30:00.123Z" -> since 1970, rounded.
double seconds(const Json& time) {
  tm utc{};
  const std::string text = time.get<std::string>();
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  EXPECT_NE(rest, nullptr) << text;
  return std::round(static_cast<double>(::timegm(&utc)) + std::strtod(rest, nullptr));
}

class Word : public testing::Test {
 protected:
  void start(const std::string& schedule, const std::string& does = "work") {
    site_.add("it", does, schedule);
    site_.write_config();
    site_.drop("unruly");
    site_.start();
  }
  bool journal_has(const std::string& word, size_t times = 1) {
    return ForeverSite::eventually([&] { return site_.count("it", word) >= times; }, 60);
  }
  std::string logged() { return site_.log("tqhost"); }

  ForeverSite site_;
};

TEST_F(Word, APauseForATimeEndsByItself) {
  start("every 1s");
  ASSERT_TRUE(journal_has("end"));
  const e2e::Ended paused = site_.tqhost({"pause", "it", "--for", "3s"});
  EXPECT_EQ(paused.exit_status, 0) << paused.err;
  EXPECT_THAT(paused.out, HasSubstr("it is paused until 2"));
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.status("it").at("wanted") == "runs"; }));
  EXPECT_TRUE(site_.status("it").at("paused_until").is_null());
  EXPECT_TRUE(journal_has("end", site_.count("it", "end") + 1));
}

TEST_F(Word, APauseForATimeOutlivesTheSupervisor) {
  start("every 1s");
  ASSERT_TRUE(journal_has("end"));
  ASSERT_EQ(site_.tqhost({"pause", "it", "--for", "2h"}).exit_status, 0);
  const Json until = site_.status("it").at("paused_until");
  site_.stop();
  const size_t runs = site_.count("it", "begin");
  site_.start();
  const Json status = site_.status("it");
  EXPECT_EQ(status.at("wanted"), "paused");
  EXPECT_NEAR(seconds(status.at("paused_until")), seconds(until), 60);
  EXPECT_EQ(site_.count("it", "begin"), runs);
  site_.stop();

  // The wall clock of the record is a year ahead: no pause is longer than it was to be.
  const auto file = site_.state() / "it" / "instance.json";
  Json record = Json::parse(std::ifstream(file));
  record["paused_until"] = "2099-01-01T00:00:00.000Z";
  record["pause_ms"] = 1000;
  std::ofstream(file) << record.dump();
  site_.start();
  EXPECT_TRUE(journal_has("end", runs + 1));
}

TEST_F(Word, TriggerTakesWhatARunByHandTakes) {
  start(kSeldom);
  ASSERT_TRUE(site_.comes_to("it", "waiting"));
  const Json before = site_.status("it");
  const e2e::Ended asked = site_.tqhost({"trigger", "it", "--dry-run", "--full", "--adopt"});
  EXPECT_EQ(asked.exit_status, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("with a dry run"));
  ASSERT_TRUE(journal_has("end"));
  ASSERT_TRUE(ForeverSite::eventually([&] {
    return logged().find("the dry run that was asked for has ended: dry run") != std::string::npos;
  }));
  EXPECT_THAT(logged(), HasSubstr("trigger it --full --adopt --dry-run"));
  EXPECT_EQ(site_.count("it", "full"), 1u);
  EXPECT_EQ(site_.count("it", "adopt"), 1u);
  EXPECT_EQ(site_.count("it", "dry"), 1u);
  const Json after = site_.status("it");
  EXPECT_EQ(after.at("state"), "waiting");
  EXPECT_FALSE(after.contains("started")) << "a dry run leaves no record";
  EXPECT_NEAR(seconds(after.at("next")), seconds(before.at("next")), 1);
  ASSERT_EQ(site_.tqhost({"trigger", "it"}).exit_status, 0);
  ASSERT_TRUE(journal_has("end", 2));
  EXPECT_EQ(site_.count("it", "dry") + site_.count("it", "full"), 2u) << "only what was asked for";
}

TEST_F(Word, ADryRunChangesNothingAboutWhatNeedsAttention) {
  start(kSeldom, "attention");
  ASSERT_TRUE(site_.comes_to("it", "waiting"));
  ASSERT_EQ(site_.tqhost({"trigger", "it"}).exit_status, 0);
  ASSERT_TRUE(site_.comes_to("it", "needs_attention"));
  site_.instance("it")["config"]["does"] = "work";
  site_.write_config();
  ASSERT_EQ(site_.tqhost({"trigger", "it", "--dry-run"}).exit_status, 0);
  ASSERT_TRUE(ForeverSite::eventually(
      [&] { return logged().find("the dry run that was asked for") != std::string::npos; }));
  EXPECT_EQ(site_.status("it").at("state"), "needs_attention");
  EXPECT_THAT(site_.status("it").at("reason").get<std::string>(), HasSubstr("on purpose"));
  ASSERT_EQ(site_.tqhost({"trigger", "it"}).exit_status, 0);
  EXPECT_TRUE(site_.comes_to("it", "waiting")) << "a run that is triggered clears it";
}

TEST_F(Word, AReasonIsMadeOfWhatIsKnownNow) {
  start("");
  ASSERT_TRUE(site_.comes_to("it", "waiting"));
  EXPECT_THAT(site_.status("it").at("reason").get<std::string>(), HasSubstr("no schedule"));
  site_.stop();
  site_.instance("it")["schedule"] = kSeldom;
  site_.write_config();
  site_.start();
  ASSERT_TRUE(site_.comes_to("it", "waiting"));
  const Json status = site_.status("it");
  EXPECT_TRUE(status.at("next").is_string());
  EXPECT_THAT(status.at("reason").get<std::string>(), Not(HasSubstr("no schedule")));
}

TEST_F(Word, AnUnreadableScheduleBeginsNoRunAtARestart) {
  start("every fortnight");
  ASSERT_TRUE(site_.comes_to("it", "needs_attention"));
  site_.stop();
  site_.start();
  ASSERT_TRUE(site_.comes_to("it", "needs_attention"));
  EXPECT_EQ(site_.count("it", "begin"), 0u);
  site_.instance("it")["schedule"] = "every 1s";
  site_.write_config();
  site_.supervisor().send_signal(SIGHUP);
  EXPECT_TRUE(journal_has("end", 2)) << "mended, it runs";
}

}  // namespace
}  // namespace forever
