// SPDX-License-Identifier: Apache-2.0
#include "e2e/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace e2e {
namespace {

// Something to read the text from, at its beginning.
int readable(const std::string& text) {
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  if (fd < 0 || ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("cannot keep the input");
  return fd;
}

}  // namespace

ExecWords::ExecWords(const std::vector<std::string>& arguments, const Variables& variables)
    : words_(arguments) {
  for (const auto& [name, value] : variables) settings_.push_back(name + "=" + value);
  for (std::string& word : words_) argv_.push_back(word.data());
  for (std::string& setting : settings_) environment_.push_back(setting.data());
  argv_.push_back(nullptr);
  environment_.push_back(nullptr);
}

Running::Running(const std::vector<std::string>& arguments, const Variables& variables,
                 const std::string& input) {
  const int in = readable(input);
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot make a pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  const ExecWords words(arguments, variables);
  const int failure =
      ::posix_spawn(&pid_, words.argv()[0], &actions, nullptr, words.argv(), words.environment());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in);
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
  if (failure != 0) throw std::runtime_error("cannot start " + arguments.front());
}

Running::~Running() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

// When it has been waited for there is nobody to signal: -1 would be everybody.
void Running::send_signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void Running::drain(bool* open, int fd, std::string* to) {
  char buffer[16 * 1024];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got <= 0) {
    *open = false;
  } else {
    to->append(buffer, static_cast<size_t>(got));
  }
}

Ended Running::wait(int seconds) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  Ended ended;
  bool out_open = true, err_open = true;
  while (out_open || err_open) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      ::kill(pid_, SIGKILL);
      ended.err += "\n(killed by the test: it did not end in time)";
      break;
    }
    pollfd fds[2] = {{out_open ? out_ : -1, POLLIN, 0}, {err_open ? err_ : -1, POLLIN, 0}};
    ::poll(fds, 2, static_cast<int>(left));
    if (fds[0].revents != 0) drain(&out_open, out_, &ended.out);
    if (fds[1].revents != 0) drain(&err_open, err_, &ended.err);
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) ended.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

Ended run_program(const std::vector<std::string>& arguments, const Variables& variables,
                  int seconds, const std::string& input) {
  return Running(arguments, variables, input).wait(seconds);
}

}  // namespace e2e
