// SPDX-License-Identifier: Apache-2.0
// ShimProgram: starts shims (shim/shim.hpp), each with the descriptors of one worker. All of one
// process share the program's pages. Any thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/file.hpp"
#include "core/result.hpp"

namespace tq {

// What a worker and its shim are started with; the owner closes them afterwards. REQUIRES: each is
// above kShimLastFd.
struct WorkerDescriptors {
  int assignment = -1, report = -1, board = -1, console = -1, link = -1;
  int output_read = -1, output_write = -1;
};

class ShimProgram {
 public:
  // In memory, because nothing is installed beside tqhost. Where that cannot be had or run,
  // tqhost itself is started as the shim, which takes more memory and time.
  ShimProgram();

  // The number of the shim's process.
  Result<pid_t> start(const std::string& instance, const WorkerDescriptors& descriptors) const;

 private:
  UniqueFd image_;
};

// dup2 onto itself would keep close-on-exec, so what is handed over is another number.
Result<UniqueFd> above_reserved(UniqueFd fd);

}  // namespace tq
