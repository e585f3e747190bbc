// SPDX-License-Identifier: Apache-2.0
// Starts the worker from the shim. One thread.
#pragma once

#include <sys/types.h>

namespace tq {

struct StartedWorker {
  pid_t pid = 0;     // 0: it could not be started
  int process = -1;  // its pidfd
  int number = 0;    // errno of what failed
};

// In a process group of its own, with an empty environment, and told to stop when the shim ends.
// Everything that is not the worker's is closed in it.
StartedWorker start_worker(const char* instance);

}  // namespace tq
