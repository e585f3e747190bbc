// SPDX-License-Identifier: Apache-2.0
#include "core/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
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

// Any of these opened plainly waits for ever, or does something to a device.
TEST_F(File, OnlyARegularFileIsOpenedAndNothingIsWaitedFor) {
  const auto pipe = folder_ / "pipe", link = folder_ / "link";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink(pipe, link);
  for (const auto& path : {pipe, link, folder_, std::filesystem::path("/dev/tty")})
    for (const int flags : {O_RDONLY, O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT}) {
      const auto opened = open_file(path, flags);
      ASSERT_FALSE(opened) << path;
      EXPECT_EQ(opened.error().status, Status::kConfig);
      EXPECT_THAT(opened.error().message, testing::HasSubstr("is not a regular file but a"));
      EXPECT_FALSE(check_regular(path, 0));
    }
  EXPECT_FALSE(read_file(pipe, 100));
  EXPECT_FALSE(FileLock::wait_lock(pipe));
}

TEST_F(File, ALinkIsFollowedOnlyWhereItMayBe) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "x"));
  std::filesystem::create_symlink(folder_ / "a", folder_ / "link");
  EXPECT_TRUE(open_file(folder_ / "link", O_RDONLY));
  EXPECT_TRUE(check_regular(folder_ / "link", 0));
  const auto refused = open_file(folder_ / "link", O_RDONLY | O_NOFOLLOW);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("is not a regular file but a link"));
  EXPECT_FALSE(FileLock::wait_lock(folder_ / "link")) << "a lock is made, and not somewhere else";
}

TEST_F(File, APipeThatAPersonNamesIsReadToItsEnd) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t writer = ::fork();
  if (writer == 0) {
    const UniqueFd fd(::open(pipe.c_str(), O_WRONLY));
    ::_exit(::write(fd.get(), "typed", 5) == 5 ? 0 : 1);
  }
  const auto text = read_file(pipe, 100, Pipes::kWait);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "typed");
  ::waitpid(writer, nullptr, 0);
}

TEST_F(File, MessagesShowTheirNameInOneLine) {
  const auto missing = read_file(folder_ / "a\n\x1b[31mb", 10);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, testing::HasSubstr("a??[31mb: No such file"));
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

TEST_F(File, AFolderIsNotMadeWhereAFileIs) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "x"));
  std::filesystem::create_symlink(folder_ / "nowhere", folder_ / "link");
  for (const char* name : {"a", "link"}) {
    const auto made = make_folder(folder_ / name);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message,
              "cannot make the folder " + (folder_ / name).string() +
                  ": a file or a link to nowhere has that name; move it away");
  }
}

TEST_F(File, AFolderOfOursIsOneThatNobodyElseCanChange) {
  const auto path = folder_ / "state";
  EXPECT_TRUE(make_own_folder(path));
  for (const mode_t mode : {0770u, 0702u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto made = make_own_folder(path);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, path.string() +
                                        " is to hold files of tqhost and can be changed by other "
                                        "users; type: chmod go-w " +
                                        path.string());
  }
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  EXPECT_TRUE(make_own_folder(path)) << "they may look";
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  const auto made = make_own_folder(path);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("belongs to the user 12345, not to root, who runs this"),
            std::string::npos)
      << made.error().message;
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
