// SPDX-License-Identifier: Apache-2.0
#include "worker/confine.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/file.hpp"
#include "core/repeated_signal.hpp"
#include "core/sanitized.hpp"
#include "core/saturating.hpp"
#include "core/world.hpp"
#include "worker/assignment.hpp"

namespace tq {
namespace {

constexpr unsigned kLastGraceS = 60;    // then SIGALRM ends the process
constexpr unsigned kOrphanGraceS = 10;  // when the shim is gone, which would have ended it
constexpr uint64_t kLookForDebuggerMs = 50;

bool is_traced() {
  const auto status = read_file("/proc/self/status", 64 * 1024);
  if (!status) return false;
  const size_t at = status->find("TracerPid:\t");
  return at != std::string::npos && status->compare(at, 12, "TracerPid:\t0") != 0;
}

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGUSR2);  // ends the watching thread
  return set;
}

// Of the process that forks now; its child looks at it.
pid_t forking_pid = 0;

// The child of a fork, also one that the child forks itself: it has no supervisor, so it ends when
// its parent does.
void end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != forking_pid) ::_exit(1);
}

}  // namespace

Result<void> leave_no_core() {
  const rlimit no_core{0, 0};
  // A core_pattern that is a pipe ignores the limit. A leak check needs to look at its own process.
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0 || (!kSanitized && ::prctl(PR_SET_DUMPABLE, 0) != 0))
    return errno_error(Status::kTransient, "cannot confine", "the process", errno);
  return {};
}

void open_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::dup(fd);
  if (fd > STDERR_FILENO) ::close(fd);
}

Result<void> confine_process() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
    return errno_error(Status::kTransient, "cannot confine", "the worker process", errno);
  ::pthread_atfork([] { forking_pid = ::getpid(); }, nullptr, &end_with_parent);
  const sigset_t stop = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return {};
}

bool wait_for_debugger(int console_fd, const Cancel& cancel) {
  ::prctl(PR_SET_DUMPABLE, 1);
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  const std::string pid = std::to_string(::getpid());
  static_cast<void>(write_all(console_fd,
                              "worker " + pid + " waits for a debugger; type: gdb -p " + pid +
                                  ", set breakpoints, and: continue\n",
                              "the console"));
  while (!is_traced())
    if (cancel.wait_ms(kLookForDebuggerMs)) return false;
  return true;
}

void limit_process(const HostConfig& config, bool resident) {
  // Data rather than address space: reserved and never touched pages of thread arenas count there
  // and cost nothing.
  const rlim_t bytes = saturating_mul(rlim_t{config.memory_mb}, 1 << 20);
  const rlimit memory{bytes, bytes};
  if (!kSanitized) ::setrlimit(RLIMIT_DATA, &memory);
  const rlimit files{config.open_files, config.open_files};
  ::setrlimit(RLIMIT_NOFILE, &files);
  // A backstop behind the clock of the parent: no run can use more in its time.
  const auto processors = static_cast<rlim_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const rlim_t most_s =
      saturating_add(saturating_mul(rlim_t{config.run_minutes}, 60 * processors), kLastGraceS);
  const rlimit cpu{most_s, most_s};
  if (!resident) ::setrlimit(RLIMIT_CPU, &cpu);
}

SignalWatch::SignalWatch(Cancel& cancel) {
  auto thread = Thread::start([&cancel, shim = ::getppid()] {
    const sigset_t stop = stop_signals();
    int number = 0;
    RepeatedSignal asked;
    // Asked before this watch began: what comes next may be the echo of that.
    if (cancel.cancelled())
      for (const int before : {SIGTERM, SIGINT}) asked.counts(before, RealWorld().mono_ms());
    while (::sigwait(&stop, &number) == 0 && number != SIGUSR2) {
      // A service manager may signal the whole group, and then the parent does so too.
      if (!asked.counts(number, RealWorld().mono_ms())) continue;
      if (cancel.cancelled()) ::_exit(kStopNotHeard);
      static_cast<void>(contain("stopping", [&]() -> Result<void> {
        cancel.cancel();
        return {};
      }));
      // The parent's own grace period ends sooner; this one holds when the parent is gone.
      ::alarm(::getppid() == shim ? kLastGraceS : kOrphanGraceS);
    }
  });
  if (thread) {
    thread_ = thread.take();
    return;
  }
  const sigset_t stop = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
}

SignalWatch::~SignalWatch() {
  if (thread_.running()) ::pthread_kill(thread_.handle(), SIGUSR2);
  thread_.join();
}

}  // namespace tq
