// SPDX-License-Identifier: Apache-2.0
// Dead letters: one for each item, marked and settled, and those of older files.
#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "unit/store/store_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DeadLetters : public StateFolder {
 protected:
  void reject(const std::string& value, const std::string& reason, int64_t at_ms) {
    const auto store = open();
    ASSERT_TRUE(store->add_dead_letter({"report", value, reason, at_ms}));
    ASSERT_TRUE(store->commit());
  }
  static std::vector<DeadLetter> letters_of(Store& store) {
    std::vector<DeadLetter> out;
    const auto done = store.scan_dead_letters([&](const DeadLetter& letter) {
      out.push_back(letter);
      return true;
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
  }
  std::vector<DeadLetter> letters() { return letters_of(*open_to_read()); }
  static std::vector<std::string> values_of(const std::vector<DeadLetter>& letters) {
    std::vector<std::string> out;
    for (const DeadLetter& letter : letters) out.push_back(letter.value);
    return out;
  }
  void mark(int64_t id) {
    const auto store = open();
    ASSERT_TRUE(*store->mark_dead_letter(id));
    ASSERT_TRUE(store->commit());
  }

  // A file as tqhost made it when each refusal had a letter of its own.
  void make_first_layout() {
    ASSERT_TRUE(open()->commit());
    const auto database = Database::open(options_.file, Database::Mode::kWrite);
    ASSERT_TRUE(database);
    const auto done = (*database)->run(R"(
      DROP TABLE dead_letter;
      CREATE TABLE dead_letter(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, type BLOB NOT NULL,
                               value BLOB NOT NULL, reason BLOB NOT NULL);
      INSERT INTO dead_letter(at_ms, type, value, reason) VALUES
        (1000, CAST('report' AS BLOB), CAST('a' AS BLOB), CAST('first' AS BLOB)),
        (2000, CAST('report' AS BLOB), CAST('b' AS BLOB), CAST('other' AS BLOB)),
        (3000, CAST('report' AS BLOB), CAST('a' AS BLOB), CAST('last' AS BLOB));
      PRAGMA user_version = 1;
    )");
    ASSERT_TRUE(done) << done.error().message;
  }
};

TEST_F(DeadLetters, AnItemRefusedAgainIsTheSameLetter) {
  reject("a", "first", 1000);
  reject("b", "other", 2000);
  reject("a", "last", 3000);
  const auto kept = letters();
  ASSERT_THAT(kept, SizeIs(2));
  EXPECT_EQ(kept[0].value, "a") << "the newest refusal comes first";
  EXPECT_EQ(kept[0].reason, "last");
  EXPECT_EQ(kept[0].first_ms, 1000);
  EXPECT_EQ(kept[0].at_ms, 3000);
  EXPECT_EQ(kept[0].tries, 2u);
  EXPECT_EQ(kept[0].id, 1) << "its number stays";
}

TEST_F(DeadLetters, AMarkedOneIsNotCountedAndGoesWhenItIsSettled) {
  reject("a", "x", 1000);
  reject("b", "x", 2000);
  mark(1);
  EXPECT_TRUE(letters()[1].retry);
  EXPECT_EQ(*open_to_read()->count_dead_letters(), 1u);
  const auto store = open();
  ASSERT_TRUE(store->settle_dead_letter(1));
  ASSERT_TRUE(store->settle_dead_letter(2)) << "not marked: nobody asked for it";
  ASSERT_TRUE(store->commit());
  EXPECT_THAT(values_of(letters()), ElementsAre("b"));
}

TEST_F(DeadLetters, OneThatIsRefusedAgainIsNotSettled) {
  reject("a", "x", 1000);
  mark(1);
  const auto store = open();
  ASSERT_TRUE(store->settle_dead_letter(1));
  ASSERT_TRUE(store->add_dead_letter({"report", "a", "again", 2000}));
  ASSERT_TRUE(store->commit());
  const auto kept = letters();
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_FALSE(kept[0].retry);
  EXPECT_EQ(kept[0].tries, 2u);
  EXPECT_EQ(kept[0].reason, "again");
}

TEST_F(DeadLetters, ARollbackSettlesAndMarksNothing) {
  reject("a", "x", 1000);
  mark(1);
  const auto store = open();
  ASSERT_TRUE(store->settle_dead_letter(1));
  store->rollback();
  ASSERT_TRUE(*store->drop_dead_letter(1));
  store->rollback();
  ASSERT_TRUE(store->put("k", "v"));
  ASSERT_TRUE(store->commit());
  const auto kept = letters();
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_TRUE(kept[0].retry);
}

TEST_F(DeadLetters, AnItemThatWasTakenAfterAllHasNoneAfterTheCommit) {
  reject("a", "x", 1000);
  reject("b", "x", 2000);
  const auto store = open();
  ASSERT_TRUE(store->resolve_dead_letter("report", "a"));
  ASSERT_TRUE(store->resolve_dead_letter("report", "never refused"));
  ASSERT_TRUE(store->resolve_dead_letter("indicator", "b")) << "of another type: another item";
  EXPECT_THAT(letters(), SizeIs(2)) << "not before the commit";
  ASSERT_TRUE(store->commit());
  EXPECT_THAT(values_of(letters()), ElementsAre("b"));
}

TEST_F(DeadLetters, OfARefusalAndAnAcceptanceTheLaterWordCounts) {
  reject("a", "x", 1000);
  const auto store = open();
  ASSERT_TRUE(store->resolve_dead_letter("report", "a"));
  ASSERT_TRUE(store->add_dead_letter({"report", "a", "again", 2000}));
  ASSERT_TRUE(store->add_dead_letter({"report", "b", "x", 2000}));
  ASSERT_TRUE(store->resolve_dead_letter("report", "b"));
  ASSERT_TRUE(store->commit());
  const auto kept = letters();
  ASSERT_THAT(values_of(kept), ElementsAre("a"));
  EXPECT_EQ(kept[0].tries, 2u) << "the same letter";
  EXPECT_EQ(kept[0].id, 1);
}

TEST_F(DeadLetters, ACommitThatFailsLosesNoAcceptance) {
  reject("a", "x", 1000);
  const auto store = open();
  ASSERT_TRUE(store->resolve_dead_letter("report", "a"));
  ASSERT_TRUE(store->put("k", "v"));
  ASSERT_FALSE(store->put("", "breaks the transaction"));
  ASSERT_FALSE(store->commit());
  EXPECT_THAT(letters(), SizeIs(1));
  ASSERT_TRUE(store->commit());
  EXPECT_THAT(letters(), IsEmpty());
}

TEST_F(DeadLetters, TheNumberOfOneThatIsGoneNamesNoOther) {
  reject("a", "x", 1000);
  const auto store = open();
  EXPECT_TRUE(*store->drop_dead_letter(1));
  EXPECT_FALSE(*store->drop_dead_letter(1));
  EXPECT_FALSE(*store->mark_dead_letter(7));
  ASSERT_TRUE(store->add_dead_letter({"report", "b", "x", 2000}));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(letters_of(*store).at(0).id, 2);
}

TEST_F(DeadLetters, WhatIsNotRefusedAnyMoreGoesFirstWhenThereAreTooMany) {
  {
    const auto store = open();
    for (int i = 0; i < 10'000; ++i)
      ASSERT_TRUE(store->add_dead_letter({"MD5", std::to_string(i), "x", i}));
    ASSERT_TRUE(store->commit());
    ASSERT_TRUE(store->add_dead_letter({"MD5", "0", "again", 20'000}));
    ASSERT_TRUE(store->add_dead_letter({"MD5", "new", "x", 20'001}));
    ASSERT_TRUE(store->commit());
  }
  const auto kept = letters();
  ASSERT_THAT(kept, SizeIs(10'000));
  EXPECT_EQ(kept[0].value, "new");
  EXPECT_EQ(kept[1].value, "0");
  EXPECT_EQ(kept.back().value, "2");
}

TEST_F(DeadLetters, OfAnOlderFileAreReadAsTheyAreAndBroughtTogetherByAWriter) {
  make_first_layout();
  const auto before = letters();
  ASSERT_THAT(before, SizeIs(3));
  EXPECT_EQ(before[0].reason, "last");
  EXPECT_EQ(before[0].tries, 1u);
  EXPECT_EQ(*open_to_read()->count_dead_letters(), 3u);

  reject("b", "again", 4000);
  const auto after = letters();
  ASSERT_THAT(values_of(after), ElementsAre("b", "a"));
  EXPECT_EQ(after[0].first_ms, 2000);
  EXPECT_EQ(after[0].tries, 2u);
  EXPECT_EQ(after[1].reason, "last");
  EXPECT_EQ(after[1].first_ms, 1000);
  EXPECT_EQ(after[1].at_ms, 3000);
  EXPECT_EQ(after[1].tries, 2u);
}

}  // namespace
}  // namespace tq
