// SPDX-License-Identifier: Apache-2.0
// One shift of a worker: from the assignment to the last word about it. Each step that fails ends
// the shift with what a person is to do. Home thread.
#pragma once

#include <string>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/world.hpp"
#include "worker/assignment.hpp"
#include "worker/outcome.hpp"

namespace tq {

struct Ending {
  Exit exit = Exit::kDone;
  std::string state;  // as in the run record
  std::string note;   // for people: what was done, or what failed
  Status status = Status::kOk;
  uint64_t retry_after_ms = 0;  // what the remote asked for
};

Ending work_shift(const Assignment& assignment, World& world, const Cancel& cancel,
                  Reporter& reporter);

}  // namespace tq
