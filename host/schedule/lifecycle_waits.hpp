// SPDX-License-Identifier: Apache-2.0
// Parts of a step of the lifecycle that decide nothing about the next: how long an instance waits
// after a failure, which deaths count, what is wanted, how it stood before a dry run, the terms of
// its verification. Functions on values; any thread.
#pragma once

#include <cstdint>

#include "schedule/lifecycle.hpp"

namespace tq {

// When one that needs a person is looked at again, who may have mended it.
Due look_again(const Lifecycle& life, const Plan& plan, Moment now);

// How long it waits after one more failure, which is counted: with full jitter, somewhere between
// at once and a bound that doubles with each failure. However long the remote asks to wait, the
// host looks again when the longest back-off is over.
uint64_t next_backoff_ms(Lifecycle& life, const Plan& plan, Moment now, uint64_t dice,
                         uint64_t retry_after_ms);

// Deaths out of the window are forgotten, and this one is added. One that was asked to end and had
// to be killed is remembered by its record, and not held against the instance.
void note_death(Lifecycle& life, const Plan& plan, Moment now, bool asked);

// A person's word, or the end of a pause. `pause_ms`: how long a pause is to be; 0: until start.
void want(Lifecycle& life, Wanted wanted, Moment now, uint64_t pause_ms = 0);

// What a dry run that begins now is to leave as it is; after a run that has just ended, as it
// settles.
BeforeDryRun before_dry_run(const Lifecycle& life);

// After a dry run. False: something was said meanwhile, so what comes next has to be found anew.
bool stand_as_before(Lifecycle& life, const Plan& plan, Moment now);

VerifyTerms verify_terms(const Lifecycle& life, const Plan& plan, bool may_begin);

}  // namespace tq
