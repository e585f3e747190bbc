// SPDX-License-Identifier: Apache-2.0
#include "schema/state_place.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace tq {
namespace {

namespace fs = std::filesystem;

class LikelyStateDir : public testing::Test {
 protected:
  LikelyStateDir() {
    std::string pattern = testing::TempDir() + "tq-place-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder_ = pattern;
    sources_.file = folder_ / "tqhost.json";
  }
  ~LikelyStateDir() override { fs::remove_all(folder_); }

  fs::path with_file(const std::string& text) {
    std::ofstream(*sources_.file) << text;
    return likely_state_dir(sources_);
  }

  fs::path folder_;
  ConfigSources sources_;
};

TEST_F(LikelyStateDir, IsFoundInAFileThatIsNoJson) {
  EXPECT_EQ(with_file(R"({"state_dir" : "/var/lib/x", "instances": [)"), "/var/lib/x");
  EXPECT_EQ(with_file(R"({"log": {"state_dir)"), likely_state_dir({}));
  EXPECT_EQ(with_file(R"({"state_dir": "/cut of)"), likely_state_dir({}));
  EXPECT_EQ(with_file(R"({"state_dir": 12})"), likely_state_dir({}));
}

TEST_F(LikelyStateDir, IsRelativeToTheFile) {
  EXPECT_EQ(with_file(R"({"state_dir": "st\"ate", })"), folder_ / "st\"ate");
}

TEST_F(LikelyStateDir, IsFirstWhatTheCommandLineAndTheEnvironmentSay) {
  sources_.environment["TQHOST_STATE_DIR"] = "/from/environment";
  EXPECT_EQ(with_file(R"({"state_dir": "/from/file"})"), "/from/environment");
  sources_.state_dir = "/from/command/line";
  EXPECT_EQ(likely_state_dir(sources_), "/from/command/line");
}

}  // namespace
}  // namespace tq
