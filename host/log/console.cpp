// SPDX-License-Identifier: Apache-2.0
#include "log/console.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tq {
namespace {

constexpr uint64_t kLookEveryMs = 10;

}  // namespace

Console::Console(int fd, uint64_t patience_ms, TellDropped tell_dropped)
    : fd_(fd),
      patience_ms_(patience_ms),
      tell_dropped_(std::move(tell_dropped)),
      left_ms_(patience_ms) {
  choose_way();
}

Console::~Console() { push(); }

// O_NONBLOCK belongs to the open file, which the shell, a pager or another program may share with
// us, so it is never set on the descriptor itself. A pipe or a terminal can be opened once more; a
// socket cannot, and has a flag for each call; a file never waits, and opened once more it would
// have a position of its own. Where none of that can be had, what is written after poll(2) has said
// yes is no more than what such a pipe has room for then.
void Console::choose_way() {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return;
  if (S_ISREG(info.st_mode)) kind_ = Kind::kFile;
  if (S_ISSOCK(info.st_mode)) kind_ = Kind::kSocket;
  if (!S_ISFIFO(info.st_mode) && ::isatty(fd_) != 1) return;
  const std::string same = "/proc/self/fd/" + std::to_string(fd_);
  own_ = UniqueFd(::open(same.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (own_) kind_ = Kind::kOwn;
}

// How much of it was taken; -1 with errno.
long Console::put(std::string_view bytes) const {
  switch (kind_) {
    case Kind::kSocket:
      return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Kind::kOwn:
      return ::write(own_.get(), bytes.data(), bytes.size());
    case Kind::kFile:
      return ::write(fd_, bytes.data(), bytes.size());
    case Kind::kShared:
      break;
  }
  pollfd ready{fd_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd_, bytes.data(), std::min<size_t>(bytes.size(), PIPE_BUF));
}

bool Console::await_reader() {
  if (left_ms_ == 0) return false;
  const timespec pause{0, static_cast<long>(kLookEveryMs) * 1'000'000};
  ::nanosleep(&pause, nullptr);
  left_ms_ -= std::min(left_ms_, kLookEveryMs);
  return true;
}

// A line at a time: as long as it fits into a pipe's page it goes as a whole or not at all, also
// beside what others write there.
void Console::push() {
  size_t at = 0;
  while (at < kept_.size()) {
    const size_t end = kept_.find('\n', at) + 1;
    const long put_bytes = put(std::string_view(kept_).substr(at, end - at));
    if (put_bytes >= 0) {
      at += static_cast<size_t>(put_bytes);
      left_ms_ = patience_ms_;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (await_reader()) continue;
      break;
    }
    // A console that is gone, or whose disk is full, must not cost anything.
    kept_.clear();
    dropped_ = 0;
    return;
  }
  kept_.erase(0, at);
}

void Console::keep(std::string_view line) { kept_.append(line).append("\n"); }

void Console::write(std::string_view line) {
  push();
  // Once lines are dropped, the gap ends where everything before it has gone out.
  if ((dropped_ > 0 && behind()) || kept_.size() + line.size() + 1 > kKeptBytesMost) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) keep(tell_dropped_(std::exchange(dropped_, 0)));
  keep(line);
  push();
}

bool is_journal(int fd, std::string_view journal_stream) {
  struct stat info {};
  return !journal_stream.empty() && ::fstat(fd, &info) == 0 &&
         journal_stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace tq
