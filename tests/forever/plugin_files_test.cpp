// SPDX-License-Identifier: Apache-2.0
// What the supervisor does with plugin files that cannot start, that stand beside others, or whose
// copies go, as an operator sees it.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "forever/forever_site.hpp"

namespace forever {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PluginFiles : public testing::Test {
 protected:
  PluginFiles() {
    site_.config["instances"].push_back(
        {{"name", "job"},
         {"plugin", "brittle"},
         {"schedule", "every 24h"},
         {"config", {{"journal", (site_.folder() / "job.journal").string()}}}});
    site_.write_config();
  }

  // "", "_aborts", "_needs", "_mended"
  void drop(const std::string& build, const std::string& name = "brittle.so") {
    const fs::path draft = site_.folder() / "draft";
    fs::copy_file(fs::path(PLUGINS_PATH) / ("brittle" + build + ".so"), draft,
                  fs::copy_options::overwrite_existing);
    fs::rename(draft, site_.plugins() / name);
  }
  bool runs(const std::string& version) {
    if (!site_.comes_to("job", "waiting")) return false;
    const size_t before = site_.count("job", "end " + version);
    if (site_.tqhost({"trigger", "job"}).exit_status != 0) return false;
    return ForeverSite::eventually([&] { return site_.count("job", "end " + version) > before; });
  }
  bool log_has(const std::string& text) {
    return ForeverSite::eventually(
        [&] { return site_.log("tqhost").find(text) != std::string::npos; });
  }
  // Until the supervisor has taken it: `plugin history` looks at the folder itself, and knows
  // before.
  void drop_and_wait(const std::string& build) {
    const auto takings = [&] {
      const std::string log = site_.log("tqhost");
      size_t count = 0;
      for (size_t at = 0; (at = log.find("brittle was taken", at)) != std::string::npos; ++at)
        ++count;
      return count;
    };
    const size_t before = takings();
    drop(build);
    ASSERT_TRUE(ForeverSite::eventually([&] { return takings() > before; }));
  }
  Json history() {
    return Json::parse(site_.tqhost({"plugin", "history", "brittle", "--json"}).out);
  }
  // The one file of that version.
  Json file_of(const std::string& version) {
    const Json all = history();
    for (const Json& file : all.at("files"))
      if (file.at("version") == version) return file;
    return Json();
  }

  ForeverSite site_;
};

TEST_F(PluginFiles, AFileThatNeedsWhatIsNotThereIsRefusedAndTheOneBeforeGoesOn) {
  drop("");
  site_.start();
  ASSERT_TRUE(runs("1.0.0"));
  drop("_needs");
  ASSERT_TRUE(log_has("is refused: it needs what is not here"));
  EXPECT_THAT(site_.log("tqhost"), HasSubstr("the symbol function_that_no_library_has"));
  EXPECT_TRUE(runs("1.0.0"));
  const e2e::Ended list = site_.tqhost({"list"});
  EXPECT_THAT(list.out, HasSubstr("the symbol function_that_no_library_has"));
  EXPECT_THAT(list.out, HasSubstr("1.0.0")) << "its copy goes on";
  EXPECT_EQ(list.exit_status, 0) << list.err;
}

TEST_F(PluginFiles, AFileThatFailsInCreateIsGoneBackFromUntilAnotherComes) {
  drop("");
  site_.start();
  ASSERT_TRUE(runs("1.0.0"));
  drop_and_wait("_aborts");
  EXPECT_EQ(file_of("1.1.0").at("used"), true);
  ASSERT_EQ(site_.tqhost({"trigger", "job"}).exit_status, 0);
  ASSERT_TRUE(log_has("could not start"));
  EXPECT_THAT(site_.log("tqhost"), HasSubstr("goes back to 1.0.0"));
  // The newer one would have raised the state's schema.
  EXPECT_TRUE(ForeverSite::eventually([&] { return site_.count("job", "end 1.0.0") == 2; }))
      << "at once, with the older file: " << site_.log("tqhost");
  EXPECT_THAT(file_of("1.1.0").at("failure").get<std::string>(), HasSubstr("signal 6"));
  site_.stop();
  site_.start();
  EXPECT_TRUE(runs("1.0.0")) << "also after a restart";
  EXPECT_EQ(site_.tqhost({"run-once", "job"}).exit_status, 0) << "run-once goes by the same";
  drop_and_wait("_mended");
  EXPECT_EQ(file_of("1.3.0").at("used"), true);
  EXPECT_TRUE(runs("1.3.0"));
}

TEST_F(PluginFiles, APinIsKeptAndTheRunningSupervisorKnowsIt) {
  drop("");
  site_.start();
  ASSERT_TRUE(runs("1.0.0"));
  const std::string old = file_of("1.0.0").at("sha256");
  drop_and_wait("_mended");
  EXPECT_EQ(file_of("1.3.0").at("used"), true);
  const e2e::Ended used = site_.tqhost({"plugin", "use", "brittle", old.substr(0, 12)});
  ASSERT_EQ(used.exit_status, 0) << used.err;
  EXPECT_THAT(used.out,
              AllOf(HasSubstr("is pinned to 1.0.0"), HasSubstr("the supervisor knows it")));
  drop("", "another.so");
  EXPECT_EQ(history().at("pinned"), old);
  EXPECT_TRUE(log_has("is pinned to"));
  EXPECT_EQ(file_of("1.0.0").at("used"), true);
  const e2e::Ended newest = site_.tqhost({"plugin", "use", "brittle", "newest"});
  EXPECT_EQ(newest.exit_status, 0) << newest.err;
  EXPECT_EQ(history().at("pinned"), nullptr);
  EXPECT_EQ(file_of("1.3.0").at("used"), true);
  EXPECT_TRUE(runs("1.3.0"));
}

TEST_F(PluginFiles, TheWinnerThatIsRemovedGoesOnAndEverybodyAgrees) {
  drop("_mended", "a_new.so");
  drop("", "z_old.so");
  site_.start();
  ASSERT_TRUE(runs("1.3.0"));
  EXPECT_TRUE(log_has("two files have the id brittle"));
  const e2e::Ended list = site_.tqhost({"list"});
  EXPECT_THAT(list.err,
              AllOf(HasSubstr("a_new.so (1.3.0) is used"), HasSubstr("z_old.so (1.0.0)")));
  fs::remove(site_.plugins() / "a_new.so");
  ASSERT_TRUE(log_has("a_new.so was removed"));
  EXPECT_TRUE(runs("1.3.0"));
  EXPECT_THAT(site_.tqhost({"list"}).err, HasSubstr("a_new.so was removed"));
  site_.stop();
  const size_t before = site_.count("job", "end 1.3.0");
  const e2e::Ended once = site_.tqhost({"run-once", "job"});
  EXPECT_EQ(once.exit_status, 0) << once.err;
  EXPECT_EQ(site_.count("job", "end 1.3.0"), before + 1);
  EXPECT_THAT(once.err, HasSubstr("a_new.so was removed"));
}

TEST_F(PluginFiles, CopiesThatSomebodyDeletedAreMadeAnew) {
  drop("");
  site_.start();
  ASSERT_TRUE(runs("1.0.0"));
  fs::remove_all(site_.state() / "plugins");
  EXPECT_TRUE(runs("1.0.0"));
}

TEST_F(PluginFiles, WhatAWriterLeftIsGoneAfterTheStart) {
  fs::create_directories(site_.state() / "plugins");
  const fs::path draft = site_.state() / "plugins" / (std::string(64, 'a') + ".so.Xy12Zz");
  std::ofstream(draft) << "half of a copy";
  drop("");
  site_.start();
  ASSERT_TRUE(runs("1.0.0"));
  EXPECT_FALSE(fs::exists(draft));
}

}  // namespace
}  // namespace forever
