// SPDX-License-Identifier: Apache-2.0
#include "worker/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace tq {
namespace {

constexpr size_t kPieceBytes = 16 * 1024;
constexpr size_t kLineBytesMost = 4096;  // longer ones become several
constexpr int kLookAgainMs = 100;
constexpr int kLooksMost = 10;  // at a line without an end; then it is one

constexpr std::array kCrashes = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr int kLastLooks = 200;  // of kLastLookNs each, at whether the last words are in the log
constexpr long kLastLookNs = 10'000'000;

// A signal handler is given nothing, so what it needs stands here: where to ask the one capture of
// the process to end, and whether it has.
std::atomic<int> stop_of_capture{-1};
std::atomic<bool> all_taken{false};
std::array<struct sigaction, kCrashes.size()> handled_before;

void await_last_words() {
  const int stop = stop_of_capture.load();
  const uint64_t one = 1;
  if (stop < 0 || ::write(stop, &one, sizeof one) < 0) return;
  const timespec pause{0, kLastLookNs};
  for (int i = 0; i < kLastLooks && !all_taken.load(); ++i) ::nanosleep(&pause, nullptr);
}

// The crash goes on as it would have without us, only later.
void on_crash(int number) {
  await_last_words();
  for (size_t i = 0; i < kCrashes.size(); ++i)
    if (kCrashes[i] == number) ::sigaction(number, &handled_before[i], nullptr);
  ::raise(number);
}

void on_exit_call() {
  if (stop_of_capture.load() < 0) return;
  std::fflush(nullptr);
  await_last_words();
}

void watch_for_crashes(int stop) {
  [[maybe_unused]] static const int registered = std::atexit(&on_exit_call);
  all_taken = false;
  stop_of_capture = stop;
  struct sigaction action {};
  action.sa_handler = &on_crash;
  for (size_t i = 0; i < kCrashes.size(); ++i)
    ::sigaction(kCrashes[i], &action, &handled_before[i]);
}

void watch_no_more() {
  stop_of_capture = -1;
  for (size_t i = 0; i < kCrashes.size(); ++i)
    ::sigaction(kCrashes[i], &handled_before[i], nullptr);
}

// Nobody reads the pipe from now on: whoever goes on printing must not wait for a reader.
void print_into_nothing(int pipe) {
  struct stat read_end {};
  struct stat own {};
  if (::fstat(pipe, &read_end) != 0) return;
  const UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (nothing && ::fstat(fd, &own) == 0 && own.st_dev == read_end.st_dev &&
        own.st_ino == read_end.st_ino)
      ::dup2(nothing.get(), fd);
}

void discard(int fd, size_t size) {
  std::array<char, kPieceBytes> buffer;
  for (ssize_t got = 0; size > 0; size -= static_cast<size_t>(got)) {
    got = ::read(fd, buffer.data(), std::min(size, buffer.size()));
    if (got <= 0) return;
  }
}

}  // namespace

OutputCapture::OutputCapture(int fd, Log& log)
    : fd_(fd), log_(log), stop_(::eventfd(0, EFD_CLOEXEC)) {
  int fds[2] = {-1, -1};
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0) {
    copy_out_ = UniqueFd(fds[0]);
    copy_in_ = UniqueFd(fds[1]);
  }
  // A line is worth most before what comes next goes wrong.
  ::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  watch_for_crashes(stop_.get());
  auto thread = Thread::start([this] { listen(); });
  if (thread) {
    thread_ = thread.take();
    return;
  }
  watch_no_more();
  print_into_nothing(fd_);
  log_.warning(Event::kPluginOutput,
               "what the plugin prints is not in this log: " + thread.error().message);
}

OutputCapture::~OutputCapture() {
  std::fflush(nullptr);
  std::cout.flush();
  watch_no_more();
  print_into_nothing(fd_);
  const uint64_t one = 1;
  static_cast<void>(write_all(stop_.get(), {reinterpret_cast<const char*>(&one), sizeof one},
                              "the capture's end"));
  thread_.join();
}

void OutputCapture::listen() {
  pollfd fds[2] = {{fd_, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  int looks = 0;  // at a line without an end
  while (fds[1].revents == 0) {
    // The pipe is readable as long as such a line is in it, so time is what is waited for.
    fds[0].fd = looks == 0 ? fd_ : -1;
    if (::poll(fds, 2, looks == 0 ? -1 : kLookAgainMs) < 0) continue;
    const bool enough = looks == kLooksMost;
    const auto taken = contain("reading what the plugin prints", [&]() -> Result<void> {
      looks = take(enough ? Unfinished::kTake : Unfinished::kLeave) ? 0 : looks + 1;
      return {};
    });
    if (!taken) looks = 1;  // with no memory, later
    if (fds[0].fd >= 0 && (fds[0].revents & POLLIN) == 0 &&
        (fds[0].revents & (POLLHUP | POLLERR)) != 0)
      break;
  }
  static_cast<void>(contain("reading what the plugin prints", [this]() -> Result<void> {
    take(Unfinished::kTake);
    log_.flush();
    return {};
  }));
  all_taken = true;
}

bool OutputCapture::take(Unfinished unfinished) {
  std::array<char, kPieceBytes> buffer;
  while (true) {
    const ssize_t copied = ::tee(fd_, copy_in_.get(), buffer.size(), SPLICE_F_NONBLOCK);
    if (copied <= 0) return true;
    const ssize_t got = ::read(copy_out_.get(), buffer.data(), static_cast<size_t>(copied));
    if (got <= 0) return true;
    const size_t used = put({buffer.data(), static_cast<size_t>(got)}, unfinished);
    if (used == 0) return false;
    discard(fd_, used);
  }
}

// How much of it is in the log now.
size_t OutputCapture::put(std::string_view bytes, Unfinished unfinished) {
  size_t used = 0;
  while (used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    const size_t end = rest.substr(0, kLineBytesMost).find('\n');
    const bool whole = end != std::string_view::npos;
    if (!whole && rest.size() < kLineBytesMost && (unfinished == Unfinished::kLeave || used > 0))
      break;
    const std::string_view line = whole ? rest.substr(0, end) : rest.substr(0, kLineBytesMost);
    // Whoever prints means it to be seen: no level leaves it out.
    const Level level = log_.enabled(Level::kWarning) ? Level::kWarning : Level::kError;
    // A line that becomes several may be divided within a secret.
    const Cut cut = continues_ ? (whole ? Cut::kHead : Cut::kBoth) : Cut::kTail;
    const bool divided = continues_ || !whole;
    if (!line.empty())
      log_.write(level, Event::kPluginOutput,
                 divided ? log_.redactor().clean(line, cut) : std::string(line), {});
    continues_ = !whole;
    used += line.size() + (whole ? 1 : 0);
  }
  return used;
}

}  // namespace tq
