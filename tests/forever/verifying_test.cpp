// SPDX-License-Identifier: Apache-2.0
// What the supervisor verifies by itself, as an operator sees it.
#include <gmock/gmock.h>
#include <signal.h>
#include <time.h>

#include <fstream>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string time_in(int seconds) {
  const time_t at = ::time(nullptr) + seconds;
  tm utc{};
  ::gmtime_r(&at, &utc);
  char text[32];
  ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

class SupervisedVerification : public testing::Test {
 protected:
  SupervisedVerification() {
    site_.config["instances"].push_back(
        {{"name", "mirror"},
         {"plugin", "mirror"},
         {"config", {{"remote", remote().string()}, {"items", {"alpha", "beta"}}}}});
    site_.write_config();
    site_.drop("mirror");
  }
  std::filesystem::path remote() const { return site_.folder() / "remote"; }
  // A good run before; then the supervisor, which is to verify in a moment.
  void run() { ASSERT_EQ(site_.tqhost({"run-once", "mirror"}).exit_status, 0); }
  void start(const std::string& does = "compare") {
    site_.instance("mirror")["config"]["does"] = does;
    site_.write_config();
    const Json record = {{"instance", "mirror"},
                         {"plugin", "mirror"},
                         {"state", "waiting"},
                         {"wanted", "runs"},
                         {"verify", {{"since", time_in(-3600)}, {"next", time_in(6)}, {"pid", 0}}}};
    std::ofstream(site_.state() / "mirror" / "instance.json") << record.dump();
    site_.start();
  }
  Json verify() { return site_.status("mirror").value("verify", Json::object()); }
  // What the supervisor says of the instance's verifications.
  Json live() {
    const Json answer = site_.ask({{"command", "status"}});
    if (!answer.is_object() || answer["instances"].empty()) return Json();
    return answer["instances"][0]["verify"];
  }
  bool goes_on() {
    const Json verify = live();
    return verify.is_object() && verify["pid"] != 0;
  }

  ForeverSite site_;
};

TEST_F(SupervisedVerification, TellsDriftAndComesAgainInAWeek) {
  run();
  std::ofstream(remote(), std::ios::trunc) << "alpha\n";
  start();
  ASSERT_TRUE(ForeverSite::eventually([&] { return verify().value("result", "") == "drift"; }));
  EXPECT_EQ(verify().at("by"), "schedule");
  EXPECT_EQ(verify().at("counts").at("missing"), 1);
  EXPECT_GT(verify().at("next").get<std::string>(), time_in(6 * 24 * 3600));
  EXPECT_LT(verify().at("next").get<std::string>(), time_in(8 * 24 * 3600));
  EXPECT_THAT(site_.log("tqhost"), HasSubstr("tqhost verify mirror --repair"));
  const e2e::Ended status = site_.tqhost({"status"});
  EXPECT_EQ(status.exit_status, 1);
  EXPECT_EQ(site_.status("mirror").at("state"), "waiting");
  EXPECT_EQ(site_.tqhost({"verify", "mirror", "--repair"}).exit_status, 0);
  EXPECT_EQ(site_.tqhost({"status"}).exit_status, 0);

  // It is as due after a restart as before.
  const Json next = verify().at("next");
  site_.stop();
  site_.start();
  EXPECT_TRUE(ForeverSite::eventually([&] { return verify().value("next", Json()) == next; }));
}

TEST_F(SupervisedVerification, AWorkerThatDiesIsToldAndIsNoDeathOfARun) {
  run();
  start("die");
  ASSERT_TRUE(ForeverSite::eventually([&] { return verify().value("failures", 0) == 1; }));
  EXPECT_THAT(site_.log("tqhost"), HasSubstr("it could not be verified: its worker was ended"));
  const Json status = site_.status("mirror");
  EXPECT_EQ(status.at("state"), "waiting");
  EXPECT_TRUE(status.at("deaths").empty());
  EXPECT_EQ(site_.tqhost({"trigger", "mirror"}).exit_status, 0);
  EXPECT_TRUE(site_.comes_to("mirror", "waiting"));
}

TEST_F(SupervisedVerification, ARunThatIsAskedForWaitsUntilItHasEnded) {
  run();
  start("slow");
  ASSERT_TRUE(ForeverSite::eventually([&] { return goes_on(); }));
  const std::string before = site_.status("mirror").at("started");
  EXPECT_EQ(site_.tqhost({"trigger", "mirror"}).exit_status, 0);
  const Json status = site_.status("mirror");
  EXPECT_EQ(status.at("state"), "waiting");
  EXPECT_THAT(status.at("reason").get<std::string>(), HasSubstr("it is verified just now"));
  EXPECT_EQ(status.at("pid"), 0);
  EXPECT_EQ(status.at("started"), before);
  site_.instance("mirror")["config"]["does"] = "compare";
  site_.write_config();
  ::kill(live()["pid"].get<int>(), SIGKILL);
  EXPECT_TRUE(ForeverSite::eventually(
      [&] { return site_.status("mirror").value("started", "") > before; }));
  EXPECT_TRUE(site_.comes_to("mirror", "waiting"));
  for (const char* log : {"tqhost", "mirror"})
    EXPECT_THAT(site_.log(log), Not(HasSubstr("is in use by another process")));
}

TEST_F(SupervisedVerification, ARunThatWaitsIsNotLostWithTheSupervisor) {
  run();
  for (const bool killed : {false, true}) {
    SCOPED_TRACE(killed ? "killed" : "stopped");
    start("slow");
    ASSERT_TRUE(ForeverSite::eventually([&] { return goes_on(); }));
    const std::string before = site_.status("mirror").at("started");
    EXPECT_EQ(site_.tqhost({"trigger", "mirror"}).exit_status, 0);
    site_.instance("mirror")["config"]["does"] = "compare";
    site_.write_config();
    killed ? site_.kill_supervisor() : void(site_.stop());
    site_.start();
    EXPECT_TRUE(ForeverSite::eventually(
        [&] { return site_.status("mirror").value("started", "") > before; }));
    EXPECT_TRUE(site_.comes_to("mirror", "waiting"));
    site_.stop();
  }
}

TEST_F(SupervisedVerification, OneThatIsSwitchedOffIsNotVerifiedAndTriedAgainSooner) {
  run();
  start();
  site_.instance("mirror")["enabled"] = false;
  site_.write_config();  // which the supervisor has not read again
  ASSERT_TRUE(ForeverSite::eventually(
      [&] { return site_.log("tqhost").find("mirror: not verified: ") != std::string::npos; }));
  EXPECT_THAT(site_.log("tqhost"), Not(HasSubstr("could not be verified")));
  EXPECT_THAT(site_.log("tqhost"), Not(HasSubstr("mirror: verified")));
  EXPECT_GT(live().at("next").get<std::string>(), time_in(23 * 3600));
  EXPECT_LT(live().at("next").get<std::string>(), time_in(49 * 3600));
}

TEST_F(SupervisedVerification, ItEndsWithTheSupervisor) {
  run();
  start("slow");
  ASSERT_TRUE(ForeverSite::eventually([&] { return goes_on(); }));
  EXPECT_EQ(site_.stop().exit_status, 0);
  EXPECT_TRUE(site_.processes().empty());
}

TEST_F(SupervisedVerification, OffMeansNever) {
  site_.instance("mirror")["verify"] = "off";
  run();
  start();
  ASSERT_TRUE(site_.comes_to("mirror", "waiting"));
  EXPECT_TRUE(verify().at("next").is_null());
  EXPECT_EQ(verify().at("every"), "off");
}

}  // namespace
}  // namespace forever
