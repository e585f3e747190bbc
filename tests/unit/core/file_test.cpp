// SPDX-License-Identifier: Apache-2.0
#include "core/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace tq {
namespace {

class File : public testing::Test {
 protected:
  File() {
    std::string pattern = testing::TempDir() + "tq-file-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~File() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(File, IsReplacedAtomicallyWithItsMode) {
  const auto path = folder_ / "a";
  ASSERT_TRUE(write_file_atomically(path, "one", 0600));
  ASSERT_TRUE(write_file_atomically(path, "two", 0640));
  EXPECT_EQ(*read_file(path, 10), "two");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1)
      << "a temporary file was left";
}

TEST_F(File, ThatCannotBeWrittenNamesPathAndReason) {
  const auto written = write_file_atomically(folder_ / "no" / "a", "x");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find((folder_ / "no").string() + ": No such file or directory"),
            std::string::npos)
      << written.error().message;
}

TEST_F(File, LargerThanTheBoundIsNotRead) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", std::string(100, 'x')));
  EXPECT_TRUE(read_file(folder_ / "a", 100));
  EXPECT_FALSE(read_file(folder_ / "a", 99));
}

TEST_F(File, FoldersAreMadeWithWhatLeadsToThem) {
  ASSERT_TRUE(make_folder(folder_ / "a" / "b"));
  ASSERT_TRUE(make_folder(folder_ / "a" / "b"));
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "a" / "b"));
}

TEST_F(File, LockIsHeldByOneAndEndsWithItsProcess) {
  const auto path = folder_ / "lock";
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_lock(path);
    ::_exit(lock ? 0 : 1);  // without a destructor
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto mine = FileLock::try_lock(path);
  ASSERT_TRUE(mine);
  const auto second = FileLock::try_lock(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().status, Status::kLimited);
}

}  // namespace
}  // namespace tq
