// SPDX-License-Identifier: Apache-2.0
// CrashWorld: the real world that ends the process with SIGKILL at the n-th point it reaches: right
// before or right after an effect. Only in builds with TQ_CRASH_POINTS (docs/testing.md). Any
// thread.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "core/world.hpp"

namespace tq {

class CrashWorld : public RealWorld {
 public:
  explicit CrashWorld(uint64_t at) : at_(at) {}

  void reach(std::string_view) override {
    if (++reached_ == at_) ::kill(::getpid(), SIGKILL);
  }

 private:
  const uint64_t at_;
  std::atomic<uint64_t> reached_{0};
};

}  // namespace tq
