// SPDX-License-Identifier: Apache-2.0
// scripts/setup --service below a folder of the test's own, with a tqhost that is only a file.
// Needs no network and no root.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

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
