// SPDX-License-Identifier: Apache-2.0
#include <numeric>
#include <set>
#include <thread>

#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(RunCounts, AreKeptByNameAndSkippedOnesByReason) {
  Core core;
  const tqp_run* run = run_table();
  run->count(&core.ctx, TQP_COUNT_READ, borrow(""), 1500);
  run->count(&core.ctx, TQP_COUNT_SKIPPED, borrow("type URL"), 120);
  run->count(&core.ctx, TQP_COUNT_SKIPPED, borrow("type URL"), 3);
  run->count(&core.ctx, TQP_COUNT_SKIPPED, {nullptr, 0}, 2);
  run->count(&core.ctx, 77, borrow("of a later header"), 9);
  const RunCounts counts = core.run.counts();
  EXPECT_THAT(counts.counts,
              ElementsAre(testing::Pair("read", 1500), testing::Pair("skipped", 125)));
  EXPECT_THAT(counts.skipped,
              ElementsAre(testing::Pair("other", 2), testing::Pair("type URL", 123)));
}

TEST(RunCounts, ReasonsWithoutEndAreBoundedAndStillAddUp) {
  Core core;
  for (int i = 0; i < 5000; ++i)
    core.run.count(TQP_COUNT_SKIPPED, "reason " + std::to_string(i), 1);
  const RunCounts counts = core.run.counts();
  EXPECT_LE(counts.skipped.size(), 65u);
  EXPECT_EQ(std::accumulate(counts.skipped.begin(), counts.skipped.end(), uint64_t{0},
                            [](uint64_t sum, const auto& reason) { return sum + reason.second; }),
            5000u);
}

TEST(RunProgress, IsToldAtMostFiveTimesASecondAndAlwaysKnown) {
  Core core;
  for (uint64_t done = 0; done < 100; ++done) {
    core.run.progress(done, 100, "reading");
    core.world.mono += 10;
  }
  EXPECT_THAT(core.listener.told, ElementsAre(0, 20, 40, 60, 80));
  EXPECT_EQ(core.run.counts().progress_done, 99u);
  EXPECT_EQ(core.run.counts().progress_text, "reading");
}

TEST(RunReject, CountsLogsAndKeepsADeadLetterWithoutSecrets) {
  Core core;
  core.log.redactor().add_value("s3cr3t-token");
  run_table()->reject(&core.ctx, borrow("report"), borrow("r1"), borrow("400: s3cr3t-token"));
  EXPECT_EQ(core.run.counts().counts.at("rejected"), 1u);
  ASSERT_THAT(core.log.lines, SizeIs(1));
  EXPECT_EQ(core.log.lines[0].event, Event::kRunReject);
  const std::vector<DeadLetter> letters = core.run.take_rejected();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].value, "r1");
  EXPECT_EQ(letters[0].reason, "400: ***");
  EXPECT_EQ(letters[0].at_ms, core.world.now_ms());
  EXPECT_THAT(core.run.take_rejected(), IsEmpty());
}

// Reasons, progress and dead letters are cut; half a secret must not be what is left.
TEST(RunService, CleansBeforeItCuts) {
  Core core;
  core.log.redactor().add_value("s3cr3t-token-of-26-letters");
  for (size_t fill = 1000; fill < 1024; ++fill)
    core.run.reject("report", "r1", std::string(fill, 'x') + "s3cr3t-token-of-26-letters");
  for (const DeadLetter& letter : core.run.take_rejected())
    EXPECT_THAT(letter.reason, Not(HasSubstr("s3cr")));
  core.run.progress(1, 2, std::string(1010, 'x') + "s3cr3t-token-of-26-letters");
  EXPECT_THAT(core.run.counts().progress_text, Not(HasSubstr("s3cr")));
  core.run.count(TQP_COUNT_SKIPPED, std::string(70, 'x') + "s3cr3t-token-of-26-letters", 1);
  core.run.count(TQP_COUNT_SKIPPED, "is s3cr3t-token-of-26-letters", 1);
  for (const auto& [reason, number] : core.run.counts().skipped)
    EXPECT_THAT(reason, Not(HasSubstr("s3cr")));
}

TEST(RunReject, KeepsNothingInARunThatRecordsNothing) {
  Core core(TQP_RUN_NO_RECORD);
  core.run.reject("report", "r1", "400");
  EXPECT_EQ(core.run.counts().counts.at("rejected"), 1u);
  EXPECT_THAT(core.run.take_rejected(), IsEmpty());
}

// A run whose state holds a letter of each of these reports.
void keep_letters(Core& core, const std::vector<std::string>& values) {
  for (const std::string& value : values)
    core.store.letters.push_back({"report", value, "400", 1000});
  ASSERT_TRUE(core.state.learn_letters());
}
using Items = std::set<LetterChanges::Item>;

TEST(RunAccept, ResolvesAnItemThatHasALetterAndNoOther) {
  Core core;
  keep_letters(core, {"r1", "r2"});
  const tqp_run* run = run_table();
  run->accept(&core.ctx, borrow("report"), borrow("r1"));
  run->accept(&core.ctx, borrow("report"), borrow("r1"));
  run->accept(&core.ctx, borrow("report"), borrow("never refused"));
  run->accept(&core.ctx, borrow("indicator"), borrow("r2"));
  EXPECT_THAT(core.run.take_accepted(), ElementsAre(LetterChanges::Item("report", "r1")));
  EXPECT_THAT(core.run.take_accepted(), IsEmpty());
  ASSERT_THAT(core.log.lines, SizeIs(1)) << "told once";
  EXPECT_EQ(core.log.lines[0].event, Event::kRunAccept);
}

TEST(RunAccept, OfAcceptAndRejectTheLaterWordCounts) {
  Core core;
  keep_letters(core, {"r1"});
  core.run.accept("report", "r1");
  core.run.reject("report", "r1", "400");
  core.run.reject("report", "new", "400");
  core.run.accept("report", "new");
  EXPECT_EQ(core.run.take_accepted(), Items({{"report", "new"}}));
  const auto rejected = core.run.take_rejected();
  ASSERT_THAT(rejected, SizeIs(1));
  EXPECT_EQ(rejected[0].value, "r1");
}

TEST(RunAccept, OfWhatThisRunRefusedTakesItFromTheRunsCount) {
  Core core;
  core.run.reject("report", "r1", "503");
  core.run.reject("report", "r1", "503");
  core.run.reject("report", "r2", "400");
  core.run.accept("report", "r1");
  EXPECT_EQ(core.run.counts().counts.at("rejected"), 1u);
  core.run.accept("report", "r2");
  EXPECT_EQ(core.run.counts().counts.count("rejected"), 0u) << "the run ends with exit status 0";
}

TEST(RunAccept, FindsALongItemThatWasCutWhenItWasRefused) {
  Core core;
  const std::string value(5000, 'v');
  core.run.reject("report", value, "400");
  core.run.accept("report", value);
  EXPECT_THAT(core.run.take_rejected(), IsEmpty());
}

TEST(RunAccept, DoesNothingInRunsThatRecordNothing) {
  for (const uint32_t flags :
       {uint32_t{TQP_RUN_DRY}, uint32_t{TQP_RUN_CHECK}, uint32_t{TQP_RUN_NO_RECORD}}) {
    Core core(flags);
    keep_letters(core, {"r1"});
    core.run.accept("report", "r1");
    EXPECT_THAT(core.run.take_accepted(), IsEmpty()) << flags;
  }
}

TEST(RunAccept, IsTakenFromThePluginsOwnThreadsAndBounded) {
  Core core;
  keep_letters(core, {"7"});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n)
        run_table()->accept(&core.ctx, borrow("report"), borrow(std::to_string(n)));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(core.run.take_accepted(), Items({{"report", "7"}}));
}

TEST(RunFlags, SayWhatIsLeftOut) {
  EXPECT_TRUE(Core(TQP_RUN_DRY).run.effects_skipped());
  EXPECT_TRUE(Core(TQP_RUN_CHECK).run.commits_skipped());
  EXPECT_FALSE(Core(TQP_RUN_NO_RECORD).run.effects_skipped());
  EXPECT_TRUE(Core(TQP_RUN_NO_RECORD).run.commits_skipped());
  EXPECT_FALSE(Core(TQP_RUN_FULL | TQP_RUN_ADOPT).run.commits_skipped());
}

TEST(RunTable, TellsWhatTheRunIs) {
  Core core(TQP_RUN_FULL);
  const tqp_run_info* info = run_table()->info(&core.ctx);
  EXPECT_EQ(info->size, sizeof *info);
  EXPECT_EQ(info->flags, uint32_t{TQP_RUN_FULL});
  EXPECT_EQ(info->historical_ms, INT64_MIN);
  EXPECT_EQ(view(info->instance), "cb-prod");
  EXPECT_EQ(view(info->run_id), "run-1");
  EXPECT_EQ(run_table()->now_ms(&core.ctx), core.world.now_ms());
  EXPECT_EQ(run_table()->mono_ms(&core.ctx), core.world.mono);
}

TEST(RunTable, WaitsEndAtOnceOnStop) {
  Core core;
  EXPECT_EQ(run_table()->cancelled(&core.ctx), 0);
  EXPECT_EQ(run_table()->sleep_ms(&core.ctx, 5), TQP_OK);
  core.cancel.cancel();
  EXPECT_EQ(run_table()->cancelled(&core.ctx), 1);
  EXPECT_EQ(run_table()->sleep_ms(&core.ctx, 5), TQP_CANCELLED);
}

TEST(RunTable, RandomFillsEveryByte) {
  Core core;
  std::string bytes(33, '\0');
  EXPECT_EQ(run_table()->random(&core.ctx, bytes.data(), bytes.size()), TQP_OK);
  EXPECT_EQ(bytes, std::string(33, 'r'));
}

TEST(RunTable, CountsFromThePluginsOwnThreads) {
  Core core;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) run_table()->count(&core.ctx, TQP_COUNT_SENT, borrow(""), 1);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(core.run.counts().counts.at("sent"), 4000u);
}

}  // namespace
}  // namespace tq
