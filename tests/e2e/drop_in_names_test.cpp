// SPDX-License-Identifier: Apache-2.0
// The links that scripts/setup makes, the help of each name, and the names of the ThreatConnect
// bridge.
#include <gmock/gmock.h>

#include "e2e/drop_in_site.hpp"
#include "e2e/golden.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const fs::path kHelp = fs::path(TQ_SOURCE_DIR) / "tests" / "golden" / "help";

// A folder with links, and nothing else: no service is asked anything here.
class DropInNames : public testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = new DropInSite; }
  static void TearDownTestSuite() {
    delete site_;
    site_ = nullptr;
  }

  fs::path fresh_folder(const std::string& name) const {
    fs::create_directories(site_->site.folder() / name);
    return site_->site.folder() / name;
  }
  std::string write_ini(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const fs::path file = site_->etc() / name;
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file.string();
  }

  static DropInSite* site_;
};
DropInSite* DropInNames::site_ = nullptr;

TEST_F(DropInNames, HelpOfEachIsItsGoldenFile) {
  size_t number = 0;
  for (const auto& link : fs::directory_iterator(site_->bin())) {
    const std::string name = link.path().filename().string();
    for (const char* option : {"-h", "--help"}) {
      const Ended help = site_->run(name, {option});
      EXPECT_EQ(help.exit_status, 0);
      EXPECT_EQ(help.err, "");
      EXPECT_EQ(help.out, read_text(kHelp / (name + ".txt"))) << name;
    }
    ++number;
  }
  EXPECT_EQ(number, static_cast<size_t>(std::distance(fs::directory_iterator(kHelp), {})));
}

TEST_F(DropInNames, LinksAreMadeOnceAndStayOrMoveToAnotherTqhost) {
  const fs::path folder = fresh_folder("twice");
  const Ended first = make_links(folder, site_->tqhost());
  EXPECT_EQ(first.exit_status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("tq-conn-cb-enterprise-edr -> " + site_->tqhost()));
  const Ended again = make_links(folder, site_->tqhost());
  EXPECT_EQ(again.exit_status, 0) << again.err;
  EXPECT_THAT(again.out, Not(HasSubstr("->"))) << "nothing was left to do";
  const fs::path other = fresh_folder("other") / "tqhost";
  fs::copy_file("/bin/true", other);
  EXPECT_EQ(make_links(folder, other.string()).exit_status, 0);
  for (const auto& link : fs::directory_iterator(folder))
    EXPECT_EQ(fs::read_symlink(link.path()), other);
}

TEST_F(DropInNames, AForeignFileIsLeftAlone) {
  const fs::path folder = fresh_folder("foreign");
  const fs::path stub = folder / "tq-conn-cb-threat-hunter";
  std::ofstream(stub) << "#!/usr/bin/python3\n";
  fs::create_symlink("/usr/bin/python3", folder / "cb-threatconnect-bridge");
  const Ended made = make_links(folder, site_->tqhost());
  EXPECT_EQ(made.exit_status, 1);
  EXPECT_THAT(made.err, HasSubstr(stub.string() + " is no link to a tqhost and was left alone"));
  EXPECT_THAT(made.err, HasSubstr("mv '" + stub.string() + "'"));
  EXPECT_EQ(read_text(stub), "#!/usr/bin/python3\n");
  EXPECT_EQ(fs::read_symlink(folder / "cb-threatconnect-bridge"), "/usr/bin/python3");
  EXPECT_TRUE(fs::is_symlink(folder / "tq-conn-cb-enterprise-edr")) << "the others are made";
}

TEST_F(DropInNames, WrongUseOfSetUpIsExit2) {
  EXPECT_EQ(make_links(site_->site.folder() / "gone", site_->tqhost()).exit_status, 2);
  const fs::path folder = fresh_folder("nothing");
  EXPECT_EQ(make_links(folder, "/nowhere/tqhost").exit_status, 2);
  EXPECT_EQ(make_links(folder, "/bin/true").exit_status, 2) << "it would not be known again";
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(DropInNames, VersionIsOurs) {
  const std::string ours =
      run_program({site_->tqhost(), "--version"}, {{"HOME", "/nonexistent"}}).out;
  for (const char* name : {"carbonblack_threatconnect_bridge", "cb-threatconnect-connector",
                           "cb-threatconnect-bridge"})
    EXPECT_EQ(site_->run(name, {"version"}).out, ours) << name;
}

TEST_F(DropInNames, AnIncompleteIniIsToldWithEachMissingKey) {
  const std::string file = write_ini("incomplete.conf", "[sources]\nA = /v1/indicators/?owner=A\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"start"}, {"write", "/tmp/feed.json"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"-c", file});
    const Ended run = site_->run("carbonblack_threatconnect_bridge", arguments);
    EXPECT_EQ(run.exit_status, 2);
    expect_golden("messages/bridge_incomplete.txt",
                  masked(run.out + run.err, {{site_->site.folder().string(), "FOLDER"}}));
  }
  const Ended gone = site_->run("cb-threatconnect-bridge", {"start", "-c", file + ".gone"});
  EXPECT_EQ(gone.exit_status, 2);
  EXPECT_THAT(gone.err, HasSubstr(file + ".gone"));
}

TEST_F(DropInNames, TheConfigurationIsReadWhereTheGuideHasIt) {
  const std::string place =
      "/etc/cb/integrations/cb_threatconnect_bridge/cb_threatconnect_bridge.conf";
  const Ended run = site_->run("carbonblack_threatconnect_bridge", {"start"});
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr(std::filesystem::exists(place) ? "start" : place));
}

TEST_F(DropInNames, AnIniThatOthersCanReadIsAWarning) {
  const std::string text = "api_key = 1\nsecret_key = ini-secret-71\n";
  for (const bool closed : {false, true}) {
    const std::string file = write_ini("open.conf", text, closed ? 0600 : 0644);
    const Ended run = site_->run("cb-threatconnect-bridge", {"start", "-c", file});
    EXPECT_EQ(run.exit_status, 2) << "the plugin is not here";
    EXPECT_THAT(run.err, HasSubstr("start needs the plugin threatconnect"));
    EXPECT_EQ(run.err.find("chmod 600 " + file) == std::string::npos, closed) << run.err;
    EXPECT_THAT(run.out + run.err, Not(HasSubstr("ini-secret-71")));
  }
}

TEST_F(DropInNames, WrongCommandsOfTheBridgeShowItsUsage) {
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {}, {"begin"}, {"write"}, {"write", "a", "b"}, {"stop", "now"}, {"-v3"}}) {
    const Ended run = site_->run("cb-threatconnect-connector", wrong);
    EXPECT_EQ(run.exit_status, 2);
    EXPECT_THAT(run.err, testing::StartsWith("usage: cb-threatconnect-connector [-h] "));
  }
}

}  // namespace
}  // namespace e2e
