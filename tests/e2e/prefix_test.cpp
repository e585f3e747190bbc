// SPDX-License-Identifier: Apache-2.0
// Everything below one folder, as on ThreatQ v6, where nothing else lasts.
#include <gmock/gmock.h>

#include "e2e/drop_in_site.hpp"

namespace e2e {
namespace {

TEST(Prefix, EverythingMayStandBelowOneFolder) {
  DropInSite place;
  const auto prefix = place.site.folder() / "tqvenv";
  std::filesystem::create_directories(prefix / "bin");
  std::filesystem::create_directories(prefix / "lib" / "tqhost" / "plugins");
  std::filesystem::create_directories(prefix / "etc");
  std::filesystem::copy_file(place.tqhost(), prefix / "bin" / "tqhost");
  std::filesystem::copy_file(place.site.plugins() / "cb_edr.so",
                             prefix / "lib" / "tqhost" / "plugins" / "cb_edr.so");
  ASSERT_EQ(make_links(prefix / "bin", (prefix / "bin" / "tqhost").string()).exit_status, 0);
  place.site.config.erase("plugins_dir");
  place.configure(prefix / "etc" / "cb-edr.json", "cb-edr");
  // No home either: of all that tqhost makes, nothing has another place to go.
  const Ended run = run_program({(prefix / "bin" / "tq-conn-cb-enterprise-edr").string(), "-c",
                                 (prefix / "etc").string(), "-v2"},
                                {{"XDG_DATA_HOME", (prefix / "none").string()}}, 120);
  EXPECT_EQ(run.exit_status, 0) << run.out << run.err;
  EXPECT_EQ(place.site.feeds().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(prefix / "etc" / "cb-edr.state" / "cb-edr" / "state.db"));
}

}  // namespace
}  // namespace e2e
