// SPDX-License-Identifier: Apache-2.0
// Pty: runs a program at a pseudo-terminal, as a person sits at one, and keeps every byte that the
// terminal showed. One thread; a program that is still there at the end is killed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "e2e/process.hpp"

namespace e2e {

class Pty {
 public:
  // The program's environment is exactly `variables`.
  Pty(const std::vector<std::string>& arguments, const Variables& variables);
  ~Pty();
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;

  // Waits until the terminal shows `text` after what was expected before. Throws with everything
  // that was shown.
  void expect(const std::string& text, int seconds = 30);
  void type(const std::string& text);
  void enter(const std::string& line) { type(line + "\n"); }
  // Waits for the label and answers it.
  void answer(const std::string& label, const std::string& line);
  void control_c() { type("\x03"); }
  void control_d() { type("\x04"); }
  void control_z() { type("\x1a"); }
  void send_signal(int number) const;

  bool echoes() const;
  // Until the program is stopped by a signal, which SIGCONT ends.
  bool wait_until_stopped(int seconds = 30);

  // To the end of the program; `out` is everything that the terminal showed.
  Ended wait(int seconds = 60);
  const std::string& shown() const { return shown_; }

 private:
  // What is shown next; false: nothing within the time, or the end.
  bool read_more(int milliseconds);

  pid_t pid_ = -1;
  int master_ = -1;
  std::string shown_;
  size_t expected_ = 0;  // where the last expected text ends
};

}  // namespace e2e
