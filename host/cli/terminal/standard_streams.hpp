// SPDX-License-Identifier: Apache-2.0
// StandardStreams: standard output and error of the whole program, as the commands get them: the
// one place that what a person sees goes through. A result that could not be written is a failure,
// whatever the command thought; under systemd each line of standard error says how bad it is. One,
// in main; one thread.
#pragma once

#include <iosfwd>
#include <memory>
#include <ostream>

#include "schema/config.hpp"

namespace tq {

class StandardStreams {
 public:
  explicit StandardStreams(const Environment& environment);
  ~StandardStreams();
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // The exit status of the process: `status`, or 1 in place of 0 when standard output took not
  // everything, which is told.
  int finish(int status);

 private:
  class JournalLines;

  std::ostream& out_;
  std::unique_ptr<JournalLines> journal_;  // null: standard error is not the journal
  std::ostream err_;
};

}  // namespace tq
