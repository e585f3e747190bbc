// SPDX-License-Identifier: Apache-2.0
// Files the careful way: opening that never waits, whole reads with a bound, atomic replacement,
// locks. Errors name the path and the reason.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace tq {

// Owns one file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// The one way to open what may be there already. Takes regular files only and never waits: a named
// pipe that somebody put there would hold up the host until its other end is opened. `flags` as for
// open(2), with O_NOFOLLOW where a link is not wanted. `what` opens the message; E_CONFIG.
Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, mode_t mode = 0600,
                           std::string_view what = "cannot open");

// For libraries that open by the name: E_CONFIG when something else than a regular file has it.
// Nothing may be there. `flags`: O_NOFOLLOW or 0.
Result<void> check_regular(const std::filesystem::path& path, int flags,
                           std::string_view what = "cannot open");

// kWait is for what a person names on the command line: <(pass show x), /dev/stdin.
enum class Pipes { kRefuse, kWait };

// The whole file; E_CONFIG when it cannot be read or is larger than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, size_t limit,
                              Pipes pipes = Pipes::kRefuse);

// The file holds the old content or the new one, never a part, wherever the power is cut: temporary
// file beside it, fsync, rename, fsync of the folder.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   mode_t mode = 0600);

// That the name is there, or is there no more, survives a power cut. A folder that may not be read,
// or a file system that syncs none, is no failure.
Result<void> keep_name(const std::filesystem::path& path);

// Makes the folder and what leads to it, with `mode` for those that were missing. E_CONFIG:
// something that is no folder has the name.
Result<void> make_folder(const std::filesystem::path& path, mode_t mode = 0700);

// The same, and what leads to it has to be there.
Result<void> make_last_folder(const std::filesystem::path& path, mode_t mode = 0700);

// For state, keys and configuration: E_CONFIG also when the folder was there before and others may
// change what is in it.
Result<void> make_own_folder(const std::filesystem::path& path, mode_t mode = 0700);

// E_CONFIG, with what to type, unless nobody but this user and root can change what stands there, a
// file or a folder; in a sticky folder (/tmp) others can only add. `what` it is: "holds a secret".
Result<void> check_own(const std::filesystem::path& path, std::string_view what);

// Writes everything, whatever write(2) takes at a time.
Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& name);

// What to start for another process like this one: the file of this one; or, when the archive's own
// loader runs it (PREFIX/lib/tqhost/lib/ld-linux-..., scripts/archive), the launcher
// PREFIX/bin/tqhost.
std::filesystem::path own_program();

// An advisory lock on a file, held until destruction or the end of the process. E_LIMITED: somebody
// else holds it.
class FileLock {
 public:
  static Result<FileLock> try_lock(const std::filesystem::path& path);
  static Result<FileLock> wait_lock(const std::filesystem::path& path);

  int fd() const { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  static Result<FileLock> lock(const std::filesystem::path& path, int operation);

  UniqueFd fd_;
};

// Of the user whose rights count, or the number when it has no name. For messages.
std::string user_name();

// "/path/file: No such file or directory" with errno's text, as an error of `status`.
Error errno_error(Status status, std::string_view what, const std::filesystem::path& path,
                  int number);

}  // namespace tq
