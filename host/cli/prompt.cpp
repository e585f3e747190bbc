// SPDX-License-Identifier: Apache-2.0
#include "cli/prompt.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

#include "cli/held_signals.hpp"
#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kLineBytesMost = 4096;  // a terminal gives no longer lines

// No echo while this lives. What was typed ahead was typed with echo, and is thrown away.
class Quiet {
 public:
  explicit Quiet(bool wanted) : on_(wanted && ::tcgetattr(STDIN_FILENO, &before_) == 0) {
    works_ = begin() && on_ == wanted;
  }
  ~Quiet() { end(); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

  // It does not echo, if that was wanted.
  bool works() const { return works_; }

  bool begin() const {
    if (!on_) return true;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    termios now{};
    // It is a success when any of the changes was made, so it is looked at.
    return ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 &&
           ::tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ECHO) == 0;
  }
  void end() const {
    if (on_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }

 private:
  termios before_{};
  const bool on_;
  bool works_ = false;
};

// The terminal's signals while a line is typed, as something to poll.
class TypedSignals {
 public:
  TypedSignals()
      : held_({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}),
        fd_(::signalfd(-1, &held_.set(), SFD_CLOEXEC | SFD_NONBLOCK)) {}

  int fd() const { return fd_.get(); }

  // 0: there was none.
  int take() const {
    signalfd_siginfo info;
    return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
  }

 private:
  const HeldSignals held_;
  const UniqueFd fd_;
};

// A line that leaves no copy behind: it never has to grow.
class Line {
 public:
  Line() { text_.reserve(kLineBytesMost); }
  ~Line() { wipe(text_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool add(char c) {
    if (text_.size() == kLineBytesMost) return false;
    text_ += c;
    return true;
  }
  Secret take() const { return Secret(text_); }

 private:
  std::string text_;
};

Error echoes() {
  return {Status::kTransient,
          "the terminal cannot be kept from showing what is typed, so no secret is asked for"};
}

Error no_answer() { return {Status::kCancelled, "no answer was given"}; }

class TerminalPrompter : public Prompter {
 public:
  explicit TerminalPrompter(std::ostream& out) : out_(out) {}

  bool interactive() const override {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  }

  Result<Secret> ask(const Question& question) override {
    bool hinted = question.help.empty();
    while (true) {
      TQ_ASSIGN(const Secret typed, read_line(label_of(question), question.secret));
      if (typed.reveal() == "?" && !question.help.empty()) {
        out_ << question.help << '\n';
        continue;
      }
      Secret answer(question.secret ? cut_ends(typed.reveal()) : trim(typed.reveal()));
      if (answer.empty() && !question.current.empty()) {
        if (question.secret) return answer;
        answer = Secret(question.current);
      }
      auto checked = check(question, answer);
      if (checked) return answer;
      if (checked.error().status == Status::kCancelled) return std::move(checked.error());
      out_ << checked.error().message << '\n';
      if (!hinted) out_ << "Type ? for help.\n";
      hinted = true;
    }
  }

  Result<bool> confirm(const std::string& question, bool fallback) override {
    while (true) {
      TQ_ASSIGN(const Secret typed, read_line(question + (fallback ? " [Y/n]: " : " [y/N]: "),
                                              /*secret=*/false));
      const std::string answer = to_lower(trim(typed.reveal()));
      if (answer.empty()) return fallback;
      if (answer == "y" || answer == "yes") return true;
      if (answer == "n" || answer == "no") return false;
      out_ << "Type y or n.\n";
    }
  }

 private:
  static std::string label_of(const Question& question) {
    if (question.current.empty()) return question.label + ": ";
    return question.label + " [" + (question.secret ? "unchanged" : question.current) + "]: ";
  }

  static Result<void> check(const Question& question, const Secret& answer) {
    if (!question.check) return {};
    std::string text(answer.reveal());
    auto checked = question.check(text);
    wipe(text);
    return checked;
  }

  Result<Secret> read_line(const std::string& label, bool secret) {
    const TypedSignals signals;
    if (signals.fd() < 0) return errno_error(Status::kTransient, "cannot ask at", "stdin", errno);
    const Quiet quiet(secret);
    if (!quiet.works()) return echoes();
    out_ << label << std::flush;
    auto line = take_line(label, signals, quiet);
    // What ended the line was not echoed, or is not the end of a line.
    if (secret || !line) out_ << '\n' << std::flush;
    return line;
  }

  Result<Secret> take_line(const std::string& label, const TypedSignals& signals,
                           const Quiet& quiet) {
    Line line;
    while (true) {
      pollfd fds[2] = {{signals.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
      if (::poll(fds, 2, -1) < 0 && errno != EINTR)
        return errno_error(Status::kTransient, "cannot ask at", "stdin", errno);
      if (const int number = fds[0].revents != 0 ? signals.take() : 0; number == SIGTSTP) {
        quiet.end();
        ::raise(SIGSTOP);  // until the shell goes on with us
        if (!quiet.begin()) return echoes();
        out_ << label << std::flush;
        continue;
      } else if (number != 0) {
        return no_answer();
      }
      if (fds[1].revents == 0) continue;
      char c = 0;
      const ssize_t got = ::read(STDIN_FILENO, &c, 1);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) return no_answer();  // control-D, or the terminal is gone
      if (c == '\n') return line.take();
      if (!line.add(c)) return Error{Status::kConfig, "the answer is too long"};
    }
  }

  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Prompter> terminal_prompter(std::ostream& out) {
  return std::make_unique<TerminalPrompter>(out);
}

Result<Secret> read_secret_from_input(size_t limit) {
  // A mark in front, the end of a line, and one more to see that it is too long.
  std::string bytes(limit + 6, '\0');
  size_t used = 0;
  int failure = 0;
  while (used < bytes.size()) {
    const ssize_t got = ::read(STDIN_FILENO, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failure = errno;
    if (got <= 0) break;
    used += static_cast<size_t>(got);
  }
  const std::string_view text = cut_ends(std::string_view(bytes).substr(0, used));
  const size_t size = text.size();
  const bool utf16 = is_utf16(text);
  Secret secret(size <= limit ? text : std::string_view());
  wipe(bytes);
  if (failure != 0) return errno_error(Status::kConfig, "cannot read", "standard input", failure);
  if (size == 0) return Error{Status::kConfig, "nothing came on standard input"};
  if (utf16) return utf16_error("what came on standard input");
  if (size > limit)
    return Error{Status::kConfig,
                 "what came on standard input is longer than " + std::to_string(limit) + " bytes"};
  return secret;
}

}  // namespace tq
