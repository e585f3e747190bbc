// SPDX-License-Identifier: Apache-2.0
// WorkerProcess: one worker and its shim (shim/shim.hpp) as their parent holds them: what it says,
// how it ended. Never blocks. One thread. When it goes away before the worker has ended, the shim
// ends the worker and everything below it.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "services/call_board.hpp"
#include "worker/assignment.hpp"
#include "worker/outcome.hpp"
#include "worker/shim_link.hpp"
#include "worker/shim_program.hpp"

namespace tq {

// How a worker ended, as its parent saw it.
struct WorkerEnd {
  std::string instance;
  pid_t pid = 0;
  int exit_status = -1;    // when it exited
  int signal = 0;          // when a signal ended it
  bool reported = false;   // it sent its last line
  bool overdue = false;    // it was stopped because its time was over
  bool stopped = false;    // its parent was told to stop while it worked, and told it
  bool in_plugin = false;  // code of the plugin was running, or may have been
  std::string exit_call;   // "exit": the function by which the plugin ended the process
  std::string broken;      // how the plugin broke the contract; empty: it did not
  std::string state, note;
  std::string status;           // name of the status that it ended with; empty: done
  uint64_t retry_after_ms = 0;  // what the remote asked for
  std::string last_words;       // how much it printed that it could not read any more; never what
  CallInFlight call;            // where it was
  PluginStage stage = PluginStage::kNone;  // how far it had come with the plugin's file
  bool started = true;                     // false: `cause` is why not
  std::string cause;         // why it was ended: "it used 1,230 MB of limits.memory_mb 1,024"
  uint32_t left_behind = 0;  // processes that it had started and left; they were ended
  uint32_t unended = 0;      // processes that no signal ends: they hang in the kernel

  // It failed up to `create` with what only the file can be to blame for: not wrong settings, a
  // log-in that is refused, a stop, or a copy that is gone.
  bool file_failed() const;
  Exit exit() const;
  // "was ended by signal 11 (Segmentation fault)"; for one that did not report.
  std::string how() const;
  // What it said last itself, else that its worker ended as how() says.
  std::string told() const;
};

class WorkerProcess {
 public:
  static Result<WorkerProcess> start(const Assignment& assignment, const ShimProgram& shim);

  pid_t pid() const { return end_.pid; }    // 0: its shim has not said it yet
  pid_t shim_pid() const { return shim_; }  // from the beginning
  bool running() const { return running_; }
  // What is readable when it says something or has ended.
  void add_to(std::vector<pollfd>& fds) const;
  CallInFlight call() const { return read_call_board(board_.get()); }
  // Whether what its processes hold is watched; false: /proc hides them from the shim.
  bool watched() const { return watched_; }

  // Gives complete lines that it has said since the last time; of a flood only some.
  void take_lines(const std::function<void(const Json& line)>& take);
  // Whether it has ended; then end() tells how, and whatever it had started is ended, too.
  bool reap(const std::function<void(const Json& line)>& take);

  void signal(int number);
  void kill();  // it and whatever it started, at once
  void set_overdue() { end_.overdue = true; }
  void set_stopped() { end_.stopped = true; }

  const WorkerEnd& end() const { return end_; }

 private:
  void hear_shim();
  void look_at_shim();
  bool look_at_orphan();
  void kill_below_shim();
  void note(const Json& line);

  UniqueFd shim_process_;  // readable when the shim has ended
  UniqueFd process_;       // the worker's, from the shim
  UniqueFd report_, output_, board_;
  UniqueFd copy_;  // of the plugin, which nobody collects meanwhile
  ShimLink link_;
  std::string line_;  // what came of the current one
  pid_t shim_ = 0;
  bool running_ = true;
  bool shim_gone_ = false, told_end_ = false, watched_ = true;
  uint64_t memory_mb_ = 0;    // its bound
  uint64_t killed_ms_ = 0;    // 0: not yet
  uint64_t orphaned_ms_ = 0;  // when the shim was found gone before the worker; 0: not
  WorkerEnd end_;
};

// "it used 1,230 MB of limits.memory_mb 1,024"; empty: the shim did not end it.
std::string cause_of(const ShimReport& report, uint64_t memory_mb);

}  // namespace tq
