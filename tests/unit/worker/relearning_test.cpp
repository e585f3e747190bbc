// SPDX-License-Identifier: Apache-2.0
#include "worker/relearning.hpp"

#include "unit/services/core_fixture.hpp"

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Assignment assignment_of(Purpose purpose, uint32_t flags = 0, bool listen = false) {
  Assignment out;
  out.purpose = purpose;
  out.flags = flags;
  out.listen = listen;
  return out;
}

// The mark after a run with these flags, from one that was there before.
struct Ended {
  Relearn mark = Relearn::kNo;
  Relearn while_running = Relearn::kNo;  // durable before the plugin was called
  int commits = 0;
};
Ended after(Relearn before, Purpose purpose, uint32_t flags, bool sends, bool succeeds,
            bool listen = false) {
  Core core(flags, listen);
  core.store.relearn_open = core.store.relearn_durable = before;
  const Assignment assignment = assignment_of(purpose, flags, listen);
  Ended out;
  bool marked = false;
  EXPECT_TRUE(mark_before_run(core.run, core.store, &marked));
  out.while_running = core.store.relearn_durable;
  if (sends) core.run.note_effect();
  EXPECT_TRUE(settle_after_run(assignment, core.run, marked, succeeds, core.store));
  EXPECT_EQ(core.store.relearn_open, core.store.relearn_durable);
  out.mark = core.store.relearn_durable;
  out.commits = core.store.commits;
  return out;
}

TEST(Relearning, ARunThatRecordsNothingIsMarkedBeforeItSendsAnything) {
  for (const bool succeeds : {true, false}) {
    const Ended ended = after(Relearn::kNo, Purpose::kRun, TQP_RUN_NO_RECORD, true, succeeds);
    EXPECT_EQ(ended.while_running, Relearn::kUnrecorded);
    EXPECT_EQ(ended.mark, Relearn::kUnrecorded) << "whatever came of it";
  }
}

TEST(Relearning, ARunThatRecordsNothingAndSentNothingLeavesNothing) {
  EXPECT_EQ(after(Relearn::kNo, Purpose::kRun, TQP_RUN_NO_RECORD, false, true).mark, Relearn::kNo);
  EXPECT_EQ(after(Relearn::kImported, Purpose::kRun, TQP_RUN_NO_RECORD, false, true).mark,
            Relearn::kImported)
      << "nor does it take a mark away";
  EXPECT_EQ(
      after(Relearn::kNo, Purpose::kRun, TQP_RUN_NO_RECORD | TQP_RUN_DRY, false, true).commits, 0);
}

TEST(Relearning, EndsWithAJobThatRecordsAndSucceedsAndWithNothingElse) {
  const auto mark = Relearn::kRestored;
  EXPECT_EQ(after(mark, Purpose::kRun, 0, true, true).mark, Relearn::kNo);
  EXPECT_EQ(after(mark, Purpose::kRun, TQP_RUN_FULL, false, true).mark, Relearn::kNo);
  EXPECT_EQ(after(mark, Purpose::kRun, 0, true, false).mark, mark) << "it failed";
  EXPECT_EQ(after(mark, Purpose::kRun, TQP_RUN_DRY, false, true).mark, mark);
  EXPECT_EQ(after(mark, Purpose::kRun, TQP_RUN_NO_RECORD, true, true).mark, mark);
  EXPECT_EQ(after(mark, Purpose::kCheck, TQP_RUN_CHECK, false, true).mark, mark);
  EXPECT_EQ(after(mark, Purpose::kPurge, 0, true, true).mark, mark);
  EXPECT_EQ(after(mark, Purpose::kRun, 0, true, true, /*listen=*/true).mark, mark)
      << "a listener's ends with its first commit";
}

TEST(Relearning, AnOrdinaryRunCommitsNothingForIt) {
  EXPECT_EQ(after(Relearn::kNo, Purpose::kRun, 0, true, true).commits, 0);
}

TEST(Relearning, WhileTheMarkStandsAllButAQuestionAreToldToLook) {
  MapStore store;
  EXPECT_EQ(run_flags(assignment_of(Purpose::kRun, TQP_RUN_FULL), store), uint32_t{TQP_RUN_FULL});
  store.relearn_open = Relearn::kUnrecorded;
  EXPECT_EQ(run_flags(assignment_of(Purpose::kRun, TQP_RUN_FULL), store),
            uint32_t{TQP_RUN_FULL | TQP_RUN_RELEARN});
  EXPECT_EQ(run_flags(assignment_of(Purpose::kRun, TQP_RUN_DRY), store),
            uint32_t{TQP_RUN_DRY | TQP_RUN_RELEARN});
  EXPECT_EQ(run_flags(assignment_of(Purpose::kPurge), store), uint32_t{TQP_RUN_RELEARN});
  EXPECT_EQ(run_flags(assignment_of(Purpose::kExplain, TQP_RUN_CHECK), store),
            uint32_t{TQP_RUN_CHECK});
}

TEST(Relearning, SaysWhy) {
  EXPECT_THAT(relearn_reason(Relearn::kNo), IsEmpty());
  EXPECT_THAT(relearn_reason(Relearn::kUnrecorded),
              HasSubstr("the last run with --no-differential recorded nothing"));
  EXPECT_THAT(relearn_reason(Relearn::kImported), HasSubstr("was imported"));
  EXPECT_THAT(relearn_reason(Relearn::kRestored), HasSubstr("a copy that was put back"));
  EXPECT_THAT(relearn_reason(Relearn::kOlder),
              HasSubstr("of an older tqhost, which did not note runs that recorded nothing"));
}

}  // namespace
}  // namespace tq
