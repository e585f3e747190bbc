// SPDX-License-Identifier: Apache-2.0
#include "store/state_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/text.hpp"
#include "store/layout.hpp"
#include "store/sqlite.hpp"

namespace tq {

Result<FileLock> take_lease(const StoreOptions& options) {
  const std::filesystem::path file = options.file.string() + ".lock";
  auto lease = FileLock::try_lock(file);
  if (!lease && lease.error().status == Status::kLimited) {
    const auto holder = read_file(file, 64);
    const std::string who =
        holder && !holder->empty() ? " (process " + printable(trim(*holder)) + ")" : "";
    return Error{Status::kLimited, options.instance + " is in use by another process" + who +
                                       "; it can be changed when that has ended"};
  }
  if (!lease) return lease;
  // For people and for the message above; the lock itself is what counts.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lease->fd(), 0) != 0 || ::pwrite(lease->fd(), pid.data(), pid.size(), 0) < 0)
    return errno_error(Status::kTransient, "cannot write", file, errno);
  return lease;
}

Result<void> prepare_file(const StoreOptions& options) {
  std::error_code error;
  if (std::filesystem::symlink_status(options.file, error).type() ==
      std::filesystem::file_type::not_found)
    return create_file(options.file);
  // Through a link, the mode of a file somewhere else would be changed.
  TQ_ASSIGN(const UniqueFd fd, open_file(options.file, O_RDONLY | O_NOFOLLOW));
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && (info.st_mode & 077) != 0 && ::fchmod(fd.get(), 0600) != 0)
    return errno_error(Status::kConfig, "cannot make private", options.file, errno);
  return {};
}

Result<void> set_aside(const StoreOptions& options) {
  TQ_ASSIGN(auto database, Database::open(options.file, Database::Mode::kWrite));
  TQ_ASSIGN(const bool whole, database->is_whole());
  if (whole) return {};
  database.reset();
  const std::string aside = options.file.string() + ".damaged";
  for (const char* part : {"", "-wal", "-shm"})
    if (::rename((options.file.string() + part).c_str(), (aside + part).c_str()) != 0 &&
        errno != ENOENT)
      return errno_error(Status::kConfig, "cannot set aside", options.file, errno);
  return create_file(options.file);
}

}  // namespace tq
