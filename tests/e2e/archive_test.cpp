// SPDX-License-Identifier: Apache-2.0
// scripts/archive: tqhost with its own loader and libraries, for machines that are no Debian 12.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Archive : public testing::Test {
 protected:
  void SetUp() override {
#ifdef TQ_SANITIZED
    GTEST_SKIP() << "a sanitizer needs to be started by the system's loader";
#endif
    const std::string file = (site_.folder() / "tqhost.tar.gz").string();
    const Variables path = {{"PATH", "/usr/bin:/bin"}};
    const Ended packed =
        run_program({TQ_SOURCE_DIR "/scripts/archive", "--build", TQ_BINARY_DIR, file}, path, 120);
    ASSERT_EQ(packed.exit_status, 0) << packed.err;
    for (const char* folder : {"etc/tqhost", "dev", "proc"})
      fs::create_directories(root() / folder);
    const Ended unpacked =
        run_program({"/usr/bin/tar", "-C", root().string(), "-xzf", file}, path, 60);
    ASSERT_EQ(unpacked.exit_status, 0) << unpacked.err;
    // What the defaults of root find, in that root.
    fs::copy_file(site_.cbc().ca_file(), root() / "ca.pem");
    site_.config["ca_file"] = site_.config["threatq"]["ca_file"] = "/ca.pem";
    for (const char* key : {"plugins_dir", "state_dir"}) site_.config.erase(key);
    std::ofstream(root() / "etc" / "tqhost" / "tqhost.json") << site_.config.dump(2);
    ::chmod((root() / "etc" / "tqhost" / "tqhost.json").c_str(), 0600);
  }

  fs::path root() const { return site_.folder() / "root"; }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "100", "--collection", "Crimeware"};
    return options;
  }()};
};

TEST_F(Archive, RunsInAnOtherwiseEmptyRoot) {
  const std::string into =
      "mount -t proc proc '" + root().string() + "/proc' && mount --bind /dev '" + root().string() +
      "/dev' || exit 77; exec chroot '" + root().string() + "' /tqhost/bin/tqhost \"$@\"";
  const auto in_root = [&](std::vector<std::string> arguments) {
    std::vector<std::string> command = {"/usr/bin/unshare", "--mount", "/bin/sh", "-c", into, "sh"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command, {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}, 120);
  };
  const Ended version = in_root({"--version"});
  if (version.exit_status == 77 || version.err.find("unshare") != std::string::npos)
    GTEST_SKIP() << "needs root and mounts of its own: " << version.err;
  EXPECT_THAT(version.out, HasSubstr("plugin ABI")) << version.err;
  EXPECT_THAT(in_root({"list"}).out, HasSubstr("cb_edr"));
  // The worker, too, is started by the archive's loader: there is no other.
  const Ended run = in_root({"run-once"});
  EXPECT_EQ(run.exit_status, 0) << run.out << run.err;
  EXPECT_EQ(site_.feeds().size(), 1u);
  EXPECT_TRUE(fs::exists(root() / "var" / "lib" / "tqhost" / "cb-prod" / "state.db"));
}

TEST_F(Archive, AnswersToTheNameThatItIsCalledBy) {
  const auto link = root() / "tqhost" / "bin" / "tq-conn-cb-threat-hunter";
  fs::create_symlink("tqhost", link);
  const Ended help = run_program({link.string(), "-h"});
  EXPECT_EQ(help.exit_status, 0) << help.err;
  EXPECT_THAT(help.out, HasSubstr("usage: tq-conn-cb-threat-hunter "));
}

}  // namespace
}  // namespace e2e
