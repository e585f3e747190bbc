// SPDX-License-Identifier: Apache-2.0
// scripts/setup for machines without a network, with an apt-get and a dpkg of the test's own that
// write down what they are asked.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Offline : public testing::Test {
 protected:
  Offline() {
    fs::create_directories(folder() / "bin");
    program("id", "echo 0");
    program("dpkg-query", "exit 1");  // nothing is installed
    program("dpkg-deb", "echo Package: fake");
    // A download leaves files where the archives are to go.
    program("apt-get", R"(echo "$@" >>"$LOG"
for word in "$@"; do
  case "$word" in Dir::Cache::archives=*) archives=${word#*=} ;; --download-only) fetch=yes ;; esac
done
[ "${fetch:-}" != yes ] || { echo one >"$archives/one_1%3a2.deb"; echo two >"$archives/two_1.deb"; })");
  }

  fs::path folder() const { return site_.folder() / "offline"; }
  fs::path debs() const { return folder() / "debs"; }
  void program(const std::string& name, const std::string& script) {
    const auto file = folder() / "bin" / name;
    std::ofstream(file) << "#!/bin/bash\n" << script << "\n";
    ::chmod(file.c_str(), 0755);
  }
  Ended setup(const std::string& option) {
    return run_program({TQ_SOURCE_DIR "/scripts/setup", option, debs().string()},
                       {{"PATH", (folder() / "bin").string() + ":/usr/bin:/bin"},
                        {"LOG", (folder() / "log").string()}});
  }
  // What apt-get was asked since the last call.
  std::string asked() {
    std::string out = read_text(folder() / "log");
    fs::remove(folder() / "log");
    return out;
  }

  Site site_{[] {
    SiteOptions options;
    options.threatq = {"--generate", "1"};
    return options;
  }()};
};

TEST_F(Offline, PackagesAreFetchedHereAndInstalledThere) {
  const Ended fetched = setup("--download");
  ASSERT_EQ(fetched.exit_status, 0) << fetched.err;
  EXPECT_THAT(fetched.out, HasSubstr("setup: 2 packages"));
  EXPECT_THAT(asked(), AllOf(HasSubstr("--download-only"), HasSubstr("libpoco-dev"),
                             HasSubstr("Dir::State::status=")));
  EXPECT_THAT(read_text(debs() / "Packages"), HasSubstr("Filename: ./one_1%3a2.deb\nSize: 4\n"));

  const Ended installed = setup("--offline");
  ASSERT_EQ(installed.exit_status, 0) << installed.err;
  const std::string asked_there = asked();
  EXPECT_THAT(
      asked_there,
      AllOf(HasSubstr(" update"), HasSubstr("install"), HasSubstr("libpoco-dev"),
            HasSubstr("Dir::Etc::sourceparts=/dev/null"), Not(HasSubstr("--download-only"))));
}

TEST_F(Offline, AFolderThatIsNotWholeInstallsNothing) {
  EXPECT_EQ(setup("--offline").exit_status, 2);
  ASSERT_EQ(setup("--download").exit_status, 0);
  asked();
  std::ofstream(debs() / "two_1.deb") << "other";
  const Ended damaged = setup("--offline");
  EXPECT_EQ(damaged.exit_status, 1);
  EXPECT_THAT(damaged.out + damaged.err,
              AllOf(HasSubstr("two_1.deb"), HasSubstr("nothing was installed")));
  EXPECT_THAT(asked(), IsEmpty());
  fs::remove(debs() / "two_1.deb");
  EXPECT_EQ(setup("--offline").exit_status, 1);
  EXPECT_THAT(asked(), IsEmpty());
}

}  // namespace
}  // namespace e2e
