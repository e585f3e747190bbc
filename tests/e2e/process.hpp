// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end and keeps what it printed. For tests; a program that does not end is
// killed.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace e2e {

struct Ended {
  int exit_status = -1;  // when it exited
  int signal = 0;        // when a signal ended it
  std::string out, err;
};

using Variables = std::map<std::string, std::string>;

// The program's environment is exactly `variables`; it reads `input`, which is no terminal.
Ended run_program(const std::vector<std::string>& arguments, const Variables& variables = {},
                  int seconds = 60, const std::string& input = {});

// Arguments and environment in the form that exec wants; both end with null.
class ExecWords {
 public:
  ExecWords(const std::vector<std::string>& arguments, const Variables& variables);
  ExecWords(const ExecWords&) = delete;
  ExecWords& operator=(const ExecWords&) = delete;

  char* const* argv() const { return argv_.data(); }
  char* const* environment() const { return environment_.data(); }

 private:
  std::vector<std::string> words_, settings_;
  std::vector<char*> argv_, environment_;
};

// Starts it and returns at once; end it with wait_program.
class Running {
 public:
  Running(const std::vector<std::string>& arguments, const Variables& variables,
          const std::string& input = {});
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  pid_t pid() const { return pid_; }
  void send_signal(int number) const;
  Ended wait(int seconds = 60);

 private:
  void drain(bool* open, int fd, std::string* to);

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

}  // namespace e2e
