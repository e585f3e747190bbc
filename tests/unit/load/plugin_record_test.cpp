// SPDX-License-Identifier: Apache-2.0
// What is remembered of plugin files, and which of their copies stay.
#include "load/plugin_record.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fstream>

#include "core/file.hpp"
#include "load/plugin_copies.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string digest(char letter) { return std::string(64, letter); }

FoundPlugin plugin(char letter, const std::string& version = "1.0.0") {
  FoundPlugin out;
  out.digest = digest(letter);
  out.file = "/p/cb.so";
  out.manifest.id = "cb";
  out.manifest.version = version;
  return out;
}

class Records : public testing::Test {
 protected:
  Records() {
    std::string pattern = testing::TempDir() + "records-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) state_ = pattern;
    fs::create_directory(state_ / "plugins");
  }
  ~Records() override { fs::remove_all(state_); }

  void take(char letter, int64_t now_ms) {
    std::ofstream(copy_file(state_, digest(letter))) << letter;
    ASSERT_TRUE(change_plugin_record(state_, "cb", Wait::kYes, [&](PluginRecord& record) {
      return record.note_taken(plugin(letter), {{digest(letter), now_ms}}, now_ms);
    }));
  }

  fs::path state_;
};

TEST_F(Records, ComeBackAsTheyWereWritten) {
  ASSERT_TRUE(change_plugin_record(state_, "cb", Wait::kYes, [&](PluginRecord& record) {
    record.pinned = digest('a');
    record.note_taken(plugin('a', "1.2.0"), {{digest('a'), 17}}, 1000);
    record.note_ran(digest('a'), 2000);
    return true;
  }));
  const auto record = read_plugin_record(state_, "cb");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->pinned, digest('a'));
  EXPECT_EQ(record->chosen.version, "1.2.0");
  EXPECT_THAT(record->chosen.beside, ElementsAre(SeenFile{digest('a'), 17}));
  ASSERT_THAT(record->files, SizeIs(1));
  EXPECT_EQ(record->files[0].taken_ms, 1000);
  EXPECT_EQ(record->files[0].ran_ms, 2000);
  EXPECT_THAT(recorded_plugins(state_), ElementsAre("cb"));
}

TEST_F(Records, ADamagedOneIsToldAndBegunAnew) {
  std::ofstream(state_ / "plugins" / "cb.json") << "{";
  const auto record = read_plugin_record(state_, "cb");
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message, HasSubstr("cb.json"));
  take('a', 1);
  EXPECT_TRUE(read_plugin_record(state_, "cb"));
}

TEST_F(Records, NobodyWaitsForTheLockThatMayNot) {
  const auto lock = FileLock::try_lock(state_ / "plugins" / "records.lock");
  ASSERT_TRUE(lock);
  const auto changed =
      change_plugin_record(state_, "cb", Wait::kNo, [](PluginRecord&) { return true; });
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().status, Status::kLimited);
}

TEST(PluginRecords, GoBackToTheLastFileThatRan) {
  PluginRecord record;
  record.id = "cb";
  record.note_taken(plugin('a', "1.0.0"), {}, 1);
  record.note_ran(digest('a'), 1);
  record.note_taken(plugin('b', "1.1.0"), {}, 2);
  record.note_ran(digest('b'), 2);
  record.note_taken(plugin('c', "1.2.0"), {{digest('c'), 3}}, 3);
  const std::vector<std::string> copies = {digest('a'), digest('b'), digest('c')};
  EXPECT_THAT(go_back(record, digest('c'), "it aborts", copies),
              AllOf(HasSubstr("cb 1.2.0 from /p/cb.so could not start: it aborts"),
                    HasSubstr("goes back to 1.1.0")));
  EXPECT_EQ(record.chosen.digest, digest('b'));
  EXPECT_TRUE(record.chosen.went_back);
  EXPECT_THAT(record.chosen.beside, ElementsAre(SeenFile{digest('c'), 3})) << "no newcomer";
  EXPECT_THAT(record.failed(), ElementsAre(digest('c')));
  record.forget_choice();
  EXPECT_THAT(record.failed(), IsEmpty());
}

TEST(PluginRecords, NeverGoBackFromAFileThatRanOrIsPinnedOrToOneThatIsGone) {
  PluginRecord record;
  record.note_taken(plugin('a'), {}, 1);
  record.note_ran(digest('a'), 1);
  record.note_taken(plugin('b'), {}, 2);
  EXPECT_EQ(go_back(record, digest('b'), "x", {digest('b')}), "") << "no copy of a";
  record.pinned = digest('b');
  EXPECT_EQ(go_back(record, digest('b'), "x", {digest('a')}), "");
  record.pinned.clear();
  record.note_ran(digest('b'), 3);
  EXPECT_THAT(record.failed(), IsEmpty());
  EXPECT_EQ(go_back(record, digest('b'), "x", {digest('a')}), "");
}

TEST_F(Records, ThreeOldCopiesStayWithThePinnedTheChosenAndTheHeldOnes) {
  for (const char letter : {'1', '2', '3', '4', '5', '6', '7', '8', '9'}) take(letter, letter);
  ASSERT_TRUE(change_plugin_record(state_, "cb", Wait::kYes, [](PluginRecord& record) {
    record.pinned = digest('2');
    return true;
  }));
  const UniqueFd held = hold_copy(copy_file(state_, digest('3')));
  collect_copies(state_, {digest('4')}, false);
  EXPECT_THAT(kept_copies(state_), ElementsAre(digest('2'), digest('3'), digest('4'), digest('6'),
                                               digest('7'), digest('8'), digest('9')));
}

TEST_F(Records, CopiesOfAnOlderTqhostGoToo) {
  for (char letter = 'a'; letter <= 'f'; ++letter) {
    const fs::path copy = copy_file(state_, digest(letter));
    std::ofstream(copy) << letter;
    const timespec then{1'700'000'000 + letter, 0};
    const timespec times[2] = {then, then};
    ::utimensat(AT_FDCWD, copy.c_str(), times, 0);
  }
  collect_copies(state_, {}, false);
  EXPECT_THAT(kept_copies(state_), ElementsAre(digest('d'), digest('e'), digest('f')));
}

TEST_F(Records, WhatAWriterLeftThatDiedGoes) {
  const fs::path draft = copy_file(state_, digest('a')).string() + ".Xy12Zz";
  std::ofstream(draft) << "half";
  std::ofstream(state_ / "plugins" / "note.txt") << "a person's";
  collect_copies(state_, {}, /*all_drafts=*/false);
  EXPECT_TRUE(fs::exists(draft)) << "somebody may be writing it";
  collect_copies(state_, {}, /*all_drafts=*/true);
  EXPECT_FALSE(fs::exists(draft));
  EXPECT_TRUE(fs::exists(state_ / "plugins" / "note.txt"));
}

}  // namespace
}  // namespace tq
