// SPDX-License-Identifier: Apache-2.0
#include "shim/process_tree.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>

namespace tq {
namespace {

// As ::fork(), where other tests may have taken all process numbers for a moment.
pid_t fork_at_last() {
  for (int again = 0; again < 300; ++again) {
    const pid_t pid = ::fork();
    if (pid >= 0) return pid;
    ::usleep(100'000);
  }
  return -1;
}

// A child with a child of its own; both wait for a signal, the inner one with `mib` of shared
// memory. Where one of them could not begin, the pipe is closed and nobody is waited for.
class Family {
 public:
  explicit Family(size_t mib) {
    // As the shim is: whose parent was killed first comes up to here. Else it would be left,
    // stopped, with this test's output open.
    EXPECT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    child_ = fork_at_last();
    if (child_ == 0) {
      const pid_t inner = fork_at_last();
      if (inner == 0) {
        void* const memory = ::mmap(nullptr, (mib << 20) + 1, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        std::memset(memory, 'x', mib << 20);
        (void)!::write(ready[1], "r", 1);
      }
      ::close(ready[1]);
      while (true) ::pause();
    }
    ::close(ready[1]);
    char word = 0;
    EXPECT_EQ(::read(ready[0], &word, 1), 1) << "a process could not begin";
    ::close(ready[0]);
  }
  ~Family() {
    if (child_ < 0) return;  // kill(-1) would reach everybody
    const auto below = std::make_unique<ProcessTree>(::getpid());
    do {
      below->look();
      below->kill();
    } while (::waitpid(-1, nullptr, 0) > 0);
  }
  pid_t child() const { return child_; }

 private:
  pid_t child_ = -1;
};

TEST(ProcessTree, FindsChildrenAndTheirs) {
  const Family family(1);
  const auto below = std::make_unique<ProcessTree>(::getpid());
  below->look();
  EXPECT_EQ(below->size(), 2u);
  EXPECT_FALSE(below->blind());
  const auto inner = std::make_unique<ProcessTree>(family.child());
  inner->look();
  EXPECT_EQ(inner->size(), 1u);
}

TEST(ProcessTree, SharedMemoryIsHeld) {
  const Family small(1), large(64);
  const auto held = [](const Family& family) {
    const auto below = std::make_unique<ProcessTree>(family.child());
    below->look();
    return below->held_kib();
  };
  EXPECT_GE(held(large), held(small) + (60u << 10));
}

TEST(ProcessTree, StopsEachOnceAndKillsWhatIsStopped) {
  const Family family(1);
  const auto below = std::make_unique<ProcessTree>(::getpid());
  below->look();
  EXPECT_EQ(below->stop(), 2u);
  size_t running = 2;
  for (int again = 0; again < 3000 && running > 0; ++again) {  // they may take a moment
    ::usleep(10'000);
    below->look();
    running = below->stop();
  }
  EXPECT_EQ(running, 0u);
  siginfo_t stopped{}, ended{};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(family.child()), &stopped, WSTOPPED | WNOHANG), 0);
  EXPECT_EQ(stopped.si_code, CLD_STOPPED);
  below->kill();
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(family.child()), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(ended.si_status, SIGKILL);
}

TEST(ProcessTree, OneThatHasEndedHasNobodyBelow) {
  const pid_t child = fork_at_last();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  const auto below = std::make_unique<ProcessTree>(child);
  below->look();
  EXPECT_EQ(below->size(), 0u);
  EXPECT_EQ(below->held_kib(), 0u);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace tq
