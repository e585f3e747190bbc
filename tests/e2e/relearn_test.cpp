// SPDX-License-Identifier: Apache-2.0
// When a run is told to look at what stands at the remote before it believes its state; and a host
// as people paste it.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Relearn : public testing::Test {
 protected:
  // The lines of the log that this run added.
  std::string log_of(const std::vector<std::string>& arguments, int exit_status = 0) {
    const size_t before = site_.log().size();
    const Ended ended = site_.tqhost(arguments);
    EXPECT_EQ(ended.exit_status, exit_status) << ended.err;
    return site_.log().substr(before);
  }

  Site site_;
};

TEST_F(Relearn, FollowsARunThatRecordedNothingUntilOneThatRecordsEndedWell) {
  EXPECT_THAT(log_of({"run-once"}), Not(HasSubstr("run.relearn")));
  EXPECT_THAT(log_of({"run-once", "--no-differential"}), Not(HasSubstr("run.relearn")));
  EXPECT_THAT(log_of({"run-once", "--dry-run"}),
              HasSubstr("the last run with --no-differential recorded nothing"));
  EXPECT_THAT(log_of({"run-once"}), HasSubstr("run.relearn"));
  EXPECT_THAT(log_of({"run-once"}), Not(HasSubstr("run.relearn")));
  EXPECT_THAT(site_.tqhost({"state", "ls", "cb-prod"}).out, Not(HasSubstr("relearn")));
}

TEST_F(Relearn, FollowsAnImportAndACopyThatWasPutBack) {
  log_of({"run-once"});
  const fs::path state = site_.state() / "cb-prod" / "state.db";
  fs::copy_file(state, site_.folder() / "copy.db");
  site_.threatq().change(R"({"newest": 20})");
  log_of({"run-once"});
  fs::copy_file(site_.folder() / "copy.db", state, fs::copy_options::overwrite_existing);
  EXPECT_THAT(log_of({"run-once"}), HasSubstr("a copy that was put back"));
  const Ended exported = site_.tqhost({"state", "export", "cb-prod"});
  std::ofstream(site_.folder() / "state.jsonl") << exported.out;
  ASSERT_EQ(site_.tqhost({"state", "import", "cb-prod", (site_.folder() / "state.jsonl").string()})
                .exit_status,
            0);
  EXPECT_THAT(log_of({"run-once"}), HasSubstr("the state was imported"));
  EXPECT_THAT(log_of({"run-once"}), Not(HasSubstr("run.relearn")));
}

TEST(PastedHost, AsAUrlWithAPathWorks) {
  Site site;
  site.settings()["api_fqdn"] = " https://" + site.cbc().host_and_port() + "/settings/api ";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.err << site.log();
}

TEST(PastedHost, WithPlainHttpIsWrongConfigurationThatSaysWhatToWrite) {
  Site site;
  site.settings()["api_fqdn"] = "http://" + site.cbc().host_and_port() + "/";
  site.write_config();
  const Ended run = site.tqhost({"run-once"});
  EXPECT_EQ(run.exit_status, 2) << run.err;
  EXPECT_THAT(run.err + run.out,
              AllOf(HasSubstr("/api_fqdn is \"http://"),
                    HasSubstr("VMware Carbon Black Cloud Enterprise EDR speaks https only: write"),
                    HasSubstr(site.cbc().host_and_port())));
}

}  // namespace
}  // namespace e2e
