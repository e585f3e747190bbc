// SPDX-License-Identifier: Apache-2.0
// scripts/setup --service below a folder of the test's own, with a tqhost that is only a file.
// Needs no network and no root.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr uid_t kNobody = 65534;
constexpr const char* kUnit = "usr/lib/systemd/system/tqhost.service";

class ServiceSetup : public testing::Test {
 protected:
  ServiceSetup() {
    std::string name = (fs::temp_directory_path() / "tq-service-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = name;
    write(folder_ / "build/bin/tqhost", "the program");
    write(folder_ / "build/plugins/cb_edr.so", "the plugin");
    ::chmod((folder_ / "build/bin/tqhost").c_str(), 0755);
  }
  ~ServiceSetup() override { fs::remove_all(folder_); }

  static void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  fs::path root() const { return folder_ / "the root"; }
  Ended setup(const fs::path& tqhost) const {
    return run_program({TQ_SOURCE_DIR "/scripts/setup", "--service", "--tqhost", tqhost.string()},
                       {{"PATH", "/usr/sbin:/usr/bin:/bin"}, {"DESTDIR", root().string()}});
  }
  Ended setup() const { return setup(folder_ / "build/bin/tqhost"); }
  // As root: the service's folders are those of a user who has no other rights.
  bool hand_over() const {
    if (::geteuid() != 0) return false;
    ::chmod(folder_.c_str(), 0711);
    for (const char* name : {"etc/tqhost", "var/lib/tqhost"})
      EXPECT_EQ(::lchown((root() / name).c_str(), kNobody, kNobody), 0);
    for (const auto& entry : fs::recursive_directory_iterator(root() / "etc/tqhost"))
      EXPECT_EQ(::lchown(entry.path().c_str(), kNobody, kNobody), 0);
    return true;
  }
  static uid_t owner(const fs::path& file) {
    struct stat status {};
    return ::lstat(file.c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
  }
  static unsigned mode(const fs::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  fs::path folder_;
};

TEST_F(ServiceSetup, PutsEverythingWhereTheUnitLooksForIt) {
  const Ended run = setup();
  ASSERT_EQ(run.exit_status, 0) << run.err;
  const std::string unit = read_text(root() / kUnit);
  EXPECT_THAT(unit, HasSubstr("ExecStart=/usr/bin/tqhost --config /etc/tqhost/tqhost.json "));
  EXPECT_EQ(read_text(root() / "usr/bin/tqhost"), "the program");
  EXPECT_EQ(mode(root() / "usr/bin/tqhost"), 0755u);
  const std::string config = read_text(root() / "etc/tqhost/tqhost.json");
  EXPECT_THAT(config, HasSubstr("\"plugins_dir\": \"/usr/lib/tqhost/plugins\""));
  EXPECT_EQ(read_text(root() / "usr/lib/tqhost/plugins/cb_edr.so"), "the plugin");
  EXPECT_THAT(config, HasSubstr("\"state_dir\": \"/var/lib/tqhost\""));
  EXPECT_EQ(mode(root() / "var/lib/tqhost"), 0700u);
  EXPECT_EQ(mode(root() / "etc/tqhost"), 0700u);
  EXPECT_EQ(mode(root() / "etc/tqhost/tqhost.json"), 0600u);
  EXPECT_THAT(run.out, HasSubstr("installed and not started"));
  EXPECT_THAT(run.out, HasSubstr("systemctl enable --now tqhost"));
}

TEST_F(ServiceSetup, AgainReplacesTheProgramAndKeepsTheConfiguration) {
  ASSERT_EQ(setup().exit_status, 0);
  write(root() / "etc/tqhost/tqhost.json", "a person's own");
  write(folder_ / "build/plugins/cb_edr.so", "a newer plugin");
  const Ended again = setup();
  ASSERT_EQ(again.exit_status, 0) << again.err;
  EXPECT_EQ(read_text(root() / "etc/tqhost/tqhost.json"), "a person's own");
  EXPECT_EQ(read_text(root() / "usr/lib/tqhost/plugins/cb_edr.so"), "a newer plugin");
  for (const auto& entry : fs::recursive_directory_iterator(root()))
    EXPECT_EQ(entry.path().string().find(".new."), std::string::npos) << entry.path();
}

TEST_F(ServiceSetup, ALinkToNowhereInTheConfigurationsPlaceIsNotWrittenThrough) {
  ASSERT_EQ(setup().exit_status, 0);
  const fs::path elsewhere = folder_ / "preload", file = root() / "etc/tqhost/tqhost.json";
  fs::remove(file);
  fs::create_symlink(elsewhere, file);
  hand_over();
  const Ended again = setup();
  EXPECT_EQ(again.exit_status, 1);
  EXPECT_THAT(again.err, HasSubstr("tqhost.json is a link to a file that is not there"));
  EXPECT_FALSE(fs::exists(elsewhere));
}

TEST_F(ServiceSetup, AConfigurationBehindALinkStaysAsItIs) {
  ASSERT_EQ(setup().exit_status, 0);
  const fs::path elsewhere = folder_ / "shadow", file = root() / "etc/tqhost/tqhost.json";
  write(elsewhere, "root's");
  ::chmod(elsewhere.c_str(), 0640);
  fs::remove(file);
  fs::create_symlink(elsewhere, file);
  hand_over();
  ASSERT_EQ(setup().exit_status, 0);
  EXPECT_EQ(read_text(elsewhere), "root's");
  EXPECT_EQ(mode(elsewhere), 0640u);
  EXPECT_EQ(owner(elsewhere), ::geteuid());
}

TEST_F(ServiceSetup, AFolderBehindALinkIsNotHandedOver) {
  for (const char* name : {"etc/tqhost", "var/lib/tqhost"}) {
    fs::remove_all(root());
    const fs::path elsewhere = folder_ / "elsewhere";
    fs::create_directories(elsewhere);
    ::chmod(elsewhere.c_str(), 0755);
    fs::create_directories((root() / name).parent_path());
    fs::create_directory_symlink(elsewhere, root() / name);
    const Ended run = setup();
    EXPECT_EQ(run.exit_status, 1) << name;
    EXPECT_THAT(run.err, HasSubstr("is a link"));
    EXPECT_EQ(mode(elsewhere), 0755u);
    EXPECT_TRUE(fs::is_empty(elsewhere));
  }
}

// The upgrade of a service whose configuration was removed: made by its user, not by root.
TEST_F(ServiceSetup, TheConfigurationIsTheFoldersOwners) {
  ASSERT_EQ(setup().exit_status, 0);
  if (!hand_over()) GTEST_SKIP() << "takes root";
  fs::remove(root() / "etc/tqhost/tqhost.json");
  const Ended again = setup();
  ASSERT_EQ(again.exit_status, 0) << again.err;
  EXPECT_EQ(owner(root() / "etc/tqhost/tqhost.json"), kNobody);
  EXPECT_EQ(mode(root() / "etc/tqhost/tqhost.json"), 0600u);
}

TEST_F(ServiceSetup, WhatTheServiceCannotReadIsNamed) {
  ASSERT_EQ(setup().exit_status, 0);
  if (!hand_over()) GTEST_SKIP() << "takes root";
  const fs::path plain = root() / "etc/tqhost/tqhost.key", secret = folder_ / "secret";
  write(plain, "made by root");
  ::chmod(plain.c_str(), 0600);
  write(secret, "root's own");
  ::chmod(secret.c_str(), 0600);
  ASSERT_EQ(::link(secret.c_str(), (root() / "var/lib/tqhost/odd\x1b[31m name").c_str()), 0);
  const Ended again = setup();
  EXPECT_EQ(again.exit_status, 1);
  EXPECT_THAT(again.err, HasSubstr("tqhost.key belongs to another user, so the service cannot"));
  EXPECT_THAT(again.err, HasSubstr("if it is its own: chown -h "));
  EXPECT_THAT(again.err, HasSubstr("it has other names as well"));
  EXPECT_THAT(again.err, testing::Not(HasSubstr("\x1b")));
  EXPECT_EQ(owner(secret), 0u);
  EXPECT_EQ(owner(plain), 0u);
}

TEST(ScriptSetup, LinksAreNotMadeInAFolderThatALinkLeadsTo) {
  std::string name = (fs::temp_directory_path() / "tq-links-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const fs::path folder = name;
  fs::create_directories(folder / "bin");
  fs::create_directories(folder / "elsewhere");
  std::ofstream(folder / "tqhost") << "the program";
  ::chmod((folder / "tqhost").c_str(), 0755);
  // The shell that runs the script plants what it will meet, under the number that it goes on with.
  const Ended run =
      run_program({"/bin/sh", "-c",
                   "cd \"$0\" && ln -s ../elsewhere \"bin/tq-conn-cb-enterprise-edr.new.$$\"; "
                   "exec " TQ_SOURCE_DIR "/scripts/setup --links bin --tqhost ./tqhost",
                   folder.string()},
                  {{"PATH", "/usr/bin:/bin"}});
  EXPECT_EQ(run.exit_status, 1) << run.out << run.err;
  EXPECT_TRUE(fs::is_empty(folder / "elsewhere"));
  fs::remove_all(folder);
}

TEST_F(ServiceSetup, WithoutAProgramOrPluginsItSaysWhatToDoAndDoesNothing) {
  Ended run = setup(folder_ / "nowhere/tqhost");
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("cmake --preset release"));
  fs::remove_all(folder_ / "build/plugins");
  run = setup();
  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run.err, HasSubstr("there are no plugins beside"));
  EXPECT_FALSE(fs::exists(root()));
}

}  // namespace
}  // namespace e2e
