// SPDX-License-Identifier: Apache-2.0
#include "schedule/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

// Whoever asks whether a supervisor runs holds its lock for a moment: it is tried again.
constexpr int kTriesMost = 10;
constexpr long kTryEveryNs = 20'000'000;

constexpr uint32_t kWatched =
    IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string holder_of(const std::filesystem::path& folder) {
  const auto pid = read_file(supervisor_lock_file(folder), 64);
  return pid && !trim(*pid).empty() ? "pid " + printable(trim(*pid)) : "a process without a name";
}

Result<FileLock> lock_in(const std::filesystem::path& folder) {
  auto lock = FileLock::try_lock(supervisor_lock_file(folder));
  for (int tries = 1; !lock && lock.error().status == Status::kLimited && tries < kTriesMost;
       ++tries) {
    const timespec pause{0, kTryEveryNs};
    ::nanosleep(&pause, nullptr);
    lock = FileLock::try_lock(supervisor_lock_file(folder));
  }
  return lock;
}

Result<void> write_pid(const FileLock& lock, const std::filesystem::path& folder) {
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd(), 0) != 0) return {};
  return write_all(lock.fd(), pid, supervisor_lock_file(folder));
}

bool is_same(int fd, const std::filesystem::path& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

}  // namespace

Result<StateFolder> StateFolder::take(const std::filesystem::path& folder) {
  TQ_TRY(make_folder(folder));
  auto lock = lock_in(folder);
  if (!lock && lock.error().status == Status::kLimited)
    return Error{Status::kLimited, "another supervisor runs on the state folder " +
                                       folder.string() + " (" + holder_of(folder) +
                                       "); nothing was started"};
  if (!lock) return std::move(lock.error());
  StateFolder out(folder, lock.take());
  TQ_TRY(write_pid(out.lock_, folder));
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0)
    return errno_error(Status::kConfig, "cannot open", folder, errno);
  out.device_ = info.st_dev;
  out.inode_ = info.st_ino;
  out.inotify_ = UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  // Without it each wake-up of the supervisor looks, a minute later at the latest.
  if (out.inotify_ && ::inotify_add_watch(out.inotify_.get(), folder.c_str(), kWatched) < 0)
    out.inotify_.reset();
  return out;
}

Result<void> StateFolder::look() {
  char events[4096];
  while (inotify_ && ::read(inotify_.get(), events, sizeof events) > 0) {
  }
  struct stat info {};
  if (::stat(folder_.c_str(), &info) != 0 || info.st_dev != device_ || info.st_ino != inode_)
    return Error{Status::kConfig,
                 "the state folder " + folder_.string() +
                     " was moved, deleted or replaced while the supervisor worked in it; move it "
                     "back, or say in the configuration where it is (state_dir), and start the "
                     "supervisor again: on an empty folder every instance would begin anew"};
  if (is_same(lock_.fd(), supervisor_lock_file(folder_))) return {};
  return take_lock_again();
}

Result<void> StateFolder::take_lock_again() {
  auto lock = FileLock::try_lock(supervisor_lock_file(folder_));
  if (!lock && lock.error().status == Status::kLimited)
    return Error{Status::kLimited, supervisor_lock_file(folder_).string() +
                                       " was deleted, and another supervisor (" +
                                       holder_of(folder_) + ") has taken the state folder"};
  // A full disk, say: this supervisor is still the only one, and looks again with its next wake-up.
  if (!lock) return Error{Status::kTransient, lock.error().message};
  lock_ = lock.take();
  return write_pid(lock_, folder_);
}

Result<std::string> supervisor_of(const std::filesystem::path& folder) {
  const auto file = supervisor_lock_file(folder);
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::string();
  if (!fd) return errno_error(Status::kConfig, "cannot open", file, errno);
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return std::string();
  if (errno != EWOULDBLOCK) return errno_error(Status::kTransient, "cannot lock", file, errno);
  return holder_of(folder);
}

}  // namespace tq
