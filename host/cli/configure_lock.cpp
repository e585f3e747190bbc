// SPDX-License-Identifier: Apache-2.0
#include "cli/configure_lock.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kFileBytesMost = 1024;

// Whoever held it before may have taken the file away after it was opened here.
bool still_there(const std::filesystem::path& file, int fd) {
  struct stat named {};
  struct stat opened {};
  return ::stat(file.c_str(), &named) == 0 && ::fstat(fd, &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

Error in_use(const std::filesystem::path& file, const std::string& name) {
  const auto holder = read_file(file, kFileBytesMost);
  return {Status::kTransient, name + " is being configured by " +
                                  (holder && !holder->empty() ? printable(trim(*holder), 100)
                                                              : std::string("another process")) +
                                  "; nothing was done, wait until that has ended"};
}

}  // namespace

Result<ConfigureLock> ConfigureLock::take(const ConfigSources& sources, const std::string& name) {
  const std::filesystem::path host_file = intended_file(sources);
  TQ_TRY(make_own_folder(host_file.parent_path()));
  const std::filesystem::path file = host_file.parent_path() / ("." + name + ".configure");
  while (true) {
    auto lock = FileLock::try_lock(file);
    if (!lock && lock.error().status == Status::kLimited) return in_use(file, name);
    if (!lock) return std::move(lock.error());
    if (!still_there(file, lock->fd())) continue;
    const std::string holder =
        "process " + std::to_string(::getpid()) + " of the user " + user_name() + "\n";
    if (::ftruncate(lock->fd(), 0) != 0)
      return errno_error(Status::kConfig, "cannot write", file, errno);
    TQ_TRY(write_all(lock->fd(), holder, file));
    return ConfigureLock(file, std::move(*lock));
  }
}

// While the lock is held, so that it is no file of somebody else's.
ConfigureLock::~ConfigureLock() {
  if (!file_.empty()) ::unlink(file_.c_str());
}

}  // namespace tq
