// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include <sys/stat.h>

#include <vector>

#include "unit/failing_memory.hpp"
#include "unit/store/store_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class State : public StateFolder {};

TEST_F(State, CommittedBytesSurvive) {
  const std::string bytes("a\0b\xff", 4);
  {
    const auto store = open();
    ASSERT_TRUE(store->put(bytes, bytes));
    ASSERT_TRUE(store->put("empty", ""));
    ASSERT_TRUE(store->commit());
  }
  const auto store = open();
  EXPECT_EQ(**store->get(bytes), bytes);
  EXPECT_EQ(**store->get("empty"), "");
  EXPECT_EQ(*store->get("nothing"), std::nullopt);
}

TEST_F(State, UncommittedIsSeenByItsOwnerOnlyAndRolledBack) {
  const auto store = open();
  ASSERT_TRUE(store->put("a", "1"));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->put("a", "2"));
  ASSERT_TRUE(store->put("b", "2"));
  EXPECT_EQ(**store->get("a"), "2");
  EXPECT_THAT(all_of(*store), ElementsAre(Pair("a", "2"), Pair("b", "2")));
  EXPECT_THAT(all_of(*open_to_read()), ElementsAre(Pair("a", "1")));
  store->rollback();
  EXPECT_THAT(all_of(*store), ElementsAre(Pair("a", "1")));
  ASSERT_TRUE(store->erase("a"));
  ASSERT_TRUE(store->erase("absent"));
  EXPECT_THAT(all_of(*store), IsEmpty());
  ASSERT_TRUE(store->commit());
  EXPECT_THAT(all_of(*open_to_read()), IsEmpty());
}

TEST_F(State, UncommittedIsGoneWhenTheStoreEnds) {
  ASSERT_TRUE(open()->put("a", "1"));
  EXPECT_THAT(all_of(*open()), IsEmpty());
}

TEST_F(State, ScanGoesByBytesWithinPrefixAfterAndLimit) {
  const auto store = open();
  for (const char* key : {"b/2", "b/10", "a", "b/\xff", "b", "c", "b0"})
    ASSERT_TRUE(store->put(key, key));
  const auto keys = [&](std::string_view prefix, std::string_view after, size_t limit) {
    std::vector<std::string> out;
    EXPECT_TRUE(store->scan(prefix, after, limit, [&](std::string_view key, std::string_view) {
      out.emplace_back(key);
      return true;
    }));
    return out;
  };
  EXPECT_THAT(keys("b/", "", SIZE_MAX), ElementsAre("b/10", "b/2", "b/\xff"));
  EXPECT_THAT(keys("b/", "b/10", SIZE_MAX), ElementsAre("b/2", "b/\xff"));
  EXPECT_THAT(keys("b/", "b/10", 1), ElementsAre("b/2"));
  EXPECT_THAT(keys("b/", "a", 1), ElementsAre("b/10")) << "`after` before the prefix";
  EXPECT_THAT(keys("b/", "c", 1), IsEmpty());
  EXPECT_THAT(keys("", "b", 2), ElementsAre("b/10", "b/2"));
  EXPECT_THAT(keys("", "", 0), IsEmpty());
}

TEST_F(State, ScanMayBeStoppedChangedAndCommittedWithin) {
  const auto store = open();
  constexpr int kKeys = 2500;  // more than are read ahead
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(store->put(std::to_string(10'000 + i), "x"));
  ASSERT_TRUE(store->commit());
  int seen = 0;
  ASSERT_TRUE(store->scan("", "", SIZE_MAX, [&](std::string_view key, std::string_view) {
    EXPECT_TRUE(store->erase(key));
    if (++seen % 1000 == 0) {
      EXPECT_TRUE(store->commit());
    }
    return true;
  }));
  EXPECT_EQ(seen, kKeys);
  EXPECT_THAT(all_of(*store), IsEmpty());
  store->rollback();
  EXPECT_EQ(all_of(*store).size(), static_cast<size_t>(kKeys % 1000));
  seen = 0;
  ASSERT_TRUE(store->scan("", "", SIZE_MAX, [&](auto, auto) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
}

TEST_F(State, LargeValuesAreKeptAndScanned) {
  const auto store = open();
  const std::string large(3 << 20, 'x');
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(store->put(key, large));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(all_of(*store).size(), 3u);
  EXPECT_EQ(all_of(*store)["c"], large);
}

TEST_F(State, EmptyKeyIsABug) { EXPECT_EQ(open()->put("", "x").error().status, Status::kBug); }

TEST_F(State, FailedChangeTakesItsTransactionWithIt) {
  options_.quota_bytes = 1000;
  const auto store = open();
  ASSERT_TRUE(store->put("kept", "1"));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->put("a", "1"));
  const auto over = store->put("b", std::string(1000, 'x'));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().status, Status::kConfig);
  EXPECT_THAT(over.error().message, HasSubstr("cb-prod would be larger than 1000 bytes"));
  EXPECT_FALSE(store->put("c", "1")) << "without b there is no c";
  EXPECT_FALSE(store->commit());
  EXPECT_THAT(all_of(*store), ElementsAre(Pair("kept", "1")));
  ASSERT_TRUE(store->put("c", "1"));
  ASSERT_TRUE(store->commit()) << "usable again";
  EXPECT_THAT(all_of(*store), ElementsAre(Pair("c", "1"), Pair("kept", "1")));
}

TEST_F(State, QuotaCountsWhatIsThereNow) {
  options_.quota_bytes = 1000;
  for (int i = 0; i < 5; ++i) {
    const auto store = open();
    ASSERT_TRUE(store->put("a", std::string(900, 'x'))) << "replaced, not added";
    ASSERT_TRUE(store->commit());
    ASSERT_TRUE(store->erase("a"));
    ASSERT_TRUE(store->put("b", std::string(900, 'x')));
    store->rollback();
  }
  options_.quota_bytes = 100;
  const auto store = open();
  EXPECT_FALSE(store->put("c", "1")) << "a quota that was made smaller";
  store->rollback();
  EXPECT_TRUE(store->put("a", "smaller"));
  EXPECT_TRUE(store->commit());
}

TEST_F(State, DeadLettersStayThroughRollbackAndComeWithTheCommit) {
  {
    const auto store = open();
    ASSERT_TRUE(store->add_dead_letter({"IP Address", "::1", "no public address", 1000}));
    ASSERT_TRUE(store->put("a", "1"));
    store->rollback();
    EXPECT_EQ(*open_to_read()->count_dead_letters(), 0u) << "not durable yet";
    ASSERT_TRUE(store->commit());
    EXPECT_EQ(*open_to_read()->count_dead_letters(), 1u);
  }
  EXPECT_EQ(*open()->count_dead_letters(), 1u);
}

TEST_F(State, OnlyTheNewestDeadLettersAreKept) {
  const auto store = open();
  for (int i = 0; i < 10'005; ++i)
    ASSERT_TRUE(store->add_dead_letter({"MD5", std::to_string(i), "y", i}));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(*store->count_dead_letters(), 10'000u);
}

TEST_F(State, ReaderChangesNothing) {
  ASSERT_TRUE(open()->commit());
  const auto store = open_to_read();
  EXPECT_EQ(store->put("a", "1").error().status, Status::kBug);
  EXPECT_EQ(store->erase("a").error().status, Status::kBug);
  EXPECT_EQ(store->reset().error().status, Status::kBug);
  EXPECT_EQ(store->add_dead_letter({}).error().status, Status::kBug);
}

TEST_F(State, ReaderNeedsAFile) {
  options_.read_only = true;
  EXPECT_EQ(refusal().status, Status::kConfig);
  EXPECT_THAT(refusal().message, HasSubstr(options_.file.string()));
}

TEST_F(State, AMissingFileReadsAsANewOneWhereThatIsWanted) {
  options_.read_only = options_.missing_is_empty = true;
  const auto store = open();
  EXPECT_FALSE(store->get("a")->has_value());
  EXPECT_EQ(*store->count_dead_letters(), 0u);
  EXPECT_EQ(store->put("a", "1").error().status, Status::kBug);
  EXPECT_FALSE(std::filesystem::exists(options_.file));
  EXPECT_FALSE(std::filesystem::exists(options_.file.string() + ".lock"));
}

TEST_F(State, FilesArePrivate) {
  ::umask(022);
  const auto store = open();
  ASSERT_TRUE(store->put("a", "1"));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->backup(folder_ / "copy.db"));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 4) << "state, log, lock, copy";
}

TEST_F(State, BackupIsWhatIsCommittedAndRefusesToOverwrite) {
  const auto store = open();
  ASSERT_TRUE(store->put("a", "1"));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->put("a", "2"));
  const auto copy = folder_ / "copy" / "state.db";
  std::filesystem::create_directory(copy.parent_path());
  ASSERT_TRUE(open_to_read()->backup(copy)) << "beside a writer";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(copy.parent_path()), {}), 1);
  const auto again = store->backup(copy);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr(copy.string() + ": File exists"));
  options_.file = copy;
  EXPECT_THAT(all_of(*open()), ElementsAre(Pair("a", "1")));
}

TEST_F(State, DeadLettersAreReadNewestFirstAlsoBesideAWriter) {
  const auto store = open();
  ASSERT_TRUE(store->add_dead_letter({"MD5", "first", "refused", 1}));
  ASSERT_TRUE(store->add_dead_letter({"FQDN", "second", "too long", 2}));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->add_dead_letter({"FQDN", "not committed", "", 3}));
  std::vector<std::string> seen;
  const auto look = [&](const DeadLetter& letter) {
    seen.push_back(letter.type + " " + letter.value + " " + letter.reason + " " +
                   std::to_string(letter.at_ms));
    return true;
  };
  ASSERT_TRUE(open_to_read()->scan_dead_letters(look));
  EXPECT_THAT(seen, ElementsAre("FQDN second too long 2", "MD5 first refused 1"));
  seen.clear();
  ASSERT_TRUE(store->scan_dead_letters([&](const DeadLetter& letter) {
    seen.push_back(letter.value);
    return false;
  }));
  EXPECT_THAT(seen, ElementsAre("second"));
}

TEST_F(State, ResetForgetsEverything) {
  options_.quota_bytes = 1000;
  const auto store = open();
  ASSERT_TRUE(store->put("a", std::string(900, 'x')));
  ASSERT_TRUE(store->add_dead_letter({"a", "b", "c", 1}));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->put("b", "1"));
  ASSERT_TRUE(store->reset());
  EXPECT_THAT(all_of(*store), IsEmpty());
  EXPECT_EQ(*store->count_dead_letters(), 0u);
  ASSERT_TRUE(store->put("c", std::string(900, 'x'))) << "the quota is free again";
  ASSERT_TRUE(store->commit()) << "the lease is still ours";
  EXPECT_THAT(all_of(*open_to_read()), ElementsAre(Pair("c", std::string(900, 'x'))));
}

TEST_F(StateFolder, ACommitSaysWhatIsTrueWhereverMemoryIsMissing) {
  bool whole = false;
  for (int64_t at = 0; !whole; ++at) {
    ASSERT_LT(at, 1000);
    const std::string value = std::to_string(at);
    bool told = false;
    {
      const auto store = open();
      ASSERT_TRUE(store->put("k", value));
      const FailingMemory missing(at);
      try {
        told = store->commit().ok();
      } catch (const std::bad_alloc&) {
        told = false;
      }
    }
    const bool durable = open_to_read()->get("k")->value_or("") == value;
    EXPECT_EQ(told, durable) << "allocation " << at;
    whole = at > 50;  // a commit takes fewer
  }
}

}  // namespace
}  // namespace tq
