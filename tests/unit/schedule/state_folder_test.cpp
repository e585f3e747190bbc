// SPDX-License-Identifier: Apache-2.0
#include "schedule/state_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StateFolderTest : public testing::Test {
 protected:
  StateFolderTest() {
    std::string pattern = testing::TempDir() + "tq-state-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    parent_ = pattern;
    folder_ = parent_ / "state";
  }
  ~StateFolderTest() override { fs::remove_all(parent_); }

  static bool is_told(const StateFolder& folder) {
    pollfd ready{folder.fd(), POLLIN, 0};
    return ::poll(&ready, 1, 30'000) == 1;
  }
  std::string own_pid() const { return "pid " + std::to_string(::getpid()); }

  fs::path parent_, folder_;
};

TEST_F(StateFolderTest, HasOneHolderAndTellsWho) {
  EXPECT_EQ(supervisor_of(folder_).take(), "");
  {
    const auto first = StateFolder::take(folder_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(supervisor_of(folder_).take(), own_pid());
    const auto second = StateFolder::take(folder_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().status, Status::kLimited);
    EXPECT_THAT(second.error().message, HasSubstr("another supervisor runs"));
    EXPECT_THAT(second.error().message, HasSubstr(own_pid()));
  }
  EXPECT_EQ(supervisor_of(folder_).take(), "");
}

TEST_F(StateFolderTest, ThatWasMovedIsToldAtOnce) {
  auto folder = StateFolder::take(folder_);
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_TRUE(folder->look());
  fs::rename(folder_, parent_ / "moved");
  EXPECT_TRUE(is_told(*folder));
  const auto held = folder->look();
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().status, Status::kConfig);
  EXPECT_THAT(held.error().message, HasSubstr(folder_.string() + " was moved"));
  // Another one in its place is not the same.
  fs::create_directory(folder_);
  EXPECT_FALSE(folder->look());
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(StateFolderTest, ADeletedLockIsMadeAnew) {
  auto folder = StateFolder::take(folder_);
  ASSERT_TRUE(folder) << folder.error().message;
  fs::remove(folder_ / "supervisor.lock");
  EXPECT_TRUE(is_told(*folder));
  EXPECT_TRUE(folder->look());
  EXPECT_EQ(supervisor_of(folder_).take(), own_pid());
}

TEST_F(StateFolderTest, ADeletedLockThatAnotherOneHasIsTold) {
  auto folder = StateFolder::take(folder_);
  ASSERT_TRUE(folder) << folder.error().message;
  fs::remove(folder_ / "supervisor.lock");
  const auto other = StateFolder::take(folder_);
  ASSERT_TRUE(other) << other.error().message;
  const auto held = folder->look();
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().status, Status::kLimited);
}

}  // namespace
}  // namespace tq
