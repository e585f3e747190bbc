// SPDX-License-Identifier: Apache-2.0
// OutputCapture: what a plugin prints to standard output or error becomes lines of the log. A
// thread of its own reads the worker's output pipe. A line leaves the pipe only after it is in the
// log: what is still in it when the worker dies, the parent reads; of the last lines it may be told
// twice, never not at all. Made and ended on one thread; the log outlives it.
#pragma once

#include <string_view>
#include <thread>

#include "core/file.hpp"
#include "log/log.hpp"

namespace tq {

class OutputCapture {
 public:
  // `fd`: the reading end of a pipe, not blocking; borrowed.
  OutputCapture(int fd, Log& log);
  // Takes what has been printed until now.
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
  UniqueFd stop_;                // an eventfd
  UniqueFd copy_in_, copy_out_;  // a pipe of our own
  std::thread thread_;
};

}  // namespace tq
