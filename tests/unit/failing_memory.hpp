// SPDX-License-Identifier: Apache-2.0
// FailingMemory: memory that is missing at a chosen moment. While one lives, the `at`-th allocation
// by operator new on its thread, counted from 0, throws std::bad_alloc. Only in binaries that are
// made with failing_memory.cpp. One at a time on a thread.
#pragma once

#include <cstdint>

namespace tq {

class FailingMemory {
 public:
  explicit FailingMemory(int64_t at);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
};

}  // namespace tq
