// SPDX-License-Identifier: Apache-2.0
// OutputCapture: what a plugin prints to standard output or error becomes lines of the log. A
// thread of its own reads the worker's output pipe; what it cannot read any more because the worker
// died, the parent reads. Made and ended on one thread; the log outlives it.
#pragma once

#include <string>
#include <string_view>
#include <thread>

#include "core/file.hpp"
#include "log/log.hpp"

namespace tq {

class OutputCapture {
 public:
  // `fd`: the reading end, not blocking; borrowed.
  OutputCapture(int fd, Log& log);
  // Takes what has been printed until now.
  ~OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;

 private:
  void listen();
  void take();
  void put(std::string_view bytes);
  void flush_line();

  const int fd_;
  Log& log_;
  std::string line_;
  UniqueFd stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace tq
