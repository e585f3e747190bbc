// SPDX-License-Identifier: Apache-2.0
#include "schedule/plugin_watch.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include <fstream>

#include "unit/schedule/watch_fixture.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Watch, TakesAFileThatStandsStillAndReadsTheSameTwice) {
  EXPECT_THAT(after(0), IsEmpty());
  rename_into_place(TINY_SO);
  EXPECT_THAT(after(1), IsEmpty());
  EXPECT_THAT(after(kSettle), IsEmpty()) << "read once";
  EXPECT_THAT(after(kSettle), ElementsAre("taken tiny"));
  const TakenPlugin* const taken = watch_->find("tiny");
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(bytes_of(taken->copy), bytes_of(TINY_SO));
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(Watch, AtTheBeginningOldFilesAreTakenAtOnce) {
  rename_into_place(TINY_SO);
  now_.wall_ms = int64_t{1} << 42;  // long after the file's time
  EXPECT_THAT(after(0), ElementsAre("taken tiny"));
}

TEST_F(Watch, IsToldWhenSomethingHappens) {
  after(0);
  pollfd told{watch_->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&told, 1, 0), 0);
  rename_into_place(TINY_SO);
  EXPECT_EQ(::poll(&told, 1, 1'000), 1);
  look(/*all=*/false);
  EXPECT_LE(watch_->due().wait_ms(now_), kSettle) << "it looks again when the file has stood still";
}

TEST_F(Watch, WhatIsWrittenSlowlyIsNeitherTakenNorRefusedMeanwhile) {
  after(0);
  const std::string whole = bytes_of(TINY_SO);
  for (size_t piece = 1; piece <= 20; ++piece) {
    write(whole.substr(0, whole.size() * piece / 20));
    EXPECT_THAT(after(kSettle + 100), IsEmpty()) << piece;
  }
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
}

TEST_F(Watch, ACutFileThatStandsStillIsRefusedAndTheOneBeforeGoesOn) {
  after(0);
  rename_into_place(TINY_SO);
  settle();
  const std::string before = digest();
  const std::string whole = bytes_of(TINY_SO);
  write(whole.substr(0, whole.size() - 100));
  EXPECT_THAT(after(1), IsEmpty());
  EXPECT_THAT(after(PluginWatch::kRefuseMs), ElementsAre("refused tiny"));
  EXPECT_THAT(reason_, HasSubstr("it ends before its section table does"));
  EXPECT_EQ(digest(), before);
  EXPECT_EQ(watch_->refused().size(), 1u);
  EXPECT_THAT(settle(), IsEmpty()) << "told once";
  write(whole);
  EXPECT_THAT(settle(), IsEmpty()) << "the same bytes as before: nothing has changed";
  EXPECT_THAT(watch_->refused(), IsEmpty());
}

TEST_F(Watch, AnotherFileInItsPlaceIsTaken) {
  after(0);
  rename_into_place(TINY_SO);
  settle();
  const std::string before = digest();
  write(bytes_of(TINY_STRIPPED_SO));  // other bytes, the same id
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
  EXPECT_NE(digest(), before);
  EXPECT_TRUE(fs::exists(root_ / "state" / "plugins" / (before + ".so"))) << "who runs it goes on";
}

TEST_F(Watch, WhatIsTouchedHasNotChanged) {
  after(0);
  rename_into_place(TINY_SO);
  settle();
  fs::last_write_time(file(), fs::file_time_type::clock::now());
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(Watch, RemovedIsToldAfterAMomentAndPutBackInTimeIsNot) {
  after(0);
  rename_into_place(TINY_SO);
  settle();
  fs::remove(file());
  EXPECT_THAT(after(1), IsEmpty());
  rename_into_place(TINY_SO);
  EXPECT_THAT(settle(), IsEmpty());
  fs::remove(file());
  after(1);
  EXPECT_THAT(after(kSettle), ElementsAre("removed tiny"));
  EXPECT_EQ(watch_->find("tiny"), nullptr);
}

TEST_F(Watch, AFolderThatCannotBeReadTakesNothingAway) {
  after(0);
  rename_into_place(TINY_SO);
  settle();
  fs::rename(plugins(), root_ / "elsewhere");
  EXPECT_THAT(settle(), IsEmpty());
  EXPECT_THAT(watch_->folder_problem(), HasSubstr("plugins_dir"));
  EXPECT_NE(watch_->find("tiny"), nullptr);
  fs::rename(root_ / "elsewhere", plugins());
  EXPECT_THAT(settle(), IsEmpty());
  EXPECT_EQ(watch_->folder_problem(), "");
}

TEST_F(Watch, AFolderThatComesLaterIsWatched) {
  fs::remove(plugins());
  after(0);
  EXPECT_NE(watch_->folder_problem(), "");
  fs::create_directory(plugins());
  fs::permissions(plugins(), fs::perms::owner_all);
  rename_into_place(TINY_SO);
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
}

TEST_F(Watch, ALinkIsLookedAtThroughItsTarget) {
  after(0);
  fs::copy_file(TINY_SO, root_ / "one.so");
  fs::copy_file(TINY_STRIPPED_SO, root_ / "two.so");
  fs::permissions(root_, fs::perms::owner_all);
  fs::create_symlink("../one.so", root_ / "data");
  fs::create_symlink("../data", file());
  fs::remove(root_ / "data");
  fs::create_symlink("one.so", root_ / "data");
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
  fs::create_symlink("two.so", root_ / "new");
  fs::rename(root_ / "new", root_ / "data");  // the link's own name stays as it is
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
}

TEST_F(Watch, HiddenAndOtherNamesAreNothing) {
  after(0);
  rename_into_place(TINY_SO, ".tiny.so");
  rename_into_place(TINY_SO, "tiny.so.tmp");
  EXPECT_THAT(settle(), IsEmpty());
  EXPECT_THAT(watch_->refused(), IsEmpty());
}

TEST_F(Watch, WhatCannotBeCopiedIsTriedAgain) {
  std::ofstream(root_ / "state") << "a file where the folder has to be";
  after(0);
  rename_into_place(TINY_SO);
  EXPECT_THAT(settle(), ElementsAre("refused "));
  fs::remove(root_ / "state");
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
}

}  // namespace
}  // namespace tq
