// SPDX-License-Identifier: Apache-2.0
#include "core/thread.hpp"

#include <limits.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "core/sanitized.hpp"
#include "core/thread_name.hpp"

namespace tq {
namespace {

void* run(void* argument) {
  ::pthread_setname_np(::pthread_self(), kThreadName);
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  static_cast<void>(contain("a thread", [&]() -> Result<void> {
    (*body)();
    return {};
  }));
  return nullptr;
}

class Attributes {
 public:
  Attributes() { ::pthread_attr_init(&value_); }
  ~Attributes() { ::pthread_attr_destroy(&value_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  pthread_attr_t* get() { return &value_; }

 private:
  pthread_attr_t value_;
};

}  // namespace

Result<Thread> Thread::start(std::function<void()> body, size_t stack_bytes) {
  try {
    Attributes attributes;
    const auto least = static_cast<size_t>(PTHREAD_STACK_MIN);
    if (!kSanitized) ::pthread_attr_setstacksize(attributes.get(), std::max(stack_bytes, least));
    auto owned = std::make_unique<std::function<void()>>(std::move(body));
    Thread made;
    const int error = ::pthread_create(&made.thread_, attributes.get(), &run, owned.get());
    if (error != 0)
      return Error{Status::kTransient,
                   "cannot start a thread: " + std::generic_category().message(error) +
                       ". Raise limits.memory_mb or the number of processes of the user"};
    static_cast<void>(owned.release());  // run() has it
    made.running_ = true;
    return Result<Thread>(std::move(made));
  } catch (...) {
    return caught_error("starting a thread");
  }
}

Thread::Thread(Thread&& other) noexcept
    : thread_(other.thread_), running_(std::exchange(other.running_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this == &other) return *this;
  join();
  thread_ = other.thread_;
  running_ = std::exchange(other.running_, false);
  return *this;
}

void Thread::join() {
  if (std::exchange(running_, false)) ::pthread_join(thread_, nullptr);
}

Error caught_error(const char* doing) noexcept {
  try {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      return Error{Status::kTransient,
                   std::string(doing) + " ran out of memory. Raise limits.memory_mb"};
    } catch (const std::exception& thrown) {
      return Error{Status::kBug, std::string(doing) + " failed: " + thrown.what()};
    } catch (...) {
      return Error{Status::kBug, std::string(doing) + " failed with an exception of no known type"};
    }
  } catch (...) {
    return Error{Status::kTransient, "out of memory"};  // so short that it takes no memory
  }
}

}  // namespace tq
