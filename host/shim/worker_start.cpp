// SPDX-License-Identifier: Apache-2.0
#include "shim/worker_start.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "shim/words.hpp"

namespace tq {
namespace {

// What comes back is why it failed.
int become_worker(const char* instance, pid_t shim) {
  sigset_t none;
  ::sigemptyset(&none);
  if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return errno;
  // The shim may have ended before the request above: then its signal never comes.
  if (::getppid() != shim) return ESRCH;
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return errno;
  const char* const argv[] = {"tqhost", "worker", instance, nullptr};
  const char* const environment[] = {nullptr};
  // By the descriptor, because the file may have been replaced.
  ::syscall(SYS_execveat, kShimProgramFd, "", argv, environment, AT_EMPTY_PATH);
  return errno;
}

}  // namespace

StartedWorker start_worker(const char* instance) {
  StartedWorker out;
  int failure[2];
  if (::pipe2(failure, O_CLOEXEC) != 0) return {0, -1, errno};
  ::fcntl(kShimLinkFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(kShimProgramFd, F_SETFD, FD_CLOEXEC);
  const pid_t shim = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int number = become_worker(instance, shim);
    (void)!::write(failure[1], &number, sizeof number);
    ::_exit(127);
  }
  if (pid < 0) out.number = errno;
  ::close(failure[1]);
  // Nothing comes when the worker has begun.
  if (pid > 0 && ::read(failure[0], &out.number, sizeof out.number) > 0) ::waitpid(pid, nullptr, 0);
  ::close(failure[0]);
  if (out.number != 0) return out;
  out.process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  out.pid = pid;
  return out;
}

}  // namespace tq
