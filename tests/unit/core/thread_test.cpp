// SPDX-License-Identifier: Apache-2.0
#include "core/thread.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <vector>

#include "core/sanitized.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

TEST(Thread, RunsAndIsJoined) {
  std::atomic<bool> ran{false};
  {
    auto thread = Thread::start([&] { ran = true; });
    ASSERT_TRUE(thread);
    EXPECT_TRUE(thread->running());
  }
  EXPECT_TRUE(ran);
}

TEST(Thread, WhatItThrowsEndsItAlone) {
  auto thread = Thread::start([] { throw std::runtime_error("no"); });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_FALSE(thread->running());
}

TEST(Thread, HasASmallStack) {
  size_t bytes = 0;
  auto thread = Thread::start([&] {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    void* stack = nullptr;
    pthread_attr_getstack(&attributes, &stack, &bytes);
    pthread_attr_destroy(&attributes);
  });
  ASSERT_TRUE(thread);
  thread->join();
  if (kSanitized) return;  // then it is the system's, for frames are many times larger
  EXPECT_EQ(bytes, kSmallStackBytes);
}

// In a process of its own, since the bound stays.
TEST(Thread, ThatCannotBeIsAnErrorValue) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer needs memory of its own";
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_DATA, &none);
    const auto thread = Thread::start([] {}, size_t{64} << 20);
    ::_exit(!thread && thread.error().status == Status::kTransient ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Contain, MakesAnErrorOfWhatIsThrown) {
  const auto thrown = contain("reading", []() -> Result<void> { throw std::runtime_error("no"); });
  EXPECT_EQ(thrown.error().status, Status::kBug);
  EXPECT_EQ(thrown.error().message, "reading failed: no");
  const auto memory = contain("reading", []() -> Result<void> { throw std::bad_alloc(); });
  EXPECT_EQ(memory.error().status, Status::kTransient);
  EXPECT_THAT(memory.error().message,
              HasSubstr("reading ran out of memory. Raise limits.memory_mb"));
  EXPECT_EQ(contain("reading", []() -> Result<void> { throw 7; }).error().status, Status::kBug);
  EXPECT_TRUE(contain("reading", []() -> Result<void> { return {}; }));
}

}  // namespace
}  // namespace tq
