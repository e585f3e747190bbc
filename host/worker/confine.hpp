// SPDX-License-Identifier: Apache-2.0
// What a worker does to itself before it touches a secret or a plugin: no core file, no reading by
// other processes of the user, an end when its parent ends, bounds on memory and files, and one
// thread that turns signals into a cancel.
#pragma once

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/thread.hpp"
#include "schema/config.hpp"

namespace tq {

// Nothing of this process's memory ever stands in a file. For every process, first of all.
Result<void> leave_no_core();

// A caller that closed one of the descriptors 0 to 2 gets /dev/null there: else the next file that
// is opened would take its place, and be printed into.
void open_standard_descriptors();

// Also asks for SIGTERM when the shim ends that is this process's parent, and ends whatever a
// plugin forks when this process ends, however it does. REQUIRES: called before any other thread
// exists.
Result<void> confine_process();

// Lets any process of the same user attach, says on the console how, and returns when one has. For
// `run-once --debugger`: whoever attaches sees the secrets, as the person who asked for it may.
// False: stop was asked for instead.
bool wait_for_debugger(int console_fd, const Cancel& cancel);

// From limits.* of the configuration. `resident`: it works for as long as its parent does, so its
// processor time has no bound.
void limit_process(const HostConfig& config, bool resident);

// SIGTERM and SIGINT cancel; one of them that comes once more ends the process at once, for then
// the cancel was not heard. Where there is no thread to be had, the first one ends the process.
// REQUIRES: confine_process() was called, which blocks them for all
// threads.
class SignalWatch {
 public:
  explicit SignalWatch(Cancel& cancel);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  Thread thread_;
};

}  // namespace tq
