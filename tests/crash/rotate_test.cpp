// SPDX-License-Identifier: Apache-2.0
// `secret rotate` is killed with SIGKILL right before and right after each of its steps in turn:
// every secret can be read afterwards, and the next rotation ends what was begun.
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdio>

#include "e2e/site.hpp"

namespace e2e {
namespace {

namespace fs = std::filesystem;

class CrashRotate : public testing::Test {
 protected:
  CrashRotate() {
    site_.config["threatq"]["password"] = {{"secret", "tq"}};
    site_.settings()["api_secret_key"] = {{"secret", "cb-prod/api_secret_key"}};
    site_.write_config();
    set("tq", kPassword);
    set("cb-prod/api_secret_key", kApiSecret);
  }

  void set(const std::string& name, const std::string& text) {
    const Ended ended = run_program(site_.command({"secret", "set", name}), {}, 60, text);
    EXPECT_EQ(ended.exit_status, 0) << ended.err;
  }
  Ended rotate(int point = 0) {
    return site_.tqhost(
        {"secret", "rotate"},
        point == 0 ? Variables() : Variables{{"TQ_CRASH_AT", std::to_string(point)}});
  }
  // The lines of the key file.
  std::vector<std::string> keys() const {
    std::vector<std::string> lines(1);
    for (const char c : read_text(site_.folder() / "tqhost.key"))
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += c;
      }
    lines.pop_back();
    return lines;
  }
  void expect_all_readable(const std::string& when) {
    const Ended check = site_.tqhost({"secret", "check"});
    EXPECT_EQ(check.exit_status, 0) << when << ": " << check.out << check.err;
    const Ended log_ins = site_.tqhost({"check"});
    EXPECT_EQ(log_ins.exit_status, 0) << when << ": " << log_ins.out << log_ins.err;
  }

  Site site_;
};

TEST_F(CrashRotate, LeavesEverythingReadableAndIsEndedByTheNext) {
  int points = 0;
  for (int point = 1;; ++point) {
    ASSERT_LT(point, 50) << "more crash points than a rotation can have";
    const std::string when = "killed at point " + std::to_string(point);
    std::vector<std::string> old_keys = keys();
    const Ended killed = rotate(point);
    if (killed.exit_status == 0) break;
    ++points;
    ASSERT_EQ(killed.signal, SIGKILL) << killed.err;
    expect_all_readable(when);
    for (const std::string& key : keys()) old_keys.push_back(key);

    const Ended good = rotate();
    ASSERT_EQ(good.exit_status, 0) << when << ": " << good.err;
    expect_all_readable(when + ", then rotated");
    ASSERT_EQ(keys().size(), 1u);
    EXPECT_THAT(old_keys, testing::Not(testing::Contains(keys().front()))) << when;
    if (HasFailure()) return;
  }
  std::printf("crash points in a rotation: %d\n", points);
  EXPECT_GE(points, 6) << "two key files and the secrets, before and after each";
}

}  // namespace
}  // namespace e2e
