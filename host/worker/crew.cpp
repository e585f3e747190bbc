// SPDX-License-Identifier: Apache-2.0
#include "worker/crew.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>

#include "core/record_json.hpp"
#include "core/saturating.hpp"
#include "core/world.hpp"

namespace tq {
namespace {

constexpr uint64_t kGraceMs = 30'000;  // from SIGTERM to SIGKILL

}  // namespace

struct Crew::Worker {
  WorkerProcess process;
  std::string instance;
  uint64_t stop_at_ms = 0;
  uint64_t kill_at_ms = 0;  // 0: not asked to stop yet
};

Crew::Crew(uint64_t run_minutes, CrewWatcher& watcher)
    : run_ms_(minutes_to_ms(run_minutes)), watcher_(watcher) {
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  ::sigaddset(&stop, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
}

Crew::~Crew() = default;

Result<void> Crew::start(const Assignment& assignment) {
  TQ_ASSIGN(WorkerProcess process, WorkerProcess::start(assignment, shim_));
  const uint64_t stop_at_ms =
      assignment.debugger ? UINT64_MAX : saturating_add(RealWorld().mono_ms(), run_ms_);
  workers_.push_back({std::move(process), assignment.instance, stop_at_ms});
  return {};
}

void Crew::hear(const Worker& worker, const Json& line) {
  if (const auto progress = line.find("progress"); progress != line.end() && progress->is_object())
    watcher_.progress(worker.instance, number_at<uint64_t>(*progress, "done"),
                      number_at<uint64_t>(*progress, "total"), text_at(*progress, "text"));
  if (line.contains("effect")) watcher_.effect(worker.instance, text_at(line, "effect"));
  if (line.contains("warning")) watcher_.warning(worker.instance, text_at(line, "warning"));
  if (line.contains("answer")) watcher_.answer(worker.instance, text_at(line, "answer"));
}

void Crew::attend(Worker& worker) {
  const auto hear_it = [&](const Json& line) { hear(worker, line); };
  worker.process.take_lines(hear_it);
  if (!worker.process.reap(hear_it)) return enforce(worker, RealWorld().mono_ms());
  const WorkerEnd& end = worker.process.end();
  worst_ = worse(worst_, end.exit());
  // One that had done its work by then was not cut off.
  if (stopped_by_ != 0 && end.stopped && end.state == "cancelled")
    cut_off_ = stopped_by_ == SIGINT ? Exit::kInterrupted : Exit::kTerminated;
  watcher_.ended(worker.process.end());
}

void Crew::enforce(Worker& worker, uint64_t now_ms) {
  if (worker.kill_at_ms != 0 && now_ms >= worker.kill_at_ms) {
    worker.process.kill();
    worker.kill_at_ms = now_ms + kGraceMs;
  } else if (worker.kill_at_ms == 0 && now_ms >= worker.stop_at_ms) {
    worker.process.set_overdue();
    worker.kill_at_ms = now_ms + kGraceMs;
    worker.process.signal(SIGTERM);
  }
}

// The first signal asks every worker to stop in order, a second one ends them; not its echo.
void Crew::pass_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (!asked_.counts(static_cast<int>(info.ssi_signo), RealWorld().mono_ms())) continue;
    if (stopped_by_ == 0) stopped_by_ = info.ssi_signo;
    for (Worker& worker : workers_) {
      if (!worker.process.running()) continue;
      worker.process.set_stopped();
      worker.process.signal(worker.kill_at_ms == 0 ? SIGTERM : SIGKILL);
      worker.kill_at_ms = RealWorld().mono_ms() + kGraceMs;
    }
  }
}

int Crew::next_deadline_ms(uint64_t now_ms) const {
  uint64_t wait_ms = unclaimed_.left() ? Unclaimed::kClaimMs : 60'000;
  for (const Worker& worker : workers_) {
    if (!worker.process.running()) continue;
    const uint64_t at_ms = worker.kill_at_ms != 0 ? worker.kill_at_ms : worker.stop_at_ms;
    wait_ms = std::min(wait_ms, at_ms > now_ms ? at_ms - now_ms : 0);
  }
  return static_cast<int>(wait_ms);
}

Exit Crew::wait() {
  const auto running = [](const Worker& worker) { return worker.process.running(); };
  while (std::any_of(workers_.begin(), workers_.end(), running)) {
    std::vector<pollfd> fds = {{signals_.get(), POLLIN, 0}, {unclaimed_.fd(), POLLIN, 0}};
    for (const Worker& worker : workers_) worker.process.add_to(fds);
    ::poll(fds.data(), fds.size(), next_deadline_ms(RealWorld().mono_ms()));
    pass_signal();
    for (Worker& worker : workers_)
      if (running(worker)) attend(worker);
    unclaimed_.look(RealWorld().mono_ms());
  }
  return worst_;
}

}  // namespace tq
