// SPDX-License-Identifier: Apache-2.0
// The names, what belongs to each, and that everything that repeats a part of the table agrees.
#include "cli/drop_in.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/file.hpp"
#include "core/json.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kSource = TQ_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  auto text = read_file(file, 1 << 20);
  EXPECT_TRUE(text.ok()) << text.error().message;
  return text ? *text : std::string();
}

TEST(DropInTable, EveryNameAndNoOther) {
  std::set<std::string_view> names;
  for (const DropIn& drop_in : drop_ins()) {
    EXPECT_TRUE(names.insert(drop_in.program).second) << drop_in.program << " twice";
    EXPECT_EQ(find_drop_in(drop_in.program), &drop_in);
  }
  EXPECT_EQ(names.size(), 8u);
  for (const char* other : {"tqhost", "", "worker", "tq-conn-cb", "TQ-CONN-CB-ENTERPRISE-EDR"})
    EXPECT_EQ(find_drop_in(other), nullptr) << other;
}

TEST(DropInTable, OldAndNewNamesAreOneConnector) {
  const auto same = [](const char* a, const char* b) {
    const DropIn* one = find_drop_in(a);
    const DropIn* other = find_drop_in(b);
    return one != nullptr && other != nullptr && one->plugin == other->plugin &&
           one->default_instance == other->default_instance && one->options == other->options;
  };
  EXPECT_TRUE(same("tq-conn-cb-enterprise-edr", "tq-conn-cb-threat-hunter"));
  EXPECT_TRUE(same("tq-conn-trellix-tie-reputation", "tq-conn-trellix-tie-reputation-change"));
  EXPECT_TRUE(same("tq-conn-trellix-tie-reputation", "tq_conn_trellix_tie_reputation_change"));
  EXPECT_TRUE(same("carbonblack_threatconnect_bridge", "cb-threatconnect-bridge"));
  EXPECT_TRUE(same("carbonblack_threatconnect_bridge", "cb-threatconnect-connector"));
}

TEST(DropInTable, DefaultInstanceIsTheManifests) {
  size_t compared = 0;
  for (const DropIn& drop_in : drop_ins()) {
    const fs::path manifest = kSource / "plugins" / drop_in.plugin / "manifest.json";
    if (!fs::exists(manifest)) continue;  // a plugin that is not in this tree
    const auto json = parse_json(text_of(manifest), manifest.string());
    ASSERT_TRUE(json.ok()) << json.error().message;
    EXPECT_EQ(text_at(*json, "id"), drop_in.plugin);
    EXPECT_EQ(text_at(*json, "default_instance"), drop_in.default_instance);
    ++compared;
  }
  EXPECT_GT(compared, 0u);
}

TEST(DropInTable, SetUpMakesALinkForEachName) {
  const std::string setup = text_of(kSource / "scripts" / "setup");
  const size_t begin = setup.find("names=(");
  ASSERT_NE(begin, std::string::npos);
  const size_t end = setup.find(')', begin);
  std::string listed = setup.substr(begin + 7, end - begin - 7);
  for (char& c : listed)
    if (c == '\n') c = ' ';
  size_t names = 0;
  for (const DropIn& drop_in : drop_ins()) {
    EXPECT_THAT(listed + " ", HasSubstr(" " + std::string(drop_in.program) + " "));
    names += drop_in.program.size();
  }
  listed.erase(std::remove(listed.begin(), listed.end(), ' '), listed.end());
  EXPECT_EQ(listed.size(), names) << "and for no other: " << listed;
}

TEST(DropInTable, HelpIsTheGolden) {
  for (const DropIn& drop_in : drop_ins()) {
    const fs::path golden =
        kSource / "tests" / "golden" / "help" / (std::string(drop_in.program) + ".txt");
    EXPECT_EQ(guide_help(drop_in.options, drop_in.program, drop_in.title), text_of(golden))
        << golden;
  }
}

}  // namespace
}  // namespace tq
