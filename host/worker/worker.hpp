// SPDX-License-Identifier: Apache-2.0
// The worker process: reads its assignment, builds the services of one instance, loads the plugin,
// calls one facet, leaves a run record, and ends. Everything that a plugin can break, it breaks
// here.
#pragma once

namespace tq {

// The exit status of the process. The assignment is read from kAssignmentFd, reports go to
// kReportFd.
int worker_main();

}  // namespace tq
