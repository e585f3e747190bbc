// SPDX-License-Identifier: Apache-2.0
#include "e2e/pty.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookMs = 20;

int left_ms(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

}  // namespace

Pty::Pty(const std::vector<std::string>& arguments, const Variables& variables) {
  // Everything is made before the fork: nothing may be allocated after it.
  const ExecWords words(arguments, variables);
  pid_ = ::forkpty(&master_, nullptr, nullptr, nullptr);
  if (pid_ < 0) throw std::runtime_error("cannot make a pseudo-terminal");
  if (pid_ == 0) {
    ::execve(words.argv()[0], words.argv(), words.environment());
    ::_exit(127);
  }
}

Pty::~Pty() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(master_);
}

bool Pty::read_more(int milliseconds) {
  pollfd fd = {master_, POLLIN, 0};
  if (::poll(&fd, 1, milliseconds) <= 0) return false;
  char buffer[4096];
  const ssize_t got = ::read(master_, buffer, sizeof buffer);  // EIO when the program has ended
  if (got <= 0) return false;
  shown_.append(buffer, static_cast<size_t>(got));
  return true;
}

void Pty::expect(const std::string& text, int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  while (true) {
    if (const size_t at = shown_.find(text, expected_); at != std::string::npos) {
      expected_ = at + text.size();
      return;
    }
    if (!read_more(left_ms(deadline)))
      throw std::runtime_error("\"" + text + "\" was not shown, but:\n" + shown_);
  }
}

void Pty::type(const std::string& text) {
  if (::write(master_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("cannot type at the terminal, which shows:\n" + shown_);
}

void Pty::answer(const std::string& label, const std::string& line) {
  expect(label);
  enter(line);
}

void Pty::send_signal(int number) const { ::kill(pid_, number); }

bool Pty::echoes() const {
  termios modes{};
  return ::tcgetattr(master_, &modes) == 0 && (modes.c_lflag & ECHO) != 0;
}

bool Pty::wait_until_stopped(int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  while (left_ms(deadline) > 0) {
    int status = 0;
    const pid_t changed = ::waitpid(pid_, &status, WUNTRACED | WNOHANG);
    if (changed == pid_) {
      if (WIFSTOPPED(status)) return true;
      pid_ = -1;  // it has ended instead
      return false;
    }
    read_more(kLookMs);
  }
  return false;
}

Ended Pty::wait(int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  while (read_more(left_ms(deadline))) {
  }
  if (left_ms(deadline) == 0) {
    ::kill(pid_, SIGKILL);
    shown_ += "\n(killed by the test: it did not end in time)";
  }
  Ended ended;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) ended.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = shown_;
  return ended;
}

}  // namespace e2e
