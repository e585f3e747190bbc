// SPDX-License-Identifier: Apache-2.0
#include "worker/unclaimed.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "shim/proc_text.hpp"

namespace tq {
namespace {

constexpr size_t kChildrenBytesMost = 1 << 20;

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace

Unclaimed::Unclaimed() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &children, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
}

void Unclaimed::look(uint64_t mono_ms) {
  signalfd_siginfo info{};
  bool told = false;
  while (::read(signals_.get(), &info, sizeof info) > 0) told = true;
  if (!told && ended_.empty()) return;
  // Of the first thread: what is inherited becomes a child of it.
  const std::string self = std::to_string(::getpid());
  const auto text = read_file("/proc/self/task/" + self + "/children", kChildrenBytesMost);
  if (!text) return;
  std::map<pid_t, uint64_t> ended;
  std::string_view list = *text;
  for (pid_t pid = next_pid(&list); pid != 0; pid = next_pid(&list)) {
    if (!has_ended(pid)) continue;
    const auto known = ended_.find(pid);
    const uint64_t since_ms = known == ended_.end() ? mono_ms : known->second;
    if (mono_ms - since_ms >= kClaimMs) {
      ::waitpid(pid, nullptr, WNOHANG);
    } else {
      ended[pid] = since_ms;
    }
  }
  ended_ = std::move(ended);
}

}  // namespace tq
