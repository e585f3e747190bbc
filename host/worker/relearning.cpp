// SPDX-License-Identifier: Apache-2.0
#include "worker/relearning.hpp"

namespace tq {
namespace {

Result<void> set_mark(Relearn why, Store& store) {
  auto done = store.set_relearn(why);
  if (done) done = store.commit();
  if (!done) store.rollback();
  return done;
}

}  // namespace

uint32_t run_flags(const Assignment& assignment, const Store& store) {
  const bool told = assignment.purpose != Purpose::kExplain && store.relearn() != Relearn::kNo;
  return assignment.flags | (told ? uint32_t{TQP_RUN_RELEARN} : 0);
}

std::string relearn_reason(Relearn why) {
  const std::string what =
      "so what stands at the remote is looked at before the state is believed, until a run that "
      "records has ended well";
  switch (why) {
    case Relearn::kNo:
      return {};
    case Relearn::kUnrecorded:
      return "the last run with --no-differential recorded nothing, " + what;
    case Relearn::kImported:
      return "the state was imported, " + what;
    case Relearn::kRestored:
      return "the state is a copy that was put back, or its lineage.json was removed, " + what;
    case Relearn::kOlder:
      return "the state is of an older tqhost, which did not note runs that recorded nothing, " +
             what;
  }
  return {};
}

Result<void> mark_before_run(const RunService& run, Store& store, bool* marked) {
  const bool unrecorded = run.commits_skipped() && !run.effects_skipped();
  *marked = unrecorded && store.relearn() == Relearn::kNo;
  return *marked ? set_mark(Relearn::kUnrecorded, store) : Result<void>();
}

Result<void> settle_after_run(const Assignment& assignment, const RunService& run, bool marked,
                              bool succeeded, Store& store) {
  const bool job = assignment.purpose == Purpose::kRun && !assignment.listen;
  const bool learnt = job && succeeded && !run.commits_skipped();
  const bool needless = marked && !run.sent_effects();
  if ((!learnt && !needless) || store.relearn() == Relearn::kNo) return {};
  return set_mark(Relearn::kNo, store);
}

}  // namespace tq
