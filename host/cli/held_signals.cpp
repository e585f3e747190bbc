// SPDX-License-Identifier: Apache-2.0
#include "cli/held_signals.hpp"

namespace tq {

HeldSignals::HeldSignals(std::initializer_list<int> numbers) {
  ::sigemptyset(&held_);
  for (const int number : numbers) ::sigaddset(&held_, number);
  ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

HeldSignals::~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace tq
