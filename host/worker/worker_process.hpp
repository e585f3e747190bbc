// SPDX-License-Identifier: Apache-2.0
// WorkerProcess: one worker as its parent holds it: its process, what it says, how it ended. Never
// blocks. One thread, which must live as long as the worker: the kernel ends the worker when the
// thread that started it ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "services/call_board.hpp"
#include "worker/assignment.hpp"
#include "worker/outcome.hpp"

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

  // It failed up to `create` with what only the file can be to blame for: not wrong settings, a
  // log-in that is refused, a stop, or a copy that is gone.
  bool file_failed() const;
  Exit exit() const;
  // "was ended by signal 11 (Segmentation fault)"; for one that did not report.
  std::string how() const;
};

class WorkerProcess {
 public:
  static Result<WorkerProcess> start(const Assignment& assignment);

  pid_t pid() const { return end_.pid; }
  bool running() const { return running_; }
  int process_fd() const { return process_.get(); }  // readable when it has ended
  int report_fd() const { return report_.get(); }    // readable when it says something; -1: closed
  CallInFlight call() const { return read_call_board(board_.get()); }

  // Gives each complete line that it has said since the last time.
  void take_lines(const std::function<void(const Json& line)>& take);
  // Whether it has ended; then end() tells how, and whatever it had started is ended, too.
  bool reap(const std::function<void(const Json& line)>& take);

  void signal(int number);
  void kill_group();  // it and whatever it started, at once
  void set_overdue() { end_.overdue = true; }
  void set_stopped() { end_.stopped = true; }

  const WorkerEnd& end() const { return end_; }

 private:
  void note(const Json& line);

  UniqueFd process_, report_, output_, board_;
  UniqueFd copy_;     // of the plugin, which nobody collects meanwhile
  std::string line_;  // what came of the current one
  bool running_ = true;
  WorkerEnd end_;
};

}  // namespace tq
