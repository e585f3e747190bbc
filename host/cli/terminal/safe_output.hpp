// SPDX-License-Identifier: Apache-2.0
// SafeOutput: what stands between the commands and a standard stream. Whatever they print, no
// escape sequence and no mark of direction of somebody else's gets out. One thread.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace tq {

class SafeOutput : public std::streambuf {
 public:
  // Takes the stream's place in it until it ends; the stream lives longer. `terminal`: a person
  // looks at it.
  SafeOutput(std::ostream& stream, bool terminal);
  ~SafeOutput() override;
  SafeOutput(const SafeOutput&) = delete;
  SafeOutput& operator=(const SafeOutput&) = delete;

  bool terminal() const { return terminal_; }
  // As it is.
  bool pass(std::string_view bytes);

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* bytes, std::streamsize size) override;
  int sync() override;

 private:
  std::ostream& stream_;
  std::streambuf* const below_;
  const bool terminal_;
  std::string begun_;  // a character that was not written to its end
};

// The program's own control sequences: colours, a line that is drawn again. Never a text from
// outside.
void print_control(std::ostream& out, std::string_view sequence);

// A value as it was stored, whatever is in it: byte for byte, but to a terminal.
void print_data(std::ostream& out, std::string_view bytes);

}  // namespace tq
