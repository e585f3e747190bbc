// SPDX-License-Identifier: Apache-2.0
// Thread: every thread of the host is made here: with a small stack, since stacks count in
// limits.memory_mb, and with an error value when there can be no more. contain(): nothing that is
// thrown leaves a thread, which would end the process. A Thread belongs to who started it and is
// joined at its end; one thread at a time.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <utility>

#include "core/result.hpp"

namespace tq {

// Enough for all that the host does on a thread: requests over TLS, parsing, logging. At most 32
// KiB of it were seen in use, without optimisation, over whole exports and failing ones.
constexpr size_t kSmallStackBytes = 256 << 10;
// For what runs code that is not the host's, as the name services of the system.
constexpr size_t kLargeStackBytes = 1 << 20;

class Thread {
 public:
  // E_TRANSIENT: there can be no more threads now. What `body` throws ends the thread and nothing
  // else; a body that others wait for uses contain().
  static Result<Thread> start(std::function<void()> body, size_t stack_bytes = kSmallStackBytes);

  Thread() = default;
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread() { join(); }

  bool running() const { return running_; }  // it was started and is not joined yet
  void join();
  void detach() { running_ = running_ && ::pthread_detach(thread_) != 0; }
  // REQUIRES: running()
  pthread_t handle() const { return thread_; }

 private:
  pthread_t thread_{};
  bool running_ = false;
};

// In a catch block: what is being caught, as an error that says what was being done ("reading
// ThreatQ"). E_TRANSIENT when memory is missing, else E_BUG. Does not throw itself, and so says
// less when there is no memory left for words.
Error caught_error(const char* doing) noexcept;

// What `body` answers, a Result<void>, or what it throws as an error.
template <typename Body>
Result<void> contain(const char* doing, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return caught_error(doing);
  }
}

}  // namespace tq
