// SPDX-License-Identifier: Apache-2.0
// The mark in a state that says: what stands at the remote may differ from this, look before you
// believe it. Set before a run that records nothing sends anything, by `state import`, and by a
// state.db that was put back or is of an older tqhost; while it stands, runs get TQP_RUN_RELEARN.
// Taken back when a job that records has returned OK, or with a listener's first commit
// (StateService). Functions without state; home thread.
#pragma once

#include <string>

#include "core/result.hpp"
#include "services/run_service.hpp"
#include "store/store.hpp"
#include "worker/assignment.hpp"

namespace tq {

// The flags of a run: the assignment's, and TQP_RUN_RELEARN while the mark stands. A question is
// told nothing: it does not look.
uint32_t run_flags(const Assignment& assignment, const Store& store);

// For people: why runs look; empty without a mark.
std::string relearn_reason(Relearn why);

// Before the facet is called: a run that records nothing sets the mark, durably. `marked`: it was
// not set before.
Result<void> mark_before_run(const RunService& run, Store& store, bool* marked);

// After the facet call. `marked`: by mark_before_run; without an effect there was no need for it.
Result<void> settle_after_run(const Assignment& assignment, const RunService& run, bool marked,
                              bool succeeded, Store& store);

}  // namespace tq
