// SPDX-License-Identifier: Apache-2.0
// What -n, -c and -ll mean, before anything is read or written.
#include "cli/drop_in_files.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class DropInFiles : public testing::Test {
 protected:
  DropInFiles() {
    std::string pattern = (fs::temp_directory_path() / "tq-drop-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = pattern;
  }
  ~DropInFiles() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void write(const std::string& name, const std::string& text = "x") const {
    std::ofstream(folder_ / name) << text;
  }
  std::string in_folder(const std::string& name) const { return (folder_ / name).string(); }

  ConfigSpot config(const std::string& given) const {
    auto spot = find_config(given, "cb-edr");
    EXPECT_TRUE(spot.ok()) << spot.error().message;
    return spot ? *spot : ConfigSpot();
  }
  std::string config_refusal(const std::string& given) const {
    auto spot = find_config(given, "cb-edr");
    EXPECT_FALSE(spot.ok()) << given;
    return spot ? std::string() : spot.error().message;
  }
  std::optional<fs::path> log(const std::string& given) const {
    auto file = find_log(given, "cb-edr");
    EXPECT_TRUE(file.ok()) << file.error().message;
    return file ? *file : std::nullopt;
  }
  std::string log_refusal(const std::string& given) const {
    auto file = find_log(given, "cb-edr");
    EXPECT_FALSE(file.ok()) << given;
    return file ? std::string() : file.error().message;
  }

  fs::path folder_;
};

TEST(InstanceOfName, IsWhatAnInstanceCanBeCalled) {
  const auto name = [](const char* text) { return instance_of_name(text).value(); };
  EXPECT_EQ(name("cb-edr"), "cb-edr");
  EXPECT_EQ(name("cb_edr.2"), "cb_edr.2");
  EXPECT_EQ(name("CB Prod"), "cb-prod");
  EXPECT_EQ(name("  Carbon Black (EU) / 2 "), "carbon-black-eu-2");
  EXPECT_EQ(name("../../etc/x"), "etc-x") << "never a path";
  EXPECT_EQ(name("Gerät"), "ger-t");
  for (const char* none : {"---", "密", " "})
    EXPECT_EQ(instance_of_name(none).error().status, Status::kConfig) << none;
}

TEST_F(DropInFiles, AFolderHoldsTheFileOfTheInstance) {
  for (const std::string& given : {folder_.string(), folder_.string() + "/"}) {
    const ConfigSpot spot = config(given);
    EXPECT_EQ(spot.folder, folder_);
    EXPECT_EQ(spot.file, folder_ / "cb-edr.json");
    EXPECT_EQ(spot.state_dir, folder_ / "cb-edr.state");
    EXPECT_FALSE(spot.named);
  }
}

TEST_F(DropInFiles, WithoutOneTheCurrentDirectory) {
  const auto spot = find_config(std::nullopt, "cb-edr");
  ASSERT_TRUE(spot.ok());
  EXPECT_EQ(spot->file, fs::current_path() / "cb-edr.json");
}

TEST_F(DropInFiles, AFileIsTakenWithItsStateBesideIt) {
  write("mine.conf");
  for (const char* name : {"mine.conf", "new.json"}) {
    const ConfigSpot spot = config(in_folder(name));
    EXPECT_TRUE(spot.named);
    EXPECT_EQ(spot.file, folder_ / name);
    EXPECT_EQ(spot.state_dir.string(), in_folder(fs::path(name).stem().string() + ".state"));
  }
}

TEST_F(DropInFiles, AMissingFolderIsToldWithTheLineThatMakesIt) {
  const std::string missing = in_folder("tq_labs");
  EXPECT_THAT(config_refusal(missing + "/"), HasSubstr("type: mkdir -p " + missing));
  EXPECT_THAT(config_refusal(missing), HasSubstr("type: mkdir -p " + missing));
  EXPECT_THAT(config_refusal(missing + "/x.json"), HasSubstr("type: mkdir -p " + missing));
  EXPECT_THAT(log_refusal(missing + "/"), HasSubstr("type: mkdir -p " + missing));
  EXPECT_THAT(log_refusal(missing), HasSubstr("type: mkdir -p " + missing));
  EXPECT_THAT(log_refusal(missing + "/x.log"), HasSubstr("type: mkdir -p " + missing));
  EXPECT_THAT(config_refusal(in_folder("two words/")),
              HasSubstr("mkdir -p '" + in_folder("two words") + "'"));
}

TEST_F(DropInFiles, ALogGoesToAFolderAFileOrTheConsole) {
  EXPECT_EQ(log("stdout"), std::nullopt);
  EXPECT_EQ(find_log(std::nullopt, "cb-edr").value(), std::nullopt);
  EXPECT_EQ(log(folder_.string() + "/"), folder_ / "cb-edr.log");
  EXPECT_EQ(log(in_folder("mine.log")), folder_ / "mine.log");
  write("old");
  EXPECT_EQ(log(in_folder("old")), folder_ / "old") << "what is a file already";
}

TEST_F(DropInFiles, WhatTheUserMayNotUseNamesPathAndUser) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  write("cb-edr.json");
  ::chmod(in_folder("cb-edr.json").c_str(), 0400);
  EXPECT_THAT(config_refusal(folder_.string()), HasSubstr(in_folder("cb-edr.json")));
  EXPECT_THAT(config_refusal(folder_.string()), HasSubstr("user "));
  ::chmod(folder_.c_str(), 0500);
  EXPECT_THAT(config_refusal(folder_.string()),
              HasSubstr("cannot read and write " + folder_.string()));
  EXPECT_THAT(log_refusal(folder_.string()), HasSubstr("cannot write " + folder_.string()));
  ::chmod(folder_.c_str(), 0700);
}

TEST_F(DropInFiles, ForeignFilesAreFoundByNameOnly) {
  for (const char* name : {"cb.conf", "a.ini", "notes.txt", ".hidden.conf", "other.json"})
    write(name);
  write("ours.json");
  fs::create_directory(folder_ / "ours.state");
  EXPECT_THAT(foreign_files(config(folder_.string())),
              ElementsAre("a.ini", "cb.conf", "other.json"));
}

TEST_F(DropInFiles, AFileOfAnotherProgramIsNamedAndNotChanged) {
  write("python.conf", "[default]\nhost = tq.example.com\n");
  write("list.json", "[1, 2]");
  write("ours.json", "// mine\n{\"instances\": []}");
  for (const char* foreign : {"python.conf", "list.json"}) {
    auto ours = check_is_ours(folder_ / foreign);
    ASSERT_FALSE(ours.ok());
    EXPECT_THAT(ours.error().message,
                HasSubstr(in_folder(foreign) + " is no configuration of tqhost"));
    EXPECT_THAT(ours.error().message, HasSubstr("was not changed"));
  }
  EXPECT_TRUE(check_is_ours(folder_ / "ours.json").ok());
}

}  // namespace
}  // namespace tq
