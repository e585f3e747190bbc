// SPDX-License-Identifier: Apache-2.0
#include "schema/default_paths.hpp"

#include <gtest/gtest.h>

#include "unit/schema/folder.hpp"

namespace tq {
namespace {

TEST(DefaultPaths, OfRootAreTheSystems) {
  const DefaultPaths paths = default_paths({{"HOME", "/root"}, {"XDG_STATE_HOME", "/x"}}, true);
  EXPECT_EQ(paths.file, "/etc/tqhost/tqhost.json");
  EXPECT_EQ(paths.state_dir, "/var/lib/tqhost");
  EXPECT_EQ(paths.plugins_dir, "/usr/lib/tqhost/plugins");
}

TEST(DefaultPaths, OfOthersAreTheXdgFolders) {
  const DefaultPaths home = default_paths({{"HOME", "/home/a"}}, false);
  EXPECT_EQ(home.file, "/home/a/.config/tqhost/tqhost.json");
  EXPECT_EQ(home.state_dir, "/home/a/.local/state/tqhost");
  EXPECT_EQ(home.plugins_dir, "/home/a/.local/share/tqhost/plugins");

  const DefaultPaths xdg = default_paths({{"HOME", "/home/a"},
                                          {"XDG_CONFIG_HOME", "/c"},
                                          {"XDG_STATE_HOME", "/s"},
                                          {"XDG_DATA_HOME", "relative"}},
                                         false);
  EXPECT_EQ(xdg.file, "/c/tqhost/tqhost.json");
  EXPECT_EQ(xdg.state_dir, "/s/tqhost");
  EXPECT_EQ(xdg.plugins_dir, "/home/a/.local/share/tqhost/plugins") << "relative ones are ignored";
}

TEST(DefaultPaths, AreEmptyWithoutAHome) {
  const DefaultPaths paths = default_paths({}, false);
  EXPECT_TRUE(paths.file.empty());
  const auto config = load_host_config({}, paths);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "the configuration: /plugins_dir is not set, and neither is HOME, so that there is no "
            "default\n"
            "the configuration: /state_dir is not set, and neither is HOME, so that there is no "
            "default");
}

TEST(DefaultPaths, PluginsMayStandBesideTheExecutable) {
  Folder folder;
  const auto own = folder.path() / "lib" / "tqhost" / "plugins";
  const auto usual = folder.path() / "usual";
  DefaultPaths paths;
  paths.plugins_dir = usual;
  prefer_own_prefix(folder.path() / "bin" / "tqhost", &paths);
  EXPECT_EQ(paths.plugins_dir, usual) << "there is no such folder";
  std::filesystem::create_directories(own);
  prefer_own_prefix(folder.path() / "bin" / "tqhost", &paths);
  EXPECT_EQ(paths.plugins_dir, own);
  std::filesystem::create_directories(usual);
  paths.plugins_dir = usual;
  prefer_own_prefix(folder.path() / "bin" / "tqhost", &paths);
  EXPECT_EQ(paths.plugins_dir, usual) << "the usual one goes first";
}

}  // namespace
}  // namespace tq
