// SPDX-License-Identifier: Apache-2.0
// Plugins that attack whoever started them: what they reach, and what is said of it.
#include <gmock/gmock.h>
#include <signal.h>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class Hostile : public testing::Test {
 protected:
  void write() {
    site_.write_config();
    site_.drop("hostile");
    site_.drop("unruly");
  }
  // The instance "bad" runs beside "good", until it is at work.
  void start(const std::string& does) {
    site_.config["limits"] = {{"memory_mb", 128}};
    site_.add_hostile("bad", does);
    site_.add("good", "work", "every 1s");
    write();
    site_.start();
    ASSERT_TRUE(site_.comes_to("bad", "waiting"));
    ASSERT_EQ(site_.tqhost({"trigger", "bad"}).exit_status, 0);
    ASSERT_TRUE(ForeverSite::eventually([&] { return site_.count("bad", "begin") > 0; }));
  }
  bool good_goes_on() {
    const size_t before = site_.count("good", "end");
    return ForeverSite::eventually([&] { return site_.count("good", "end") > before + 1; });
  }
  // How the worker of "bad" died.
  Json death() {
    Json out;
    EXPECT_TRUE(ForeverSite::eventually([&] {
      const Json status = site_.status("bad");
      const bool died = status.contains("deaths") && !status.at("deaths").empty();
      if (died) out = status.at("deaths")[0];
      return died;
    }));
    return out.is_null() ? Json({{"how", ""}, {"call", ""}, {"signal", -1}}) : out;
  }
  // None of the site's processes for many looks in a row: one that respawns shows in some.
  bool nobody_is_left() {
    return ForeverSite::eventually([&] {
      for (int look = 0; look < 30; ++look)
        if (!site_.processes().empty()) return false;
      return true;
    });
  }

  ForeverSite site_;
};

TEST_F(Hostile, MemoryThatItTruncatesHurtsNobody) {
  start("truncate");
  const Json how = death();
  EXPECT_EQ(how.at("signal"), SIGABRT);
  EXPECT_TRUE(good_goes_on());
  EXPECT_EQ(site_.stop().exit_status, 0);
  const e2e::Ended once = site_.tqhost({"run-once", "bad"});
  EXPECT_EQ(once.signal, 0);
  EXPECT_EQ(once.exit_status, 1) << once.err;
  EXPECT_THAT(once.err, HasSubstr("signal 6"));
}

TEST_F(Hostile, WhatItWritesOnItsBoardIsNoNameOfACall) {
  start("scribble");
  EXPECT_EQ(death().at("call"), "?");
  EXPECT_TRUE(good_goes_on());
}

TEST_F(Hostile, SharedMemoryCounts) {
#ifdef TQ_SANITIZED
  GTEST_SKIP() << "a sanitizer's shadow fits into no bound";
#endif
  start("shared");
  EXPECT_THAT(death().at("how").get<std::string>(),
              AllOf(HasSubstr("it used "), HasSubstr(" MB of limits.memory_mb 128")));
  EXPECT_THAT(site_.status("bad").at("error").at("message").get<std::string>(),
              HasSubstr(" MB of limits.memory_mb 128"));
  EXPECT_TRUE(good_goes_on());
}

TEST_F(Hostile, ProcessesAreCounted) {
  site_.add_hostile("bad", "processes");
  write();
  const e2e::Ended once = site_.tqhost({"run-once", "bad"});
  EXPECT_EQ(once.exit_status, 1);
  EXPECT_THAT(once.err, HasSubstr("processes, and may be 128"));
  EXPECT_THAT(site_.processes(), IsEmpty());
}

TEST_F(Hostile, RunOnceLeavesNothingThatEscaped) {
  site_.add_hostile("bad", "escape");
  write();
  for (int run = 0; run < 2; ++run) {
    const e2e::Ended once = site_.tqhost({"run-once", "bad"});
    EXPECT_EQ(once.exit_status, 0) << once.err;
    EXPECT_THAT(once.out, HasSubstr("done")) << "nobody holds the lease";
    EXPECT_THAT(once.err, HasSubstr("left behind were ended: 1"));
    EXPECT_THAT(site_.processes(), IsEmpty());
  }
}

TEST_F(Hostile, WhatRespawnsIsEnded) {
  for (const char* const does : {"respawn", "watchers"}) site_.add_hostile(does, does);
  write();
  for (const char* const does : {"respawn", "watchers"}) {
    const e2e::Ended once = site_.tqhost({"run-once", does});
    EXPECT_EQ(once.exit_status, 0) << once.err;
    EXPECT_TRUE(nobody_is_left()) << does;
  }
}

TEST_F(Hostile, TheSupervisorLeavesNothingThatEscaped) {
  start("escape");
  EXPECT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("left behind were ended") != std::string::npos; }));
  EXPECT_EQ(site_.tqhost({"trigger", "bad"}).exit_status, 0);
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.count("bad", "end") >= 2; }))
      << "nobody holds the lease";
  EXPECT_EQ(site_.stop().exit_status, 0);
  EXPECT_THAT(site_.processes(), IsEmpty());
}

TEST_F(Hostile, OneThatStoppedItselfInAnotherGroupEnds) {
  start("hide");
  EXPECT_TRUE(good_goes_on());
  site_.supervisor().send_signal(SIGTERM);
  ASSERT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("asked to end") != std::string::npos; }));
  site_.supervisor().send_signal(SIGINT);
  const e2e::Ended ended = site_.wait_for_end(60);
  EXPECT_EQ(ended.signal, 0);
  EXPECT_THAT(site_.processes(), IsEmpty());
}

TEST_F(Hostile, KillingItsParentIsToldAndEndsIt) {
  start("kill_parent");
  EXPECT_THAT(death().at("how").get<std::string>(), HasSubstr("signalled its parent"));
  EXPECT_TRUE(good_goes_on());
  EXPECT_THAT(site_.log("tqhost"), HasSubstr("signalled its parent"));
  EXPECT_EQ(site_.stop().exit_status, 0);
}

TEST_F(Hostile, StoppingItsParentIsToldAndEndsIt) {
  start("stop_parent");
  EXPECT_THAT(death().at("how").get<std::string>(), HasSubstr("stopped its parent"));
  EXPECT_TRUE(good_goes_on());
  EXPECT_EQ(site_.stop().exit_status, 0);
  EXPECT_THAT(site_.processes(), IsEmpty());
}

TEST_F(Hostile, AFloodOfReportsKeepsNobodyWaiting) {
  start("flood_report");
  EXPECT_TRUE(good_goes_on());
  EXPECT_TRUE(site_.ask({{"command", "status"}}).is_object());
  site_.supervisor().send_signal(SIGTERM);
  ASSERT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("asked to end") != std::string::npos; }));
  site_.supervisor().send_signal(SIGINT);
  EXPECT_EQ(site_.wait_for_end(60).signal, 0);
}

}  // namespace
}  // namespace forever
