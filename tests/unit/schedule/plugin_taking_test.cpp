// SPDX-License-Identifier: Apache-2.0
// Which of several files a watch takes, when it asks the dynamic loader, and when it goes back.
#include <gmock/gmock.h>
#include <poll.h>

#include "load/plugin_copies.hpp"
#include "load/plugin_record.hpp"
#include "unit/load/elf_bytes.hpp"
#include "unit/schedule/watch_fixture.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using elf_bytes::replaced;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class TakingWatch : public Watch {
 protected:
  fs::path state() const { return root_ / "state"; }

  // As a rename of a whole file, of that version.
  void drop(const std::string& version, const std::string& name = "tiny.so") {
    write(replaced(bytes_of(TINY_SO), "\"version\": \"1.0.0\"", "\"version\": \"" + version + "\""),
          "draft");
    fs::rename(file("draft"), file(name));
  }
  std::string version() const {
    const TakenPlugin* const taken = watch_->find("tiny");
    return taken == nullptr ? "none" : taken->plugin.manifest.version;
  }
  void run_well() { watch_->started("tiny", digest(), now_); }
  void run_badly() { watch_->could_not_start("tiny", digest(), "it aborts", now_); }
  // As a supervisor that is started again.
  void start_again() {
    watch_.emplace(plugins(), state(), host_offer(), check_);
    now_.wall_ms = int64_t{1} << 42;  // long after the files' times
    after(0);
  }
};

TEST_F(TakingWatch, TheHigherVersionIsTakenAndTheOtherToldOnce) {
  after(0);
  drop("1.0.1", "b.so");
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
  drop("1.0.0", "a.so");
  EXPECT_THAT(settle(), ElementsAre("warned tiny"));
  EXPECT_THAT(reason_, AllOf(HasSubstr("a.so (1.0.0)"), HasSubstr("b.so (1.0.1) is used")));
  EXPECT_EQ(version(), "1.0.1");
  EXPECT_THAT(settle(), IsEmpty());
  drop("1.0.2", "c.so");
  EXPECT_THAT(settle(), ElementsAre("taken tiny", "warned tiny"));
}

TEST_F(TakingWatch, AtTheBeginningTheBestIsTakenAndNoOtherBeforeIt) {
  drop("1.0.0", "a.so");
  drop("1.0.1", "b.so");
  loader_.answers = false;
  now_.wall_ms = int64_t{1} << 42;
  EXPECT_THAT(after(0), IsEmpty());
  loader_.answers = true;
  EXPECT_THAT(after(1), ElementsAre("taken tiny", "warned tiny"));
  EXPECT_EQ(version(), "1.0.1");
}

TEST_F(TakingWatch, WhenTheWinnerIsRemovedItsCopyGoesOnAndItIsTold) {
  after(0);
  drop("1.0.0", "a.so");
  settle();
  drop("1.0.1", "b.so");
  settle();
  fs::remove(file("b.so"));
  EXPECT_THAT(settle(), ElementsAre("warned tiny"));
  EXPECT_THAT(reason_, AllOf(HasSubstr("b.so was removed"), HasSubstr("a.so")));
  EXPECT_EQ(version(), "1.0.1");
  start_again();
  EXPECT_EQ(version(), "1.0.1") << "also after a restart";
  drop("1.0.0", "c.so");
  EXPECT_THAT(settle(), Contains("taken tiny"));
  EXPECT_EQ(version(), "1.0.0");
}

TEST_F(TakingWatch, AsksTheLoaderBeforeItTakesAFileAndDoesNotWaitForIt) {
  after(0);
  loader_.answers = false;
  drop("1.0.0");
  EXPECT_THAT(settle(), IsEmpty());
  EXPECT_EQ(loader_.asked, 1u);
  EXPECT_LE(watch_->due().wait_ms(now_), kSettle) << "the answer may come";
  loader_.answers = true;
  EXPECT_THAT(look(/*all=*/false), ElementsAre("taken tiny"));
}

TEST_F(TakingWatch, WhatTheLoaderWouldNotTakeIsRefusedAndTheOneBeforeGoesOn) {
  after(0);
  drop("1.0.0");
  settle();
  loader_.refusal = "it needs what is not here: the library libx.so.1";
  drop("1.0.1");
  EXPECT_THAT(settle(), ElementsAre("refused tiny"));
  EXPECT_THAT(reason_, HasSubstr("libx.so.1"));
  EXPECT_EQ(version(), "1.0.0");
  loader_.refusal.clear();
  EXPECT_THAT(after(PluginWatch::kRescanMs), Contains("taken tiny"))
      << "it was installed meanwhile";
}

TEST_F(TakingWatch, AFileThatChangesWhileTheLoaderLooksIsLookedAtAnew) {
  after(0);
  loader_.answers = false;
  drop("1.0.0");
  settle();
  drop("1.0.1");
  after(1);
  loader_.answers = true;
  EXPECT_THAT(settle(), ElementsAre("taken tiny"));
  EXPECT_EQ(version(), "1.0.1");
  EXPECT_EQ(loader_.asked, 2u);
}

TEST_F(TakingWatch, TheRealLoaderIsAskedToo) {
  watch_.emplace(plugins(), state(), host_offer());
  after(0);
  rename_into_place(TINY_SO);
  std::vector<std::string> told;
  for (int i = 0; i < 3000 && watch_->find("tiny") == nullptr; ++i) {
    pollfd one{watch_->fd(), POLLIN, 0};
    ::poll(&one, 1, 20);
    for (const std::string& change : i < 4 ? after(kSettle) : look(/*all=*/false))
      told.push_back(change);
  }
  EXPECT_THAT(told, ElementsAre("taken tiny"));
}

TEST_F(TakingWatch, GoesBackFromAFileThatCannotStartUntilAnotherComes) {
  after(0);
  drop("1.0.0");
  settle();
  run_well();
  drop("1.0.1");
  settle();
  ASSERT_EQ(version(), "1.0.1");
  run_badly();
  EXPECT_EQ(watch_->due().wait_ms(now_), 0u) << "at once";
  EXPECT_THAT(look(/*all=*/false),
              UnorderedElementsAre("warned tiny", "taken tiny", "warned tiny"));
  EXPECT_EQ(version(), "1.0.0");
  EXPECT_THAT(settle(), IsEmpty());
  start_again();
  EXPECT_EQ(version(), "1.0.0") << "also after a restart";
  drop("1.0.1");
  settle();
  EXPECT_EQ(version(), "1.0.0") << "the same file is no other one";
  drop("1.0.2");
  EXPECT_THAT(settle(), Contains("taken tiny"));
  EXPECT_EQ(version(), "1.0.2");
}

TEST_F(TakingWatch, AFileThatHasStartedOnceIsNotBlamed) {
  after(0);
  drop("1.0.0");
  settle();
  run_well();
  drop("1.0.1");
  settle();
  run_well();
  run_badly();
  settle();
  EXPECT_EQ(version(), "1.0.1");
}

TEST_F(TakingWatch, APinStaysWhateverIsDropped) {
  after(0);
  drop("1.0.0");
  settle();
  const std::string pinned = digest();
  ASSERT_TRUE(change_plugin_record(state(), "tiny", Wait::kYes, [&](PluginRecord& record) {
    record.pinned = pinned;
    return true;
  }));
  drop("1.0.1");
  EXPECT_THAT(settle(), ElementsAre("warned tiny"));
  EXPECT_THAT(reason_, AllOf(HasSubstr("pinned"), HasSubstr("tiny.so (1.0.1) is not used")));
  EXPECT_EQ(version(), "1.0.0");
  ASSERT_TRUE(change_plugin_record(state(), "tiny", Wait::kYes, [](PluginRecord& record) {
    record.forget_choice();
    return true;
  }));
  EXPECT_THAT(after(1), ElementsAre("taken tiny"));
  EXPECT_EQ(version(), "1.0.1");
}

TEST_F(TakingWatch, ACopyThatSomebodyDeletedIsMadeAnew) {
  after(0);
  drop("1.0.0");
  settle();
  const fs::path copy = watch_->find("tiny")->copy;
  fs::remove(copy);
  EXPECT_TRUE(watch_->renew_copy("tiny", /*damaged=*/false, now_));
  EXPECT_EQ(bytes_of(copy), bytes_of(file()));
  fs::permissions(copy, fs::perms::owner_all);
  std::ofstream(copy) << "damaged";
  EXPECT_TRUE(watch_->renew_copy("tiny", /*damaged=*/true, now_));
  EXPECT_EQ(bytes_of(copy), bytes_of(file()));
  fs::remove_all(state() / "plugins");
  EXPECT_TRUE(watch_->renew_copy("tiny", /*damaged=*/false, now_)) << "with its folder";
  fs::remove(copy);
  fs::remove(file());
  EXPECT_FALSE(watch_->renew_copy("tiny", /*damaged=*/false, now_));
}

TEST_F(TakingWatch, OfManyReplacementsThreeOldCopiesStay) {
  after(0);
  for (int i = 0; i < 9; ++i) {
    drop("1.0." + std::to_string(i));
    ASSERT_THAT(settle(), ElementsAre("taken tiny"));
  }
  EXPECT_EQ(kept_copies(state()).size(), 1 + kOldCopiesKept);
  EXPECT_THAT(kept_copies(state()), Contains(digest()));
}

TEST_F(TakingWatch, ALockThatIsHeldIsNotWaitedFor) {
  after(0);
  fs::create_directories(state() / "plugins");
  {
    const auto lock = FileLock::try_lock(state() / "plugins" / "records.lock");
    ASSERT_TRUE(lock);
    drop("1.0.0");
    EXPECT_THAT(settle(), ElementsAre("taken tiny"));
    run_well();
    EXPECT_LE(watch_->due().wait_ms(now_), 100u) << "it is tried again";
  }
  after(100);
  const auto record = read_plugin_record(state(), "tiny");
  ASSERT_TRUE(record);
  ASSERT_NE(record->find(digest()), nullptr);
}

}  // namespace
}  // namespace tq
