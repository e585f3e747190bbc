// SPDX-License-Identifier: Apache-2.0
// docs/parity.md: every promise of the original guides has a row, and every row names tests that
// are there, or what it waits for.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = TQ_SOURCE_DIR;

// What a promise may still wait for, word for word.
const std::set<std::string> kAwaited = {"the plugin trellix_tie", "the plugin threatconnect",
                                        "publishing", "signatures"};

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// "Suite.Name" of every test in the tree, whatever macro makes it; parametrised ones under their
// suite's name.
std::set<std::string> tests_of_the_tree() {
  const std::regex test(R"(\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = read(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at)
      out.insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return out;
}

struct Row {
  std::string text;  // what a user gets
  std::string held;  // what holds it
};

// Rows "| CB-01 | ... | ... |" by id; a doubled id is noted.
std::map<std::string, Row> rows_of(const std::string& page, std::vector<std::string>* doubled) {
  const std::regex row(R"(^\| ((?:CB|TIE|TC|X)-\d+) \| (.*) \| (.*) \|$)");
  std::map<std::string, Row> out;
  std::istringstream lines(page);
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, match, row))
      if (!out.emplace(match[1].str(), Row{match[2].str(), match[3].str()}).second)
        doubled->push_back(match[1].str());
  return out;
}

std::vector<std::string> all_ids() {
  std::vector<std::string> out;
  const std::pair<const char*, int> series[] = {{"CB", 63}, {"TIE", 53}, {"TC", 46}, {"X", 15}};
  for (const auto& [name, count] : series)
    for (int number = 1; number <= count; ++number)
      out.push_back(std::string(name) + (number < 10 ? "-0" : "-") + std::to_string(number));
  return out;
}

class Parity : public testing::Test {
 protected:
  std::vector<std::string> doubled_;
  const std::map<std::string, Row> rows_ = rows_of(read(kRoot / "docs" / "parity.md"), &doubled_);
};

TEST_F(Parity, EveryPromiseHasExactlyOneRow) {
  for (const std::string& id : all_ids()) EXPECT_EQ(rows_.count(id), 1u) << id << " has no row";
  EXPECT_EQ(rows_.size(), all_ids().size());
  EXPECT_EQ(doubled_, std::vector<std::string>());
  for (const auto& [id, row] : rows_) EXPECT_GE(row.text.size(), 8u) << id << " says nothing";
}

TEST_F(Parity, EveryRowNamesTestsThatAreThereOrWhatItWaitsFor) {
  const std::set<std::string> tests = tests_of_the_tree();
  const std::regex quoted("`([^`]+)`");
  const std::string waits = "waits for ";
  for (const auto& [id, row] : rows_) {
    size_t holds = 0;
    for (std::sregex_iterator at(row.held.begin(), row.held.end(), quoted), end; at != end; ++at) {
      const std::string name = (*at)[1].str();
      ++holds;
      const bool is_path = name.find('/') != std::string::npos;
      EXPECT_TRUE(is_path ? fs::exists(kRoot / name) : tests.count(name) != 0)
          << id << " names " << name << ", which is not there";
    }
    const size_t at = row.held.find(waits);
    if (at != std::string::npos) {
      ++holds;
      const std::string awaited = row.held.substr(at + waits.size());
      EXPECT_EQ(kAwaited.count(awaited), 1u) << id << " waits for \"" << awaited << '"';
    }
    EXPECT_GT(holds, 0u) << id << " names no test and nothing that it waits for";
  }
}

}  // namespace
