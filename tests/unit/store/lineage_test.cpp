// SPDX-License-Identifier: Apache-2.0
// The mark that says "look before you believe the state", and how a state.db that was put back is
// noticed.
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>

#include "store/export.hpp"
#include "store/lineage.hpp"
#include "store/sqlite.hpp"
#include "unit/store/store_fixture.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

using testing::IsEmpty;

class LineageOfAState : public StateFolder {
 protected:
  fs::path beside() const { return folder_ / "lineage.json"; }
  fs::path saved() const { return folder_ / "saved"; }

  void commit(const std::string& value) {
    const auto store = open();
    ASSERT_TRUE(store->put("k", value));
    ASSERT_TRUE(store->commit());
  }
  // As a person copies it while no run is going on.
  void save() { fs::copy_file(options_.file, saved(), fs::copy_options::overwrite_existing); }
  void put_back() {
    fs::copy_file(saved(), options_.file, fs::copy_options::overwrite_existing);
    for (const char* part : {"-wal", "-shm"}) fs::remove(options_.file.string() + part);
  }
  Relearn found() { return open()->relearn(); }
  void learn() {
    const auto store = open();
    ASSERT_TRUE(store->set_relearn(Relearn::kNo));
    ASSERT_TRUE(store->commit());
  }
  void run_sql(const std::string& sql) {
    const auto database = Database::open(options_.file, Database::Mode::kWrite);
    ASSERT_TRUE(database);
    const auto done = (*database)->run(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
};

TEST_F(LineageOfAState, ANewOneIsBelieved) {
  EXPECT_EQ(found(), Relearn::kNo);
  EXPECT_EQ(found(), Relearn::kNo) << "opened, never written";
  commit("1");
  commit("2");
  EXPECT_EQ(found(), Relearn::kNo);
}

TEST_F(LineageOfAState, AMarkIsDurableWithItsCommitAndSeenByAReader) {
  {
    const auto store = open();
    ASSERT_TRUE(store->set_relearn(Relearn::kUnrecorded));
    EXPECT_EQ(store->relearn(), Relearn::kUnrecorded);
    store->rollback();
    EXPECT_EQ(store->relearn(), Relearn::kNo);
    ASSERT_TRUE(store->set_relearn(Relearn::kUnrecorded));
  }
  EXPECT_EQ(found(), Relearn::kNo) << "not committed";
  {
    const auto store = open();
    ASSERT_TRUE(store->set_relearn(Relearn::kUnrecorded));
    ASSERT_TRUE(store->commit());
  }
  EXPECT_EQ(open_to_read()->relearn(), Relearn::kUnrecorded);
  commit("1");
  EXPECT_EQ(found(), Relearn::kUnrecorded) << "other commits keep it";
  EXPECT_THAT(all_of(*open()), testing::SizeIs(1)) << "it is no key";
  learn();
  EXPECT_EQ(found(), Relearn::kNo);
}

TEST_F(LineageOfAState, AnOlderCopyThatIsPutBackIsNoticed) {
  commit("1");
  save();
  commit("2");
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored);
  EXPECT_EQ(found(), Relearn::kRestored) << "until something has looked";
  learn();
  EXPECT_EQ(found(), Relearn::kNo);
  commit("3");
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored) << "and the same copy once more";
}

TEST_F(LineageOfAState, ThatCannotFollowACommitSaysSo) {
  commit("1");
  auto file = LineageFile::open(beside());
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->settle({"0123456789abcdef", 7, Relearn::kNo}));
  EXPECT_TRUE(file->follow({"0123456789abcdef", 8, Relearn::kNo}));
  // As a full disk does on a file system that copies what is written.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  const bool followed = file->follow({"0123456789abcdef", 9, Relearn::kNo});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(followed);
}

TEST_F(LineageOfAState, ACopyOfWhatStandsThereIsNoAlarm) {
  commit("1");
  save();
  put_back();
  EXPECT_EQ(found(), Relearn::kNo);
}

TEST_F(LineageOfAState, ACopyIsNoticedAlsoWhenAllHappenedInOneRunThatWasKilled) {
  const int status = in_child([&] {
    const auto store = open();
    if (!store->put("k", "1") || !store->commit()) return 1;
    // As a tool that knows SQLite copies it beside a run.
    const auto copy = Database::open(options_.file, Database::Mode::kRead);
    std::ofstream(saved()).close();
    if (!copy || !(*copy)->copy_to(saved())) return 2;
    if (!store->put("k", "2") || !store->commit()) return 3;
    ::kill(::getpid(), SIGKILL);
    return 4;
  });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored);
}

TEST_F(LineageOfAState, AKilledRunIsNoAlarm) {
  const int status = in_child([&] {
    const auto store = open();
    for (int i = 0; i < 5; ++i)
      if (!store->put("k", std::to_string(i)) || !store->commit()) return 1;
    ::kill(::getpid(), SIGKILL);
    return 1;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(found(), Relearn::kNo);
}

TEST_F(LineageOfAState, WhatAPowerCutTookFromTheFileBesideIsNoAlarm) {
  commit("1");
  fs::copy_file(beside(), saved());
  commit("2");
  commit("3");
  fs::copy_file(saved(), beside(), fs::copy_options::overwrite_existing);
  EXPECT_EQ(found(), Relearn::kNo) << "the state is ahead of it";
  save();
  commit("4");
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored) << "from then on it is up to date again";
}

TEST_F(LineageOfAState, ABackupOfOursIsNoticedWhereverItIsPut) {
  commit("1");
  ASSERT_TRUE(open_to_read()->backup(saved()));
  EXPECT_EQ(found(), Relearn::kNo) << "the original is what it was";
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored) << "even over what it was made from";
  fs::create_directory(folder_ / "elsewhere");
  options_.file = folder_ / "elsewhere" / "state.db";
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored);
  EXPECT_EQ(**open()->get("k"), "1");
}

TEST_F(LineageOfAState, AFileWithoutTheOneBesideItOrWithADamagedOneIsNoticedOnce) {
  commit("1");
  fs::remove(beside());
  EXPECT_EQ(found(), Relearn::kRestored);
  learn();
  EXPECT_EQ(found(), Relearn::kNo);
  std::ofstream(beside()) << "rubbish";
  EXPECT_EQ(found(), Relearn::kRestored);
  learn();
  EXPECT_EQ(found(), Relearn::kNo);
}

TEST_F(LineageOfAState, AFileFromElsewhereIsNoticedThoughItHasComeFurther) {
  commit("1");
  const fs::path here = options_.file;
  fs::create_directory(folder_ / "elsewhere");
  options_.file = folder_ / "elsewhere" / "state.db";
  for (int i = 0; i < 10; ++i) commit("theirs");
  save();
  options_.file = here;
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored);
}

TEST_F(LineageOfAState, AStateThatWasDeletedByHandIsNoticed) {
  commit("1");
  fs::remove(options_.file);
  EXPECT_EQ(found(), Relearn::kRestored);
}

TEST_F(LineageOfAState, AfterAResetItIsNew) {
  commit("1");
  save();
  {
    const auto store = open();
    ASSERT_TRUE(store->set_relearn(Relearn::kImported));
    ASSERT_TRUE(store->commit());
    ASSERT_TRUE(store->reset());
    EXPECT_EQ(store->relearn(), Relearn::kNo);
  }
  EXPECT_EQ(found(), Relearn::kNo);
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored) << "a copy from before it";
}

TEST_F(LineageOfAState, AFileOfAnOlderTqhostIsLookedAtOnceAndNoticedWhenItComesBack) {
  commit("1");
  run_sql("DROP TABLE lineage; PRAGMA user_version = 2");
  fs::remove(beside());
  save();
  EXPECT_EQ(open_to_read()->relearn(), Relearn::kNo) << "a reader takes it as it is";
  EXPECT_EQ(found(), Relearn::kOlder) << "nothing says what runs before have left behind";
  EXPECT_EQ(found(), Relearn::kOlder) << "until something has looked";
  EXPECT_EQ(**open()->get("k"), "1");
  learn();
  EXPECT_EQ(found(), Relearn::kNo);
  commit("2");
  put_back();
  EXPECT_EQ(found(), Relearn::kRestored);
}

TEST_F(LineageOfAState, AnEmptyFileOfAnOlderTqhostHasNothingToBelieve) {
  EXPECT_EQ(found(), Relearn::kNo);
  run_sql("DROP TABLE lineage; PRAGMA user_version = 2");
  fs::remove(beside());
  EXPECT_EQ(found(), Relearn::kNo);
}

TEST_F(LineageOfAState, AnImportMarksItAndOneThatFailsDoesNot) {
  commit("1");
  std::ostringstream lines;
  ASSERT_TRUE(export_state(*open(), lines));
  std::istringstream cut(lines.str().substr(0, lines.str().size() - 5)), whole(lines.str());
  EXPECT_FALSE(import_state(*open(), cut, "cut"));
  EXPECT_EQ(found(), Relearn::kNo);
  ASSERT_TRUE(import_state(*open(), whole, "whole"));
  EXPECT_EQ(found(), Relearn::kImported);
  std::ostringstream again;
  ASSERT_TRUE(export_state(*open(), again));
  EXPECT_EQ(again.str(), lines.str()) << "and is no part of an export";
}

TEST_F(LineageOfAState, WhoLostTheLeaseMovesNothing) {
  const auto old = open();
  fs::remove(options_.file.string() + ".lock");
  const auto young = open();
  ASSERT_TRUE(young->put("k", "1"));
  ASSERT_TRUE(young->commit());
  std::ifstream before(beside());
  const std::string line(std::istreambuf_iterator<char>(before), {});
  ASSERT_TRUE(old->put("k", "2"));
  ASSERT_FALSE(old->commit());
  std::ifstream after(beside());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(after), {}), line);
}

}  // namespace
}  // namespace tq
