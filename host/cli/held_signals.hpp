// SPDX-License-Identifier: Apache-2.0
// HeldSignals: while one lives, the signals that end a program wait for whoever looks for them: a
// prompt, or a SignalWatch, which is itself ended by SIGUSR2. Threads that are started meanwhile
// hold them, too. One thread.
#pragma once

#include <signal.h>

#include <initializer_list>

namespace tq {

class HeldSignals {
 public:
  explicit HeldSignals(std::initializer_list<int> numbers = {SIGINT, SIGTERM, SIGUSR2});
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const sigset_t& set() const { return held_; }

 private:
  sigset_t held_, before_;
};

}  // namespace tq
