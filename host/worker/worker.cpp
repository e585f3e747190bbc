// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <iostream>

#include "core/thread.hpp"
#include "services/call_board.hpp"
#include "worker/assignment.hpp"
#include "worker/confine.hpp"
#include "worker/crash_world.hpp"
#include "worker/shift.hpp"

namespace tq {
namespace {

Result<Assignment> take_assignment() {
  UniqueFd fd(kAssignmentFd);
  TQ_ASSIGN(Assignment assignment, read_assignment(fd.get()));
  TQ_TRY(confine_process());
  for (const int mine : {kReportFd, kOutputFd, kConsoleFd, kBoardFd})
    ::fcntl(mine, F_SETFD, FD_CLOEXEC);
  return assignment;
}

// Nothing that is thrown ends the process: what it was is the last word of the worker.
Ending work(const Assignment& assignment, World& world, const Cancel& cancel, Reporter& reporter) {
  Ending ending;
  const auto done = contain("the worker", [&]() -> Result<void> {
    ending = work_shift(assignment, world, cancel, reporter);
    return {};
  });
  if (done) return ending;
  const Error& error = done.error();
  return {Exit::kFailed, std::string(state_of(error.status)), error.message, error.status};
}

}  // namespace

int worker_main() {
  auto assignment = take_assignment();
  if (!assignment) {
    const Error& error = assignment.error();
    const int status = static_cast<int>(exit_of(error.status, true, false));
    // Who started it by hand has no pipe to hear it by.
    if (::fcntl(kReportFd, F_GETFD) >= 0)
      Reporter(kReportFd).end(status, state_of(error.status), error.message, error.status, 0);
    else
      std::cerr << "tqhost worker: " << error.message
                << "; workers are started by `tqhost run-once` and `tqhost check`\n";
    return status;
  }
  const auto world = make_world(assignment->crash_at);
  Reporter reporter(kReportFd);
  Cancel cancel;
  const SignalWatch signals(cancel);
  const CallBoard board(kBoardFd);
  if (assignment->debugger && !wait_for_debugger(kConsoleFd, cancel)) {
    reporter.end(static_cast<int>(Exit::kDone), "cancelled",
                 "stopped as asked before a debugger came; nothing was done", Status::kCancelled,
                 0);
    return static_cast<int>(Exit::kDone);
  }
  const Ending ending = work(*assignment, *world, cancel, reporter);
  reporter.end(static_cast<int>(ending.exit), ending.state, ending.note, ending.status,
               ending.retry_after_ms);
  return static_cast<int>(ending.exit);
}

}  // namespace tq
