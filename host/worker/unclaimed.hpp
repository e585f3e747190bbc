// SPDX-License-Identifier: Apache-2.0
// Unclaimed: takes the remains of children that nobody of this process waits for: what a shell had
// started before it became this process by exec, and, as process 1 of a container, whatever loses
// its parent. Signals nobody. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "core/file.hpp"

namespace tq {

class Unclaimed {
 public:
  static constexpr uint64_t kClaimMs = 5'000;  // whoever started it has waited for it by then

  // SIGCHLD is blocked in this thread and in those that it starts.
  Unclaimed();

  int fd() const { return signals_.get(); }  // readable when a child has ended or was stopped
  // Call it when a child has ended, and again after kClaimMs while some are left.
  void look(uint64_t mono_ms);
  bool left() const { return !ended_.empty(); }

 private:
  UniqueFd signals_;
  std::map<pid_t, uint64_t> ended_;  // when it was seen first
};

}  // namespace tq
