// SPDX-License-Identifier: Apache-2.0
// scripts/setup for machines without a network, with an apt-get and a dpkg of the test's own that
// write down what they are asked. Needs no network and no root.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Knows two packages. Like the real one it fetches what is not there in its size, and no more; a
// file beside the log names the word at which it fails.
constexpr const char* kAptGet = R"sh(echo "$@" >>"$LOG"
broken=$(cat "$LOG.broken" 2>/dev/null)
for word in "$@"; do
  [ "$word" != "$broken" ] || exit 100
  case "$word" in
    Dir::Cache::archives=*) archives=${word#*=} ;;
    Dir::Etc::sourcelist=*)
      read -r _ trust place _ <"${word#*=}"
      echo "source $trust ${place%%:*} $(readlink "${place#*:}")" >>"$LOG"
      ;;
    --download-only) fetch=yes ;;
    --print-uris) print=yes ;;
  esac
done
for file in one_1%3a2 two_1; do
  text=${file%%_*}
  sum=$(echo $text | sha256sum)
  [ -z "${print:-}" ] || echo "'http://a.b/$file.deb' $file.deb 4 SHA256:${sum%% *}"
  [ -z "${fetch:-}" ] || [ "$(stat -c %s "$archives/$file.deb" 2>/dev/null)" = 4 ] ||
    { echo $text >"$archives/$file.deb"; echo "fetched $file" >>"$LOG"; }
done)sh";

class Offline : public testing::Test {
 protected:
  Offline() {
    std::string name = (fs::temp_directory_path() / "tq-offline-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = name;
    fs::create_directories(folder_ / "bin");
    fs::create_directories(folder_ / "tmp");
    program("id", "echo 0");
    program("dpkg-query", "exit 1");  // nothing is installed
    program("dpkg-deb", "echo Package: fake");
    program("apt-get", kAptGet);
    // What must never be asked.
    program("sudo", "echo sudo >>\"$LOG\"; exit 1");
    program("dpkg", "echo dpkg >>\"$LOG\"; exit 1");
  }
  ~Offline() override { fs::remove_all(folder_); }

  fs::path debs() const { return folder_ / "USB stick" / "debs"; }
  void program(const std::string& name, const std::string& script) const {
    const auto file = folder_ / "bin" / name;
    std::ofstream(file) << "#!/bin/bash\n" << script << "\n";
    ::chmod(file.c_str(), 0755);
  }
  void write(const fs::path& file, const std::string& text) const { std::ofstream(file) << text; }
  Ended setup(const std::vector<std::string>& options) const {
    std::vector<std::string> command{TQ_SOURCE_DIR "/scripts/setup"};
    command.insert(command.end(), options.begin(), options.end());
    return run_program(command, {{"PATH", (folder_ / "bin").string() + ":/usr/bin:/bin"},
                                 {"TMPDIR", (folder_ / "tmp").string()},
                                 {"LOG", (folder_ / "log").string()}});
  }
  Ended download() const { return setup({"--download", debs().string()}); }
  Ended offline() const { return setup({"--offline", debs().string()}); }
  // What apt-get was asked and did since the last call, in its order.
  std::vector<std::string> asked() const {
    std::vector<std::string> lines;
    if (!fs::exists(folder_ / "log")) return lines;
    std::istringstream log(read_text(folder_ / "log"));
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    fs::remove(folder_ / "log");
    return lines;
  }
  bool leaves_nothing_behind() const { return fs::is_empty(folder_ / "tmp"); }

  fs::path folder_;
};

TEST_F(Offline, PackagesAreFetchedHereAndInstalledThere) {
  const Ended fetched = download();
  ASSERT_EQ(fetched.exit_status, 0) << fetched.err;
  EXPECT_THAT(fetched.out, HasSubstr("setup: 2 packages, 8 bytes, are in "));
  const auto bare = AllOf(HasSubstr("Dir::State::status="), HasSubstr("Debug::NoLocking=1"));
  const auto packages = AllOf(bare, HasSubstr("--no-install-recommends g++ clang-14"),
                              HasSubstr("json-schema-test-suite"));
  EXPECT_THAT(asked(), ElementsAre(AllOf(bare, HasSubstr(" update")),
                                   AllOf(packages, HasSubstr("--print-uris")),
                                   AllOf(packages, HasSubstr("--download-only install")),
                                   "fetched one_1%3a2", "fetched two_1"));
  EXPECT_THAT(read_text(debs() / "Packages"), HasSubstr("Filename: ./one_1%3a2.deb\nSize: 4\n"));

  const Ended installed = offline();
  ASSERT_EQ(installed.exit_status, 0) << installed.err;
  const auto these_only = AllOf(HasSubstr("Dir::Etc::sourcelist=" + (folder_ / "tmp").string()),
                                HasSubstr("Dir::Etc::sourceparts=/dev/null"));
  // The folder's blank must not get into the line that apt reads.
  const std::string source = "source [trusted=yes] file " + debs().string();
  EXPECT_THAT(asked(),
              ElementsAre(AllOf(these_only, HasSubstr(" update")), source,
                          AllOf(these_only, HasSubstr(" install "), HasSubstr("libpoco-dev"),
                                Not(HasSubstr("downgrade")), Not(HasSubstr("force"))),
                          source));
  EXPECT_TRUE(leaves_nothing_behind());
}

TEST_F(Offline, OnlyWhatIsNewOrDamagedIsFetchedAgain) {
  ASSERT_EQ(download().exit_status, 0);
  const std::string sums = read_text(debs() / "SHA256SUMS");
  asked();
  ASSERT_EQ(download().exit_status, 0);
  EXPECT_THAT(asked(), Each(Not(HasSubstr("fetched"))));

  // Damaged in its own size, which apt-get does not see, and a package of somebody else.
  write(debs() / "two_1.deb", "owt\n");
  write(debs() / "git_99.deb", "git\n");
  ASSERT_EQ(download().exit_status, 0);
  EXPECT_THAT(asked(), AllOf(Contains("fetched two_1"), Not(Contains("fetched one_1%3a2"))));
  EXPECT_EQ(read_text(debs() / "two_1.deb"), "two\n");
  EXPECT_EQ(read_text(debs() / "SHA256SUMS"), sums);
  EXPECT_THAT(read_text(debs() / "Packages"), Not(HasSubstr("git_99")));
  EXPECT_TRUE(fs::exists(debs() / "git_99.deb"));
}

TEST_F(Offline, AFolderThatIsNotWholeInstallsNothing) {
  EXPECT_EQ(offline().exit_status, 2);
  ASSERT_EQ(download().exit_status, 0);
  asked();
  for (const char* file : {"two_1.deb", "one_1%3a2.deb", "Packages"}) {
    const std::string whole = read_text(debs() / file);
    write(debs() / file, "other");
    const Ended damaged = offline();
    EXPECT_EQ(damaged.exit_status, 1);
    EXPECT_THAT(damaged.out + damaged.err,
                AllOf(HasSubstr(file), HasSubstr("nothing was installed")));
    fs::remove(debs() / file);
    const Ended missing = offline();
    EXPECT_EQ(missing.exit_status, 1);
    EXPECT_THAT(missing.out + missing.err,
                AllOf(HasSubstr(file), HasSubstr("nothing was installed")));
    write(debs() / file, whole);
  }
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(offline().exit_status, 0);
}

TEST_F(Offline, NothingMissingInstallsNothingAndSaysSo) {
  ASSERT_EQ(download().exit_status, 0);
  asked();
  program("dpkg-query", "printf 'install ok installed'");
  const Ended done = offline();
  EXPECT_EQ(done.exit_status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("packages are installed"));
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(Offline, AFailureSaysWhatToDoAndLeavesNothingBehind) {
  for (const char* step : {"update", "--print-uris", "--download-only"}) {
    write(folder_ / "log.broken", step);
    const Ended failed = download();
    EXPECT_EQ(failed.exit_status, 1) << step;
    EXPECT_THAT(failed.err, HasSubstr("setup: ")) << step;
    EXPECT_FALSE(fs::exists(debs() / "SHA256SUMS")) << step;
    EXPECT_TRUE(leaves_nothing_behind()) << step;
  }
  fs::remove(folder_ / "log.broken");
  ASSERT_EQ(download().exit_status, 0);
  write(folder_ / "log.broken", "install");
  const Ended failed = offline();
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_THAT(failed.err, HasSubstr("fetch them anew with: scripts/setup --download DIR"));
  EXPECT_TRUE(leaves_nothing_behind());
}

TEST_F(Offline, OptionsThatDoNotGoTogetherAreRefused) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--download", "a", "--offline", "b"},
      {"--offline", "a", "--links", "b"},
      {"--download"},
      {"--download", "a", "--tqhost", "/b/tqhost"}};
  for (const auto& options : wrong) {
    const Ended refused = setup(options);
    EXPECT_EQ(refused.exit_status, 2);
    EXPECT_THAT(refused.err, HasSubstr("setup: --"));
  }
  EXPECT_THAT(asked(), IsEmpty());
}

}  // namespace
}  // namespace e2e
