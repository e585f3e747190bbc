// SPDX-License-Identifier: Apache-2.0
// What goes wrong around a plugins folder: volumes, rights, rooms and clocks.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "unit/load/elf_bytes.hpp"
#include "unit/schedule/watch_fixture.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As long as it takes until the rescan has seen a file and it is taken.
constexpr uint64_t kRescan = PluginWatch::kRescanMs + 3 * kSettle;

// The limit holds until the end of the block.
class SmallLimit {
 public:
  SmallLimit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    EXPECT_EQ(::getrlimit(resource_, &before_), 0);
    const rlimit small{value, before_.rlim_max};
    EXPECT_EQ(::setrlimit(resource_, &small), 0);
  }
  ~SmallLimit() { ::setrlimit(resource_, &before_); }
  SmallLimit(const SmallLimit&) = delete;
  SmallLimit& operator=(const SmallLimit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

class TroubledWatch : public Watch {
 protected:
  void set_age(int64_t seconds) {
    now_.wall_ms = 1'800'000'000'000;
    const timespec then{now_.wall_ms / 1000 - seconds, 0};
    const timespec times[2] = {then, then};
    ASSERT_EQ(::utimensat(AT_FDCWD, file().c_str(), times, 0), 0);
  }
  void take_tiny() {
    after(0);
    rename_into_place(TINY_SO);
    ASSERT_THAT(settle(), ElementsAre("taken tiny"));
  }
};

TEST_F(TroubledWatch, AtTheBeginningAYoungFileHasToStandStill) {
  rename_into_place(TINY_SO);
  set_age(0);
  EXPECT_THAT(live(kSettle), IsEmpty());
  EXPECT_THAT(live(2 * kSettle), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, AtTheBeginningAFileOfTheFutureIsWatchedLikeAnother) {
  rename_into_place(TINY_SO);
  set_age(-86'400);
  EXPECT_THAT(live(kSettle), IsEmpty());
  EXPECT_THAT(live(2 * kSettle), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, AtTheBeginningABadFileThatMayStillBeWrittenIsNotRefused) {
  write("the first piece of");
  set_age(1);
  EXPECT_THAT(after(0), IsEmpty());
  write(bytes_of(TINY_SO));
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, AtTheBeginningAnOldBadFileIsRefusedAtOnce) {
  write("garbage");
  set_age(10);
  EXPECT_THAT(after(0), ElementsAre("refused "));
  EXPECT_THAT(reason_, HasSubstr("not an ELF file"));
}

TEST_F(TroubledWatch, AFolderThatWentAfterItsFilesIsNotLookedAtAllTheTime) {
  take_tiny();
  rename_into_place(TINY_STRIPPED_SO, "second.so");
  fs::remove(file());
  EXPECT_THAT(after(1), IsEmpty());
  fs::remove_all(plugins());
  EXPECT_THAT(live(20'000), IsEmpty());
  EXPECT_LE(looks_, 3);
  EXPECT_NE(watch_->find("tiny"), nullptr);
  EXPECT_THAT(watch_->refused(), IsEmpty()) << "what settled then is not bad";
}

TEST_F(TroubledWatch, AVolumeThatComesBackIsSeenAtTheRescan) {
  take_tiny();
  rename_into_place(TINY_SO, "second.so");
  fs::rename(plugins(), root_ / "elsewhere");
  EXPECT_THAT(live(kRescan), IsEmpty());
  fs::rename(root_ / "elsewhere", plugins());
  fs::remove(file());
  EXPECT_THAT(live(kRescan), IsEmpty()) << "the other file has the same digest";
  EXPECT_EQ(watch_->find("tiny")->plugin.file, file("second.so"));
  rename_into_place(TINY_STRIPPED_SO, "second.so");
  EXPECT_THAT(live(3 * kSettle), ElementsAre("taken tiny")) << "and it is told again";
}

// A link to itself stands for all that cannot be looked at; EIO takes a broken disk.
TEST_F(TroubledWatch, AFileThatCannotBeLookedAtIsNotGone) {
  take_tiny();
  fs::remove(file());
  fs::create_symlink("tiny.so", file());
  EXPECT_THAT(live(10'000), ElementsAre("refused tiny"));
  EXPECT_THAT(reason_, HasSubstr("Too many levels of symbolic links"));
  EXPECT_NE(watch_->find("tiny"), nullptr);
}

TEST_F(TroubledWatch, RightsThatAreMendedAreSeen) {
  after(0);
  fs::permissions(plugins(), fs::perms::all);
  rename_into_place(TINY_SO);
  EXPECT_THAT(live(5'000), ElementsAre("refused "));
  EXPECT_THAT(reason_, HasSubstr("chmod o-w"));
  EXPECT_THAT(live(2 * kRescan), IsEmpty()) << "told once";
  EXPECT_EQ(watch_->refused().size(), 1u);
  fs::permissions(plugins(), fs::perms::owner_all);
  EXPECT_THAT(live(kRescan), ElementsAre("taken tiny"));
  EXPECT_THAT(watch_->refused(), IsEmpty());

  ::chmod(file().c_str(), 0666);
  EXPECT_THAT(live(5'000), ElementsAre("refused tiny"));
  ::chmod(file().c_str(), 0644);
  EXPECT_THAT(live(5'000), IsEmpty()) << "as it was before";
  EXPECT_THAT(watch_->refused(), IsEmpty());
}

TEST_F(TroubledWatch, AFileOfAnotherUserIsRefusedUntilItIsOurs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  after(0);
  write(bytes_of(TINY_SO));
  ASSERT_EQ(::chown(file().c_str(), 65534, 65534), 0);
  EXPECT_THAT(live(5'000), ElementsAre("refused "));
  EXPECT_THAT(reason_, HasSubstr("owned by user 65534"));
  ASSERT_EQ(::chown(file().c_str(), 0, 0), 0);
  EXPECT_THAT(live(5'000), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, AFullDiskIsAReasonThatMayBeOver) {
  after(0);
  rename_into_place(TINY_SO);
  const auto before = ::signal(SIGXFSZ, SIG_IGN);
  {
    const SmallLimit no_room(RLIMIT_FSIZE, 4096);
    EXPECT_THAT(live(5'000), ElementsAre("refused "));
    EXPECT_THAT(reason_, HasSubstr("cannot write"));
    EXPECT_TRUE(fs::is_empty(root_ / "state" / "plugins"));
    EXPECT_THAT(live(2 * kRescan), IsEmpty()) << "told once";
  }
  ::signal(SIGXFSZ, before);
  EXPECT_THAT(live(kRescan), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, AnotherNameIsNoGapAndNoNews) {
  take_tiny();
  fs::rename(file(), file("b.so"));
  for (int i = 0; i < 40; ++i) {
    EXPECT_THAT(live(100), IsEmpty()) << i;
    EXPECT_NE(watch_->find("tiny"), nullptr) << i;
  }
  EXPECT_EQ(watch_->find("tiny")->plugin.file, file("b.so"));
}

TEST_F(TroubledWatch, AFileThatBecomesAnotherPluginIsBothRemovedAndTaken) {
  take_tiny();
  write(elf_bytes::replaced(bytes_of(TINY_SO), "\"id\": \"tiny\"", "\"id\": \"tine\""));
  EXPECT_THAT(live(3 * kSettle), ElementsAre("removed tiny", "taken tine"));
}

TEST_F(TroubledWatch, AFileCopiedSlowlyOverTheOneInUseIsTakenWhenItIsWhole) {
  take_tiny();
  const std::string before = digest(), whole = bytes_of(TINY_STRIPPED_SO);
  for (size_t piece = 0; piece < 20; ++piece) {
    write(whole.substr(0, whole.size() * piece / 20));
    EXPECT_THAT(live(kSettle * (piece % 4)), IsEmpty()) << piece;
    EXPECT_EQ(digest(), before);
  }
  write(whole);
  EXPECT_THAT(live(3 * kSettle), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, AFolderBehindALinkMayBeAnotherFolderLater) {
  const fs::path link = root_ / "current", second = root_ / "second";
  fs::create_directory_symlink("plugins", link);
  watch_.emplace(link, root_ / "state", host_offer(), check_);
  after(0);
  rename_into_place(TINY_SO);
  EXPECT_THAT(live(3 * kSettle), ElementsAre("taken tiny"));
  fs::create_directory(second);
  fs::permissions(second, fs::perms::owner_all);
  fs::copy_file(TINY_STRIPPED_SO, second / "tiny.so");
  fs::create_directory_symlink("second", root_ / "next");
  fs::rename(root_ / "next", link);
  EXPECT_THAT(live(kRescan), ElementsAre("taken tiny"));
  EXPECT_EQ(bytes_of(watch_->find("tiny")->copy), bytes_of(TINY_STRIPPED_SO));
}

TEST_F(TroubledWatch, WithoutInotifyTheRescansTell) {
  // A sanitizer that looks at this object needs descriptors of its own.
  auto& watch = watch_;
  const fs::path folder = plugins(), state = root_ / "state";
  const HostOffer offer = host_offer();
  const StartCheck check = check_;
  {
    const SmallLimit no_descriptors(RLIMIT_NOFILE, 0);
    watch.emplace(folder, state, offer, check);
  }
  EXPECT_EQ(watch_->fd(), -1);
  EXPECT_THAT(live(1'000), IsEmpty());
  rename_into_place(TINY_SO);
  EXPECT_THAT(live(kRescan), ElementsAre("taken tiny"));
}

TEST_F(TroubledWatch, EventsThatWereLostAreNotMissed) {
  int64_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 200'000) GTEST_SKIP() << "the queue is too long to fill: " << most;
  after(0);
  write("", "a");
  write("", "b");
  for (int64_t i = 0; i < most; i += 2) {  // two equal ones in a row would count as one
    ::chmod(file("a").c_str(), 0644);
    ::chmod(file("b").c_str(), 0644);
  }
  rename_into_place(TINY_SO);
  EXPECT_THAT(live(3 * kSettle), ElementsAre("taken tiny"));
  pollfd told{watch_->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&told, 1, 0), 0) << "the queue was read to its end";
}

}  // namespace
}  // namespace tq
