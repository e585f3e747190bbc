// SPDX-License-Identifier: Apache-2.0
// A plugin that breaks the contract or ends its process, as an operator sees it.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BrokenContract : public testing::Test {
 protected:
  e2e::Ended run(const std::string& does) {
    site_.add("bad", does, "");
    site_.write_config();
    site_.drop("unruly");
    return site_.tqhost({"run-once", "bad"});
  }
  Json record() const {
    std::ifstream file(site_.state() / "bad" / "run.json");
    return Json::parse(file, nullptr, false);
  }

  ForeverSite site_;
};

TEST_F(BrokenContract, IsAFailedRunThatNamesTheCallThoughThePluginIgnoresTheAnswer) {
  const e2e::Ended ended = run("break_contract");
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, HasSubstr("the plugin broke the contract: state.put: a key has at least"));
  EXPECT_EQ(record().at("state"), "failed");
  EXPECT_EQ(record().at("error").at("status"), "E_BUG");
  EXPECT_THAT(site_.tqhost({"state", "ls", "bad"}).out, Not(HasSubstr("before")));
}

TEST_F(BrokenContract, EndOfTheProcessIsNamed) {
  const e2e::Ended ended = run("exit");
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, HasSubstr("ended because the plugin called exit(3)"));
  EXPECT_EQ(record().at("state"), "died");
}

TEST_F(BrokenContract, EndOfTheProcessWithoutAnyHandlerIsNamedToo) {
  const e2e::Ended ended = run("underscore_exit");
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, HasSubstr("the plugin called _exit(3)"));
}

TEST_F(BrokenContract, StateThatWasNeverCommittedIsTold) {
  const e2e::Ended ended = run("forget_commit");
  EXPECT_EQ(ended.exit_status, 0) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("warning"), HasSubstr("did not commit it"),
                               HasSubstr("1 put or erase is lost")));
}

TEST_F(BrokenContract, AThreadThatIsLeftRunningIsTold) {
  const e2e::Ended ended = run("leave_thread");
  EXPECT_THAT(ended.err, HasSubstr("left 1 thread running when its call returned (left-behind)"));
}

TEST_F(BrokenContract, AStopThatNobodyAskedForIsAFailure) {
  const e2e::Ended ended = run("cancelled");
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.err, HasSubstr("nobody had asked it to stop"));
}

}  // namespace
}  // namespace forever
