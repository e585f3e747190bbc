// SPDX-License-Identifier: Apache-2.0
// StateFolder: the supervisor's hold on its state folder: the lock that says that it is the only
// one, and an eye on whether the folder and the lock of that name are still the ones it took. One
// thread; never blocks after take().
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "core/file.hpp"
#include "core/result.hpp"

namespace tq {

class StateFolder {
 public:
  // Makes it where it is missing. E_LIMITED: another supervisor has it, with its pid.
  static Result<StateFolder> take(const std::filesystem::path& folder);

  // Readable when something was moved or deleted in it, or it itself; -1: only look() tells.
  int fd() const { return inotify_.get(); }

  // Forgets what fd() told. E_CONFIG: the folder of that name is another one now or there is none;
  // E_LIMITED: the lock was deleted, and another supervisor has taken it. A lock that is merely
  // gone is made anew; E_TRANSIENT: it cannot be now.
  Result<void> look();

 private:
  StateFolder(std::filesystem::path folder, FileLock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Result<void> take_lock_again();

  std::filesystem::path folder_;
  FileLock lock_;
  UniqueFd inotify_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Who holds the lock of that state folder, for people: "pid 123"; empty: nobody. E_CONFIG: this
// user may not ask.
Result<std::string> supervisor_of(const std::filesystem::path& folder);

}  // namespace tq
