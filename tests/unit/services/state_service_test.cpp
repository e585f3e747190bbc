// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StateTable : public testing::Test {
 protected:
  tqp_status put(Core& core, std::string_view key, std::string_view value) {
    return state_table()->put(&core.ctx, borrow(key), borrow(value), &error_);
  }
  tqp_status get(Core& core, std::string_view key, std::string* out) {
    out->clear();
    return state_table()->get(&core.ctx, borrow(key), sink_to(*out), &error_);
  }
  tqp_status commit(Core& core) { return state_table()->commit(&core.ctx, &error_); }

  Core core_;
  tqp_error error_ = empty_error();
  std::string value_;
};

TEST_F(StateTable, ATransactionSeesItself) {
  EXPECT_EQ(get(core_, "k", &value_), TQP_END);
  EXPECT_EQ(put(core_, "k", "v"), TQP_OK);
  EXPECT_EQ(get(core_, "k", &value_), TQP_OK);
  EXPECT_EQ(value_, "v");
  EXPECT_EQ(state_table()->erase(&core_.ctx, borrow("k"), nullptr), TQP_OK);
  EXPECT_EQ(state_table()->erase(&core_.ctx, borrow("k"), nullptr), TQP_OK) << "absent is fine";
  EXPECT_EQ(get(core_, "k", &value_), TQP_END);
}

TEST_F(StateTable, KeysHaveAtLeastOneByte) {
  EXPECT_EQ(put(core_, "", "v"), TQP_E_BUG);
  EXPECT_EQ(get(core_, "", &value_), TQP_E_BUG);
  EXPECT_EQ(state_table()->erase(&core_.ctx, {nullptr, 0}, &error_), TQP_E_BUG);
  EXPECT_THAT(error_.message, HasSubstr("at least one byte"));
}

TEST_F(StateTable, CommitMakesDurableBetweenTwoCrashPoints) {
  put(core_, "k", "v");
  EXPECT_THAT(core_.store.durable, IsEmpty());
  EXPECT_EQ(commit(core_), TQP_OK);
  EXPECT_THAT(core_.store.durable, SizeIs(1));
  EXPECT_THAT(core_.world.points, ElementsAre("before commit", "after commit"));
  EXPECT_EQ(commit(core_), TQP_OK) << "nothing to do is no failure";
  EXPECT_EQ(core_.store.commits, 1);
}

TEST_F(StateTable, ARepairCommitsThoughItsEffectsAreSkipped) {
  Core core(TQP_RUN_REPAIR);
  EXPECT_TRUE(core.run.effects_skipped());
  put(core, "k", "in doubt");
  EXPECT_EQ(commit(core), TQP_OK);
  EXPECT_EQ(core.store.durable.count("k"), 1u);
}

TEST_F(StateTable, CommitRollsBackInRunsThatRecordNothing) {
  for (const uint32_t flags :
       {uint32_t{TQP_RUN_DRY}, uint32_t{TQP_RUN_CHECK}, uint32_t{TQP_RUN_NO_RECORD}}) {
    Core core(flags);
    put(core, "k", "v");
    EXPECT_EQ(commit(core), TQP_OK);
    EXPECT_EQ(get(core, "k", &value_), TQP_END);
    EXPECT_EQ(core.store.commits, 0);
    EXPECT_THAT(core.world.points, IsEmpty());
  }
}

TEST_F(StateTable, AFailedCommitMovesNothingAndRollsBack) {
  core_.store.failure = Error{Status::kTransient, "the disk is full"};
  put(core_, "k", "v");
  EXPECT_EQ(commit(core_), TQP_E_TRANSIENT);
  EXPECT_THAT(error_.message, HasSubstr("the disk is full"));
  EXPECT_EQ(get(core_, "k", &value_), TQP_END);
  EXPECT_THAT(core_.world.points, ElementsAre("before commit"));
}

TEST_F(StateTable, DeadLettersOfAFailedCommitAreKeptForTheEnd) {
  core_.run.reject("report", "r1", "400");
  core_.store.failure = Error{Status::kTransient, "the disk is full"};
  EXPECT_EQ(commit(core_), TQP_E_TRANSIENT);
  core_.store.failure.reset();
  const int before = core_.store.commits;
  EXPECT_TRUE(core_.state.end_facet().ok());
  EXPECT_EQ(core_.store.commits, before + 1);
}

TEST_F(StateTable, TheEndOfTheFacetRollsBack) {
  put(core_, "k", "v");
  EXPECT_TRUE(core_.state.end_facet().ok());
  EXPECT_EQ(get(core_, "k", &value_), TQP_END);
  EXPECT_EQ(core_.store.commits, 0);
}

TEST_F(StateTable, DeadLettersGoWithTheCommitOrWithTheEnd) {
  put(core_, "k", "v");
  core_.run.reject("report", "r1", "400");
  EXPECT_EQ(commit(core_), TQP_OK);
  EXPECT_THAT(core_.store.letters, SizeIs(1));
  core_.run.reject("report", "r2", "400");
  put(core_, "lost", "v");
  EXPECT_TRUE(core_.state.end_facet().ok());
  EXPECT_THAT(core_.store.letters, SizeIs(2));
  EXPECT_EQ(core_.store.durable.count("lost"), 0u);
}

class Retries : public StateTable {
 protected:
  // Their values, as the plugin is told them.
  std::vector<std::string> asked(Core& core) {
    std::vector<std::string> out;
    tqp_str type{}, value{};
    while (run_table()->next_retry(&core.ctx, &type, &value, nullptr) == TQP_OK)
      out.emplace_back(view(value));
    return out;
  }
  static void keep_letters(Core& core) {
    for (const char* value : {"one", "two"}) {
      DeadLetter letter{"report", value, "400", 1000};
      letter.retry = value[0] == 't';
      letter.id = letter.retry ? 2 : 1;
      core.store.letters.push_back(letter);
    }
  }
};

TEST_F(Retries, AreWhatAPersonMarkedAndGoWithTheCommit) {
  keep_letters(core_);
  EXPECT_THAT(asked(core_), ElementsAre("two"));
  EXPECT_THAT(asked(core_), IsEmpty()) << "once in a run";
  EXPECT_THAT(core_.store.letters, SizeIs(2));
  EXPECT_EQ(commit(core_), TQP_OK);
  EXPECT_THAT(core_.store.letters, SizeIs(1));
}

TEST_F(Retries, StayWhenWhatWasDoneWithThemIsRolledBack) {
  keep_letters(core_);
  EXPECT_THAT(asked(core_), ElementsAre("two"));
  state_table()->rollback(&core_.ctx);
  put(core_, "k", "v");
  EXPECT_EQ(commit(core_), TQP_OK);
  EXPECT_THAT(core_.store.letters, SizeIs(2));
}

TEST_F(Retries, AreShownButKeptByRunsThatRecordNothing) {
  Core core(TQP_RUN_NO_RECORD);
  keep_letters(core);
  EXPECT_THAT(asked(core), ElementsAre("two"));
  EXPECT_EQ(commit(core), TQP_OK);
  EXPECT_THAT(core.store.settled, IsEmpty());
}

TEST_F(Retries, OfAnItemThatWasAcceptedTheLetterGoesWithTheCommit) {
  keep_letters(core_);
  ASSERT_TRUE(core_.state.learn_letters());
  core_.run.accept("report", "one");
  EXPECT_THAT(core_.store.letters, SizeIs(2));
  EXPECT_EQ(commit(core_), TQP_OK) << "also without a put";
  ASSERT_THAT(core_.store.letters, SizeIs(1));
  EXPECT_EQ(core_.store.letters[0].value, "two");
}

TEST_F(Retries, AnAcceptanceWaitsForACommitThatSucceeds) {
  keep_letters(core_);
  ASSERT_TRUE(core_.state.learn_letters());
  core_.run.accept("report", "one");
  core_.store.failure = Error{Status::kTransient, "the disk is full"};
  EXPECT_EQ(commit(core_), TQP_E_TRANSIENT);
  EXPECT_THAT(core_.store.letters, SizeIs(2));
  core_.store.failure.reset();
  EXPECT_EQ(commit(core_), TQP_OK);
  EXPECT_THAT(core_.store.letters, SizeIs(1));
}

TEST_F(Retries, WithoutACommitTheEndOfTheRunResolvesNothing) {
  keep_letters(core_);
  ASSERT_TRUE(core_.state.learn_letters());
  core_.run.accept("report", "one");
  core_.run.reject("report", "three", "400");
  EXPECT_TRUE(core_.state.end_facet().ok());
  EXPECT_THAT(core_.store.letters, SizeIs(3)) << "what was refused is kept all the same";
  core_.run.accept("report", "two");
  core_.store.failure = Error{Status::kTransient, "the disk is full"};
  EXPECT_EQ(commit(core_), TQP_E_TRANSIENT);
  core_.store.failure.reset();
  core_.run.reject("report", "four", "400");
  EXPECT_TRUE(core_.state.end_facet().ok());
  EXPECT_THAT(core_.store.letters, SizeIs(4)) << "nor does what a commit that failed was told";
}

TEST_F(Retries, ACommitThatIsDurableIsNoFailureWhenTheLettersCannotBeReadAgain) {
  // More items than are remembered, and never more at once than wait for a commit.
  for (int batch = 0; batch < 3; ++batch) {
    for (int i = 0; i < 7'000; ++i)
      core_.run.reject("report", std::to_string(batch * 7'000 + i), "400");
    if (batch < 2) ASSERT_EQ(commit(core_), TQP_OK);
  }
  put(core_, "k", "v");
  core_.store.letters_failure = Error{Status::kTransient, "cannot read"};
  core_.log.lines.clear();
  EXPECT_EQ(commit(core_), TQP_OK) << error_.message;
  EXPECT_THAT(core_.store.durable, SizeIs(1));
  const auto warning = std::find_if(core_.log.lines.begin(), core_.log.lines.end(),
                                    [](const auto& line) { return line.level == Level::kWarning; });
  ASSERT_NE(warning, core_.log.lines.end());
  EXPECT_THAT(warning->text, HasSubstr("was committed, but"));
  EXPECT_THAT(warning->text, HasSubstr("cannot read"));
  EXPECT_EQ(commit(core_), TQP_OK) << "nothing is left to be committed";
  EXPECT_EQ(core_.store.commits, 3);
}

TEST_F(StateTable, AListenersFirstCommitSaysThatItHasLooked) {
  Core listener(0, /*listens=*/true);
  Core job;
  for (Core* core : {&listener, &job})
    core->store.relearn_open = core->store.relearn_durable = Relearn::kImported;
  EXPECT_EQ(commit(listener), TQP_OK) << "though it has put nothing";
  EXPECT_EQ(listener.store.relearn_durable, Relearn::kNo);
  put(job, "k", "v");
  EXPECT_EQ(commit(job), TQP_OK);
  EXPECT_EQ(job.store.relearn_durable, Relearn::kImported) << "a job has when it is done";
}

TEST_F(StateTable, AListenersCommitThatFailsKeepsTheMark) {
  Core core(0, /*listens=*/true);
  core.store.relearn_open = core.store.relearn_durable = Relearn::kImported;
  core.store.failure = Error{Status::kTransient, "the disk is full"};
  EXPECT_EQ(commit(core), TQP_E_TRANSIENT);
  EXPECT_EQ(core.store.relearn(), Relearn::kImported);
}

TEST_F(StateTable, AScanGoesThroughAllPagesInOrderWhileThePluginPuts) {
  constexpr int kRows = 1000;
  for (int i = 0; i < kRows; ++i) put(core_, "a/" + std::to_string(1000 + i), std::to_string(i));
  put(core_, "b/other", "");
  tqp_scan* scan = nullptr;
  ASSERT_EQ(state_table()->scan(&core_.ctx, borrow("a/"), &scan, nullptr), TQP_OK);
  tqp_str key, value;
  int rows = 0;
  std::string last;
  while (state_table()->scan_next(scan, &key, &value, nullptr) == TQP_OK) {
    EXPECT_LT(last, view(key));
    last = view(key);
    EXPECT_EQ(view(value), std::to_string(rows++));
    state_table()->erase(&core_.ctx, key, nullptr);
    put(core_, "b/" + last, "new");
  }
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(state_table()->scan_next(scan, &key, &value, nullptr), TQP_END)
      << "it stays at its end";
  EXPECT_LE(core_.store.largest_page, 256u);
  state_table()->scan_close(scan);
  state_table()->scan_close(nullptr);
  EXPECT_EQ(core_.state.open_handles(), 0u);
}

TEST_F(StateTable, PagesOfLargeValuesAreBoundedInBytes) {
  for (int i = 0; i < 20; ++i) put(core_, "k" + std::to_string(10 + i), std::string(100'000, 'x'));
  tqp_scan* scan = nullptr;
  state_table()->scan(&core_.ctx, {nullptr, 0}, &scan, nullptr);
  tqp_str key, value;
  int rows = 0;
  while (state_table()->scan_next(scan, &key, &value, nullptr) == TQP_OK) {
    ++rows;
    EXPECT_LE(scan->page.size(), 3u);
  }
  EXPECT_EQ(rows, 20);
  state_table()->scan_close(scan);
}

TEST_F(StateTable, AFailedScanNeverLooksLikeItsEnd) {
  tqp_scan* scan = nullptr;
  state_table()->scan(&core_.ctx, borrow(""), &scan, nullptr);
  core_.store.failure = Error{Status::kTransient, "cannot read"};
  tqp_str key, value;
  EXPECT_EQ(state_table()->scan_next(scan, &key, &value, &error_), TQP_E_TRANSIENT);
  core_.store.failure.reset();
  EXPECT_EQ(state_table()->scan_next(scan, &key, &value, &error_), TQP_E_TRANSIENT);
  EXPECT_EQ(core_.state.open_handles(), 1u) << "the host counts what is left open";
}

TEST_F(StateTable, RefusesOtherThreads) {
  put(core_, "k", "v");
  std::thread([&] {
    EXPECT_EQ(put(core_, "k", "w"), TQP_E_BUG);
    EXPECT_EQ(commit(core_), TQP_E_BUG);
    state_table()->rollback(&core_.ctx);
  }).join();
  Core other;
  std::thread([&] { state_table()->rollback(&other.ctx); }).join();
  EXPECT_THAT(other.ctx.breach.text(), HasSubstr("state.rollback")) << "though it answers nothing";
  EXPECT_EQ(get(core_, "k", &value_), TQP_OK) << "nothing of it was done";
  EXPECT_EQ(value_, "v");
  EXPECT_THAT(core_.ctx.breach.text(), HasSubstr("state.put"));
}

TEST_F(StateTable, WhatTheHostThrowsIsABugAndCrossesNothing) {
  core_.store.throws = true;
  EXPECT_EQ(get(core_, "k", &value_), TQP_E_BUG);
  EXPECT_THAT(error_.message, HasSubstr("thrown by the store"));
}

TEST_F(StateTable, WhatTheSinkAnswersTheCallAnswers) {
  put(core_, "k", "v");
  const tqp_sink full = {nullptr, [](void*, const void*, size_t) -> tqp_status { return 40; }};
  EXPECT_EQ(state_table()->get(&core_.ctx, borrow("k"), full, nullptr), 40);
}

}  // namespace
}  // namespace tq
