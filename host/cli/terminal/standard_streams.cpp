// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/standard_streams.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <streambuf>
#include <string>
#include <string_view>

#include "log/console.hpp"
#include "schema/environment.hpp"

namespace tq {

// Puts "<N>" in front of each line, as systemd's journal reads it: what is not called a warning or
// a note is an error, for nothing else goes to standard error.
class StandardStreams::JournalLines : public std::streambuf {
 public:
  explicit JournalLines(std::streambuf* to) : to_(to) {}
  ~JournalLines() override {
    if (!line_.empty()) put_line();
  }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    line_ += traits_type::to_char_type(c);
    if (line_.back() == '\n') put_line();
    return c;
  }
  int sync() override { return to_->pubsync(); }

 private:
  void put_line() {
    const std::string_view line = line_;
    const bool warning = line.find(": warning: ") != std::string_view::npos;
    const bool note = line.find(": note: ") != std::string_view::npos;
    const std::string_view mark = warning ? "<4>" : note ? "<5>" : "<3>";
    to_->sputn(mark.data(), static_cast<std::streamsize>(mark.size()));
    to_->sputn(line.data(), static_cast<std::streamsize>(line.size()));
    to_->pubsync();
    line_.clear();
  }

  std::streambuf* const to_;
  std::string line_;
};

StandardStreams::StandardStreams(const Environment& environment)
    : out_(std::cout),
      journal_(is_journal(STDERR_FILENO, variable(environment, "JOURNAL_STREAM"))
                   ? std::make_unique<JournalLines>(std::cerr.rdbuf())
                   : nullptr),
      err_(journal_ ? journal_.get() : std::cerr.rdbuf()) {
  err_ << std::unitbuf;
  err_.tie(&out_);
}

StandardStreams::~StandardStreams() = default;

int StandardStreams::finish(int status) {
  errno = 0;
  out_.flush();
  if (out_.good()) return status;
  err_ << "tqhost: standard output did not take everything"
       << (errno == 0 ? std::string() : std::string(": ") + std::strerror(errno))
       << "; what was printed is not complete\n";
  return status == 0 ? 1 : status;
}

}  // namespace tq
