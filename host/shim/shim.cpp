// SPDX-License-Identifier: Apache-2.0
#include "shim/shim.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string_view>

#include "shim/process_tree.hpp"
#include "shim/words.hpp"
#include "shim/worker_start.hpp"

namespace tq {
namespace {

constexpr uint64_t kNever = UINT64_MAX;
constexpr uint64_t kFirstLookMs = 1'000;  // the longest time to the first look, and near the bound
constexpr int kStopRounds = 50;     // of stopping before killing: some start others in the meantime
constexpr uint64_t kQuickMs = 500;  // so long it sweeps without a pause: chains that respawn
constexpr uint64_t kUnendedMs = 30'000;  // what has not ended by then hangs in the kernel

uint64_t mono_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

class Shim {
 public:
  Shim(const ShimOrder& order, int signals) : order_(order), signals_(signals), tree_(::getpid()) {
    look_at_ms_ = watches() ? mono_ms() + next_look_ms() : kNever;
  }

  bool start(const char* instance) {
    const StartedWorker worker = start_worker(instance);
    ShimReport report;
    report.word = worker.pid > 0 ? ShimWord::kStarted : ShimWord::kNotStarted;
    report.pid = worker_ = worker.pid;
    report.status = worker.number;
    tell(report, worker.process);
    if (worker.process >= 0) ::close(worker.process);
    return worker_ > 0;
  }

  void run() {
    while (!gone_ && !killing_) {
      pollfd fds[2] = {{signals_, POLLIN, 0}, {parent_gone_ ? -1 : kShimLinkFd, POLLIN, 0}};
      ::poll(fds, 2, wait_ms());
      reap();
      if (fds[1].revents != 0) hear();
      const uint64_t now_ms = mono_ms();
      if (now_ms >= kill_at_ms_) killing_ = true;
      if (!killing_ && now_ms >= look_at_ms_) look(now_ms);
    }
    sweep();
    last_.word = ShimWord::kEnded;
    last_.pid = worker_;
    tell(last_, -1);
  }

 private:
  bool watches() const { return order_.memory_kib != 0 || order_.processes != 0; }

  uint64_t next_look_ms() const {
    const bool near = last_used_kib_ > order_.memory_kib / 2 || !looked_;
    return near ? std::min<uint64_t>(order_.look_ms, kFirstLookMs) : order_.look_ms;
  }

  int wait_ms() const {
    const uint64_t until_ms = std::min(kill_at_ms_, look_at_ms_);
    if (until_ms == kNever) return -1;
    const uint64_t now_ms = mono_ms();
    return until_ms <= now_ms ? 0
                              : static_cast<int>(std::min<uint64_t>(until_ms - now_ms, 3'600'000));
  }

  // A parent that is gone hears nothing.
  void tell(const ShimReport& report, int descriptor) {
    iovec data{const_cast<ShimReport*>(&report), sizeof report};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* const header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof descriptor);
      std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    (void)::sendmsg(kShimLinkFd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void hear() {
    ShimCommand command{};
    const ssize_t got = ::recv(kShimLinkFd, &command, sizeof command, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      parent_gone_ = true;
      stop();
      kill_at_ms_ = mono_ms() + order_.grace_ms;
    } else if (command == ShimCommand::kStop) {
      stop();
    } else if (command == ShimCommand::kKill) {
      killing_ = true;
    }
  }

  // It keeps its number until reap(). One that was stopped would not hear it.
  void stop() {
    if (gone_) return;
    ::kill(worker_, SIGTERM);
    ::kill(worker_, SIGCONT);
  }

  // How many have ended, the worker not counted; -1: there are no children any more.
  int reap() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) > 0) continue;
    int count = 0;
    while (true) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid < 0) return count > 0 ? count : -1;
      if (pid == 0) return count;
      if (pid == worker_ && !gone_) {
        gone_ = true;
        last_.status = status;
      } else {
        ++count;
      }
    }
  }

  void look(uint64_t now_ms) {
    tree_.look();
    last_used_kib_ = tree_.held_kib();
    looked_ = true;
    look_at_ms_ = now_ms + next_look_ms();
    if (order_.processes != 0 && tree_.size() > order_.processes) {
      end_for(ShimCause::kProcesses);
    } else if (order_.memory_kib != 0 && last_used_kib_ > order_.memory_kib) {
      end_for(ShimCause::kMemory);
    } else if (tree_.blind() && !told_blind_) {
      told_blind_ = true;
      ShimReport report;
      report.word = ShimWord::kBlind;
      tell(report, -1);
    }
  }

  void end_for(ShimCause cause) {
    last_.cause = cause;
    last_.used_kib = last_used_kib_;
    last_.processes = static_cast<uint32_t>(tree_.size());
    killing_ = true;
  }

  // First all are stopped, so that none starts another in the place of one that was killed; then
  // they are killed. What a killed one had started comes up to this process, and is next.
  void sweep() {
    if (!gone_) ::kill(worker_, SIGKILL);
    for (int round = 0; round < kStopRounds; ++round) {
      count_ended();
      tree_.look();
      if (tree_.stop() == 0) break;
    }
    const uint64_t begin_ms = mono_ms();
    while (!none_left_) {
      tree_.look();
      tree_.kill();
      count_ended();
      const uint64_t took_ms = mono_ms() - begin_ms;
      if (took_ms > kUnendedMs) break;
      pollfd signals{signals_, POLLIN, 0};
      if (!none_left_ && took_ms > kQuickMs) ::poll(&signals, 1, 20);
    }
    if (none_left_) return;
    last_.unended = static_cast<uint32_t>(tree_.size());
    if (!gone_) last_.status = SIGKILL;  // as wait(2) would say
  }

  void count_ended() {
    const int count = reap();
    none_left_ = count < 0;
    if (count > 0) last_.left_behind += static_cast<uint32_t>(count);
  }

  const ShimOrder order_;
  const int signals_;
  ProcessTree tree_;
  pid_t worker_ = 0;
  bool gone_ = false;  // the worker has ended and was waited for
  bool killing_ = false, none_left_ = false;
  bool parent_gone_ = false, told_blind_ = false, looked_ = false;
  uint64_t last_used_kib_ = 0;
  uint64_t look_at_ms_ = kNever, kill_at_ms_ = kNever;
  ShimReport last_;
};

// Nothing of the worker's stays here: its pipes are to end with it.
void let_go() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < kShimLinkFd; ++fd) {
    if (fd <= STDERR_FILENO && nothing >= 0) {
      ::dup2(nothing, fd);
    } else if (fd != nothing) {
      ::close(fd);
    }
  }
  if (nothing > STDERR_FILENO) ::close(nothing);
  ::close(kShimProgramFd);
}

}  // namespace

int shim_main(const char* instance) {
  ::syscall(SYS_close_range, kShimLastFd + 1, ~0U, 0);
  ShimOrder order;
  if (::recv(kShimLinkFd, &order, sizeof order, MSG_DONTWAIT) != sizeof order) {
    constexpr std::string_view kWrong =
        "tqhost shim: stands between tqhost and a worker, and is started by tqhost only\n";
    (void)!::write(STDERR_FILENO, kWrong.data(), kWrong.size());
    return 2;
  }
  sigset_t all, children;
  ::sigfillset(&all);
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::prctl(PR_SET_NAME, "tqhost-shim");
  // What the plugin's user may do to a process, it may not do to the memory of this one.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return 1;
  const int signals = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return 1;
  // Too large for a stack that is to stay small.
  alignas(Shim) static char place[sizeof(Shim)];
  Shim& shim = *new (place) Shim(order, signals);
  if (!shim.start(instance)) return 1;
  let_go();
  shim.run();
  return 0;
}

}  // namespace tq
