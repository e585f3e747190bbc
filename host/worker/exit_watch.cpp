// SPDX-License-Identifier: Apache-2.0
#include "worker/exit_watch.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>

#include "core/thread.hpp"

namespace tq {
namespace {

// What the C library calls at the end is given nothing of ours, so it stands here.
std::atomic<Reporter*> watching{nullptr};
std::atomic<pid_t> watched_pid{0};  // a child that the plugin forked ends without a word

void tell(const char* function) {
  Reporter* const reporter = watching.load();
  if (reporter == nullptr || watched_pid.load() != ::getpid()) return;
  static_cast<void>(contain("telling of an exit", [&]() -> Result<void> {
    reporter->exit_called(function);
    return {};
  }));
}

void on_exit_call(int, void*) { tell("exit"); }
void on_quick_exit_call() { tell("quick_exit"); }

}  // namespace

ExitWatch::ExitWatch(Reporter& reporter) : reporter_(reporter) {
  [[maybe_unused]] static const int for_exit = ::on_exit(&on_exit_call, nullptr);
  [[maybe_unused]] static const int for_quick_exit = ::at_quick_exit(&on_quick_exit_call);
  watched_pid = ::getpid();
  watching = &reporter;
  reporter_.plugin_runs(true);
}

ExitWatch::~ExitWatch() {
  reporter_.plugin_runs(false);
  watching = nullptr;
}

}  // namespace tq
