// SPDX-License-Identifier: Apache-2.0
// Crew: the worker processes of one `run-once` or `check`, side by side, watched by one thread with
// one poll. A worker that outlives its time is asked to stop, then told to, then killed. No secret
// is used here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.hpp"
#include "core/repeated_signal.hpp"
#include "core/result.hpp"
#include "worker/assignment.hpp"
#include "worker/outcome.hpp"
#include "worker/unclaimed.hpp"
#include "worker/worker_process.hpp"

namespace tq {

// Called on the crew's thread.
class CrewWatcher {
 public:
  virtual ~CrewWatcher() = default;
  virtual void progress(std::string_view instance, uint64_t done, uint64_t total,
                        std::string_view text) = 0;
  virtual void effect(std::string_view instance, std::string_view what) = 0;
  virtual void warning(std::string_view instance, std::string_view text) = 0;
  // A line of the answer to `why`.
  virtual void answer(std::string_view instance, std::string_view line) = 0;
  virtual void ended(const WorkerEnd& end) = 0;
};

class Crew {
 public:
  // `run_minutes`: a worker that runs longer is stopped. SIGTERM and SIGINT of this process go on
  // to the workers.
  Crew(uint64_t run_minutes, CrewWatcher& watcher);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  Result<void> start(const Assignment& assignment);

  // Until all have ended. The worst of their exit statuses.
  Exit wait();
  // kInterrupted or kTerminated: a signal to this process cut one of them off, which ended in
  // order; else kDone.
  Exit cut_off() const { return cut_off_; }

 private:
  struct Worker;

  void hear(const Worker& worker, const Json& line);
  void attend(Worker& worker);
  void enforce(Worker& worker, uint64_t now_ms);
  void pass_signal();
  int next_deadline_ms(uint64_t now_ms) const;

  uint64_t run_ms_;
  CrewWatcher& watcher_;
  UniqueFd signals_;
  RepeatedSignal asked_;
  Unclaimed unclaimed_;
  ShimProgram shim_;
  std::vector<Worker> workers_;
  Exit worst_ = Exit::kDone;
  Exit cut_off_ = Exit::kDone;
  uint32_t stopped_by_ = 0;  // the first signal that this process was sent; 0: none
};

}  // namespace tq
