// SPDX-License-Identifier: Apache-2.0
// verify: what stands at the remote against what the state says, as an operator sees it, with a
// plugin whose remote is a file.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "e2e/golden.hpp"
#include "e2e/site.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kToken = "mirror-token-7c1d";

class Verify : public testing::Test {
 protected:
  Verify() {
    site_.drop_noisy();
    std::filesystem::copy_file(MIRROR_PATH, site_.plugins() / "mirror.so");
    site_.config["instances"] = {
        {{"name", "mirror"},
         {"plugin", "mirror"},
         {"config",
          {{"remote", remote().string()},
           {"items", {"alpha", "beta", std::string("gamma-") + kToken}},
           {"token", kToken}}}},
        {{"name", "noisy"}, {"plugin", "noisy"}, {"config", Json::object()}}};
    site_.write_config();
  }
  std::filesystem::path remote() const { return site_.folder() / "remote"; }
  void stands(const std::vector<std::string>& items) {
    std::ofstream out(remote(), std::ios::trunc);
    for (const std::string& item : items) out << item << '\n';
  }
  void does(const std::string& what) {
    site_.settings()["does"] = what;
    site_.write_config();
  }
  Ended run() { return site_.tqhost({"run-once", "mirror"}); }
  Ended verify(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"verify", "mirror"});
    return site_.tqhost(more);
  }
  Json record() const { return Json::parse(read_text(site_.state() / "mirror" / "verify.json")); }
  Json status() {
    return Json::parse(site_.tqhost({"status", "mirror", "--json"}).out).at("instances").at(0);
  }
  std::string shown(const Ended& ended) const {
    return "exit " + std::to_string(ended.exit_status) + "\n" +
           masked(ended.out + ended.err, {{site_.folder().string(), "FOLDER"}});
  }
  void lose_two() {
    ASSERT_EQ(run().exit_status, 0);
    stands({"beta", "somebody's"});
  }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "10"};
    return options;
  }()};
};

TEST_F(Verify, WhatStandsAsTheStateSaysIsExit0) {
  ASSERT_EQ(run().exit_status, 0);
  const Ended same = verify();
  EXPECT_EQ(same.exit_status, 0) << same.err;
  EXPECT_EQ(same.out, "mirror: 3 same, 0 missing, 0 different, 0 foreign\n");
  EXPECT_EQ(record().at("compared").at("result"), "same");
  EXPECT_EQ(record().at("last").at("by"), "person");
  const Ended status = site_.tqhost({"status", "mirror"});
  EXPECT_EQ(status.exit_status, 0);
  EXPECT_THAT(status.out, AllOf(HasSubstr(" s ago: same"), HasSubstr("by a person: 3 same")));
}

TEST_F(Verify, ForeignItemsAloneAreToldAndNoDrift) {
  ASSERT_EQ(run().exit_status, 0);
  std::ofstream(remote(), std::ios::app) << "somebody's\n";
  const Ended ended = verify();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("1 foreign"), HasSubstr("foreign  item somebody's")));
}

TEST_F(Verify, DriftIsToldWithoutSecretsAndChangesNothing) {
  lose_two();
  const Ended drift = verify();
  EXPECT_THAT(drift.out + drift.err, Not(HasSubstr(kToken)));
  expect_golden("messages/verify_drift.txt", shown(drift));
  const std::string file = read_text(site_.state() / "mirror" / "verify.json");
  EXPECT_THAT(file,
              AllOf(Not(HasSubstr(kToken)), Not(HasSubstr("\\u001b")), HasSubstr("gamma-***")));
  EXPECT_THAT(site_.log("mirror"),
              AllOf(HasSubstr("WARNING"), HasSubstr("what stands at the remote differs"),
                    Not(HasSubstr(kToken))));
  EXPECT_EQ(read_text(remote()), "beta\nsomebody's\n");
  EXPECT_EQ(verify().exit_status, 1) << "the state is as it was";

  const Ended status = site_.tqhost({"status", "mirror"});
  EXPECT_EQ(status.exit_status, 1) << "drift that stands is not well";
  EXPECT_THAT(status.out, AllOf(HasSubstr("ago: drift"), HasSubstr("2 missing"),
                                HasSubstr("tqhost verify mirror --repair")));
  EXPECT_EQ(run().exit_status, 0) << "a run that knows of nothing";
  EXPECT_EQ(site_.tqhost({"status"}).exit_status, 1) << "does not say that it stands again";
}

TEST_F(Verify, RepairWritesAgainWhatIsMissing) {
  lose_two();
  const Ended repaired = verify({"--repair"});
  expect_golden("messages/verify_repair.txt", shown(repaired));
  EXPECT_EQ(read_text(remote()), std::string("alpha\nbeta\ngamma-") + kToken + "\nsomebody's\n");
  EXPECT_TRUE(record().at("compared").at("repaired").is_string());
  const Ended status = site_.tqhost({"status", "mirror"});
  EXPECT_EQ(status.exit_status, 0) << status.out;
  EXPECT_THAT(status.out, HasSubstr("drift, repaired since"));
  EXPECT_EQ(verify().exit_status, 0);
}

TEST_F(Verify, RepairWithoutDriftRunsNothing) {
  ASSERT_EQ(run().exit_status, 0);
  const Json before = site_.run_record("mirror");
  const Ended ended = verify({"--repair"});
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_EQ(site_.run_record("mirror"), before);
}

TEST_F(Verify, TheRunOfARepairCounts) {
  lose_two();
  does("refuse");
  const Ended ended = verify({"--repair"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("away, on purpose"), HasSubstr("the next run goes on")));
  EXPECT_EQ(site_.tqhost({"status"}).exit_status, 1);
  does("compare");
  ASSERT_EQ(run().exit_status, 0) << "the next run writes what is marked";
  EXPECT_EQ(site_.tqhost({"status", "mirror"}).exit_status, 0);
}

TEST_F(Verify, StoppedInBetweenItWritesNothing) {
  Json second = site_.instance();
  second["name"] = "second";
  second["config"]["remote"] = (site_.folder() / "remote-2").string();
  site_.config["instances"].push_back(second);
  site_.write_config();
  ASSERT_EQ(site_.tqhost({"run-once", "second"}).exit_status, 0);
  lose_two();
  site_.settings(2)["does"] = "slow";
  site_.write_config();
  const Json before = site_.run_record("mirror");
  Running verify(site_.command({"verify", "--repair"}), {});
  const auto result_of = [&](const char* instance) -> std::string {
    const std::string text = read_text(site_.state() / instance / "verify.json");
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return json.is_object() ? json.at("last").at("result").get<std::string>() : "";
  };
  for (int i = 0; i < 300 && !(result_of("mirror") == "drift" && result_of("second") == "going_on");
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  verify.send_signal(SIGINT);
  const Ended ended = verify.wait(60);
  EXPECT_EQ(ended.exit_status, 1) << ended.err;
  EXPECT_THAT(ended.out + ended.err,
              AllOf(HasSubstr("second: stopped as asked"), HasSubstr("is marked; no run was begun"),
                    HasSubstr("the next run writes it again")));
  EXPECT_EQ(read_text(remote()), "beta\nsomebody's\n");
  EXPECT_EQ(site_.run_record("mirror"), before);
  EXPECT_EQ(run().exit_status, 0);
  EXPECT_THAT(read_text(remote()), HasSubstr("alpha\n"));
}

TEST_F(Verify, WhatWasFoundIsForgottenWithTheStateItWasFoundOf) {
  lose_two();
  const Ended exported = site_.tqhost({"state", "export", "mirror"});
  const std::filesystem::path lines = site_.folder() / "state.jsonl";
  std::ofstream(lines) << exported.out;
  for (const std::vector<std::string>& change : std::vector<std::vector<std::string>>{
           {"state", "reset", "mirror", "--yes"}, {"state", "import", "mirror", lines.string()}}) {
    EXPECT_EQ(verify().exit_status, change.at(1) == "reset" ? 1 : 0);
    EXPECT_FALSE(record().at("compared").is_null());
    const Ended changed = site_.tqhost(change);
    ASSERT_EQ(changed.exit_status, 0) << changed.err;
    EXPECT_TRUE(record().at("compared").is_null());
    EXPECT_TRUE(record().at("other_state").is_string());
    EXPECT_EQ(status().at("verify").at("result"), "never");
    EXPECT_EQ(site_.tqhost({"status", "mirror"}).exit_status, 0);
  }
  EXPECT_EQ(verify().exit_status, 1) << "the imported state says the same as the old one";
}

TEST_F(Verify, JsonIsStable) {
  lose_two();
  const Ended json = verify({"--repair", "--json"});
  EXPECT_EQ(json.exit_status, 0) << json.err;
  expect_golden("messages/verify.json", masked(json.out, {{site_.folder().string(), "FOLDER"}}));
  expect_golden("messages/verify_status.json", masked(status().at("verify").dump(2) + "\n", {}));
}

TEST_F(Verify, ListsTheFirstFindingsAndCountsAll) {
  Json items = Json::array();
  for (int i = 0; i < 1200; ++i) items.push_back("item " + std::to_string(i));
  site_.settings()["items"] = items;
  site_.write_config();
  ASSERT_EQ(run().exit_status, 0);
  stands({});
  const Ended ended = verify();
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 24) << ended.out;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("1,200 missing"), HasSubstr("... and 980 more in "),
                               HasSubstr("200 more are counted")));
  EXPECT_THAT(record().at("compared").at("findings"), SizeIs(1000));
  EXPECT_EQ(record().at("compared").at("findings_left_out"), 200);
}

TEST_F(Verify, APluginWithoutTheFacetIsExit2) {
  const Ended ended = site_.tqhost({"verify", "noisy"});
  EXPECT_EQ(ended.exit_status, 2);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("noisy"), HasSubstr("tqp.verify/1"),
                               HasSubstr("cannot compare what stands at the remote")));
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "noisy" / "verify.json"));
  EXPECT_EQ(site_.tqhost({"verify", "nobody"}).exit_status, 2);
  const Json noisy = Json::parse(site_.tqhost({"status", "noisy", "--json"}).out);
  EXPECT_FALSE(noisy.at("instances").at(0).contains("verify"));
}

TEST_F(Verify, WithoutANameAllThatCanAreVerified) {
  ASSERT_EQ(run().exit_status, 0);
  const Ended all = site_.tqhost({"verify"});
  EXPECT_EQ(all.exit_status, 0) << all.err;
  EXPECT_EQ(all.out, "mirror: 3 same, 0 missing, 0 different, 0 foreign\n");
  site_.instance()["enabled"] = false;
  site_.write_config();
  EXPECT_THAT(site_.tqhost({"verify"}).out, HasSubstr("nothing was done"));
}

TEST_F(Verify, BesideARunItDoesNothing) {
  ASSERT_EQ(run().exit_status, 0);
  const int fd = ::open((site_.state() / "mirror" / "state.db.lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  const Ended busy = verify();
  const Ended json = verify({"--json"});
  ::close(fd);
  EXPECT_EQ(busy.exit_status, 1);
  EXPECT_THAT(busy.err, HasSubstr("nothing was done, try again later"));
  EXPECT_EQ(Json::parse(json.out).at("instances").at(0).at("result"), "not_done");
  EXPECT_FALSE(std::filesystem::exists(site_.state() / "mirror" / "verify.json"));
}

TEST_F(Verify, WhatCouldNotBeComparedThreeTimesIsToldAndKeepsTheDrift) {
  ASSERT_EQ(run().exit_status, 0);
  does("fail");
  const Ended failed = verify();
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_THAT(failed.err, HasSubstr("cannot be read, on purpose"));
  EXPECT_EQ(site_.tqhost({"status", "mirror"}).exit_status, 0) << "once is told, and no more";
  does("die");
  const Ended died = verify();
  EXPECT_EQ(died.exit_status, 1);
  EXPECT_THAT(died.err, HasSubstr("was ended by signal 6"));
  EXPECT_EQ(record().at("last").at("result"), "failed");
  EXPECT_EQ(verify().exit_status, 1);
  EXPECT_EQ(record().at("failures"), 3);
  const Ended status = site_.tqhost({"status", "mirror"});
  EXPECT_EQ(status.exit_status, 1);
  EXPECT_THAT(status.out, HasSubstr("3 times in a row, the last time: the worker was ended"));
  EXPECT_EQ(site_.run_record("mirror").at("state"), "done") << "no run has died";
  does("compare");
  EXPECT_EQ(verify().exit_status, 0);
  EXPECT_EQ(site_.tqhost({"status", "mirror"}).exit_status, 0);
}

TEST_F(Verify, ADisabledInstanceIsNotVerified) {
  ASSERT_EQ(run().exit_status, 0);
  site_.instance()["enabled"] = false;
  site_.write_config();
  const Ended ended = verify();
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("is disabled; nothing was done"));
}

}  // namespace
}  // namespace e2e
