// SPDX-License-Identifier: Apache-2.0
// ExitWatch: while one lives, code of the plugin may run, and the parent knows it: a plugin that
// ends the process by exit() or the like is named by it, and one that does so by _exit() can be
// told from a worker that ended by itself. One at a time; the reporter outlives it.
#pragma once

#include "worker/assignment.hpp"

namespace tq {

class ExitWatch {
 public:
  explicit ExitWatch(Reporter& reporter);
  ~ExitWatch();
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

 private:
  Reporter& reporter_;
};

}  // namespace tq
