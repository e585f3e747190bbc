// SPDX-License-Identifier: Apache-2.0
// OutputCapture: what a plugin prints to standard output or error becomes lines of the log. A
// thread of its own reads the worker's output pipe. Only the worker can clean the lines, for only
// its log knows the secrets that may be in them; so a crash waits until the last words are in the
// log, and the parent tells of what is in the pipe after that only how much it was. A line leaves
// the pipe when it is in the log. Where there is no thread to be had, nothing is read and what is
// printed goes nowhere, with a warning. One in a process, made and ended on one thread; the log
// outlives it.
#pragma once

#include <string_view>

#include "core/file.hpp"
#include "core/thread.hpp"
#include "log/log.hpp"

namespace tq {

class OutputCapture {
 public:
  // `fd`: the reading end of a pipe, not blocking; borrowed.
  OutputCapture(int fd, Log& log);
  // Takes what has been printed until now; what is printed later goes nowhere.
  ~OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;

 private:
  enum class Unfinished { kLeave, kTake };

  void listen();
  // False: a line is there that has no end yet, and was left.
  bool take(Unfinished unfinished);
  size_t put(std::string_view bytes, Unfinished unfinished);

  const int fd_;
  Log& log_;
  bool continues_ = false;       // what was taken last had no end
  UniqueFd stop_;                // an eventfd
  UniqueFd copy_in_, copy_out_;  // a pipe of our own
  Thread thread_;
};

}  // namespace tq
