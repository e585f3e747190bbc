// SPDX-License-Identifier: Apache-2.0
// The store where things go wrong: killed processes, two of them, full disks, damaged and foreign
// files.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "core/file.hpp"
#include "store/store.hpp"
#include "unit/store/store_fixture.hpp"

namespace tq {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class Trouble : public StateFolder {
 protected:
  void commit_one() {
    const auto store = open();
    ASSERT_TRUE(store->put("a", "1"));
    ASSERT_TRUE(store->commit());
  }
  void overwrite(size_t from, size_t bytes) {
    std::fstream file(options_.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(from));
    file << std::string(bytes, '\x5a');
  }
};

TEST_F(Trouble, KilledProcessLosesItsTransactionAndNothingElse) {
  const int status = in_child([&] {
    const auto store = open();
    if (!store->put("a", "1") || !store->commit()) return 1;
    for (int i = 0; i < 10'000; ++i)
      if (!store->put("b" + std::to_string(i), std::string(1000, 'x'))) return 1;
    ::kill(::getpid(), SIGKILL);
    return 1;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(all_of(*open()), ElementsAre(Pair("a", "1"))) << "and its lease is free";
}

TEST_F(Trouble, EveryCommitThatReturnedIsThereWhereverTheProcessIsKilled) {
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = open();
    for (int i = 0;; ++i) {
      if (!store->put("last", std::to_string(i)) || !store->commit()) ::_exit(1);
      if (::write(told[1], &i, sizeof i) != sizeof i) ::_exit(1);
    }
  }
  ::close(told[1]);
  int last = -1;
  while (last < 200 && ::read(told[0], &last, sizeof last) == sizeof last) {
  }
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  while (::read(told[0], &last, sizeof last) == sizeof last) {
  }
  ::close(told[0]);
  ASSERT_GE(last, 200);
  const int kept = std::stoi(**open()->get("last"));
  EXPECT_THAT(kept, AnyOf(last, last + 1)) << "the one that was being told may be there";
}

TEST_F(Trouble, LeaseIsHeldByOneProcess) {
  const auto store = open();
  const int status = in_child([&] {
    const Error error = refusal();
    return error.status == Status::kLimited &&
                   error.message.find("process " + std::to_string(::getppid())) != std::string::npos
               ? 0
               : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_THAT(all_of(*open_to_read()), IsEmpty()) << "a reader needs no lease";
}

TEST_F(Trouble, WhoLostTheLeaseCannotCommit) {
  const auto old = open();
  ASSERT_TRUE(old->put("a", "old"));
  old->rollback();
  // As when the lock's file was removed, or lives on a file system without locks.
  std::filesystem::remove(options_.file.string() + ".lock");
  const auto young = open();
  ASSERT_TRUE(old->put("a", "old"));
  const auto commit = old->commit();
  ASSERT_FALSE(commit);
  EXPECT_EQ(commit.error().status, Status::kTransient);
  EXPECT_THAT(commit.error().message, HasSubstr("lost the lease"));
  EXPECT_FALSE(old->reset());
  ASSERT_TRUE(young->put("a", "young"));
  ASSERT_TRUE(young->commit());
  EXPECT_THAT(all_of(*young), ElementsAre(Pair("a", "young")));
}

TEST_F(Trouble, FullDiskFailsTheCommitAndNothingElse) {
  const int status = in_child([&] {
    const auto store = open();
    if (!store->put("a", "1") || !store->commit()) return 1;
    // No file of this process may grow beyond that: what a full disk is to the others.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{256 << 10, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    bool failed = false;
    for (int i = 0; i < 100 && !failed; ++i) {
      auto done = store->put("b" + std::to_string(i), std::string(100'000, 'x'));
      if (done && i % 10 == 9) done = store->commit();
      if (!done && (done.error().status != Status::kTransient ||
                    done.error().message.find("is the disk full") == std::string::npos)) {
        static_cast<void>(write_all(STDERR_FILENO, done.error().message + "\n", "stderr"));
        return 2;
      }
      failed = !done;
    }
    if (!failed) return 3;
    const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &large);
    store->rollback();
    return store->put("c", "1") && store->commit() ? 0 : 4;
  });
  EXPECT_EQ(status, 0);
  const auto store = open();
  EXPECT_EQ(**store->get("a"), "1");
  EXPECT_EQ(**store->get("c"), "1");
}

TEST_F(Trouble, DamagedFileIsNamedWithWhatToDo) {
  commit_one();
  overwrite(0, 100);
  const Error error = refusal();
  EXPECT_EQ(error.status, Status::kConfig);
  EXPECT_THAT(error.message, HasSubstr(options_.file.string() + " is damaged"));
  EXPECT_THAT(error.message, HasSubstr("tqhost state reset"));
}

TEST_F(Trouble, DamagedFileIsKeptAsideOnRequest) {
  commit_one();
  for (const size_t from : {0u, 4096u}) {  // the file's header, or a page
    overwrite(from, 4096);
    options_.set_aside_damaged = true;
    EXPECT_THAT(all_of(*open()), IsEmpty());
    EXPECT_TRUE(std::filesystem::exists(options_.file.string() + ".damaged"));
    options_.set_aside_damaged = false;
    commit_one();
  }
  options_.set_aside_damaged = true;
  EXPECT_THAT(all_of(*open()), ElementsAre(Pair("a", "1"))) << "a sound one stays";
}

TEST_F(Trouble, ForeignFileIsRefusedAndNotChanged) {
  commit_one();
  StoreOptions other = options_;
  other.instance = "cb-test";
  const auto store = Store::open(other);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().status, Status::kConfig);
  EXPECT_THAT(store.error().message, HasSubstr("cb-prod, not of cb-test"));
  EXPECT_THAT(all_of(*open()), ElementsAre(Pair("a", "1")));
}

TEST_F(Trouble, NewerSchemaIsRefusedNamingBoth) {
  options_.schema = 3;
  commit_one();
  options_.schema = 2;
  for (const bool read_only : {false, true}) {
    options_.read_only = read_only;
    const Error error = refusal();
    EXPECT_EQ(error.status, Status::kConfig);
    EXPECT_THAT(error.message, HasSubstr("has schema 3, this plugin knows only up to 2"));
  }
}

TEST_F(Trouble, OlderSchemaIsUpgradedWithACopyKept) {
  commit_one();
  options_.schema = 2;
  EXPECT_EQ(open_to_read()->schema(), 1) << "a reader upgrades nothing";
  options_.raise_schema = false;
  EXPECT_EQ(open()->schema(), 1) << "nor does a run that changes nothing";
  EXPECT_EQ(open_to_read()->schema(), 1);
  options_.raise_schema = true;
  {
    const auto store = open();
    EXPECT_EQ(store->schema(), 2);
    ASSERT_TRUE(store->put("a", "2"));
    ASSERT_TRUE(store->commit());
  }
  EXPECT_EQ(open_to_read()->schema(), 2);
  options_.schema = 1;
  options_.file = options_.file.string() + ".schema1";
  EXPECT_THAT(all_of(*open_to_read()), ElementsAre(Pair("a", "1")));
}

TEST_F(Trouble, ALinkedStateIsRefusedAndItsTargetKeepsItsMode) {
  commit_one();
  const auto elsewhere = folder_ / "elsewhere";
  std::filesystem::rename(options_.file, elsewhere);
  ::chmod(elsewhere.c_str(), 0644);
  for (const auto& target : {elsewhere, folder_ / "nowhere"}) {
    std::filesystem::create_symlink(target, options_.file);
    for (const bool read_only : {false, true}) {
      options_.read_only = read_only;
      EXPECT_THAT(refusal().message, HasSubstr("it is not a regular file but a link"));
    }
    std::filesystem::remove(options_.file);
  }
  struct stat info {};
  ASSERT_EQ(::stat(elsewhere.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "nowhere"));
}

TEST_F(Trouble, ANamedPipeInAnyPlaceIsRefusedAndNotWaitedFor) {
  commit_one();
  for (const char* name : {"state.db", "state.db-wal", "state.db-shm", "state.db-journal",
                           "state.db.lock", "lineage.json"}) {
    const auto file = folder_ / name, aside = folder_ / "aside";
    const bool there = std::filesystem::exists(file);
    if (there) std::filesystem::rename(file, aside);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_THAT(refusal().message, HasSubstr("it is not a regular file but a named pipe")) << name;
    std::filesystem::remove(file);
    if (there) std::filesystem::rename(aside, file);
  }
  EXPECT_EQ(refusal().status, Status::kOk);
}

TEST_F(Trouble, ASchemaThatRisesLaterRisesWithTheNextCommit) {
  commit_one();
  options_.schema = 2;
  options_.raise_schema = false;
  {
    const auto store = open();
    ASSERT_TRUE(store->put("a", "2"));
    store->raise_schema();
    store->rollback();
    EXPECT_EQ(open_to_read()->schema(), 1) << "nothing of the newer one is in it";
    ASSERT_TRUE(store->put("a", "3"));
    ASSERT_TRUE(store->commit());
    EXPECT_EQ(store->schema(), 2);
  }
  EXPECT_EQ(open_to_read()->schema(), 2);
  options_.schema = 1;
  options_.file = options_.file.string() + ".schema1";
  EXPECT_THAT(all_of(*open_to_read()), ElementsAre(Pair("a", "1")));
}

TEST_F(Trouble, ANewFileOfAPluginThatHasNotStartedIsAnybodys) {
  options_.schema = 2;
  options_.raise_schema = false;
  { ASSERT_EQ(open()->schema(), 1); }
  {
    const auto store = open();
    store->raise_schema();
    ASSERT_TRUE(store->put("a", "1"));
    ASSERT_TRUE(store->commit());
  }
  EXPECT_EQ(open_to_read()->schema(), 2);
  EXPECT_FALSE(std::filesystem::exists(options_.file.string() + ".schema1")) << "it held nothing";
}

TEST_F(Trouble, FolderThatIsMissingIsNamed) {
  options_.file = folder_ / "none" / "state.db";
  EXPECT_EQ(refusal().status, Status::kConfig);
  EXPECT_THAT(refusal().message, HasSubstr((folder_ / "none").string()));
}

}  // namespace
}  // namespace tq
