// SPDX-License-Identifier: Apache-2.0
#include "core/file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/text.hpp"

namespace tq {

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::filesystem::path own_program() {
  std::error_code error;
  const std::filesystem::path exe = std::filesystem::read_symlink("/proc/self/exe", error);
  if (exe.filename().string().rfind("ld-linux", 0) != 0) return exe;
  const std::filesystem::path prefix = exe.parent_path().parent_path().parent_path().parent_path();
  return prefix / "bin" / "tqhost";
}

namespace {

constexpr size_t kPathBytesMost = 4096;

// For messages; nullptr: a regular file.
const char* other_kind(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return nullptr;
    case S_IFDIR:
      return "a folder";
    case S_IFLNK:
      return "a link";
    case S_IFIFO:
      return "a named pipe";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

Result<void> need_regular(const struct stat& info, std::string_view what,
                          const std::filesystem::path& path) {
  const char* const kind = other_kind(info.st_mode);
  if (kind == nullptr) return {};
  return Error{Status::kConfig, std::string(what) + " " + printable(path.string(), kPathBytesMost) +
                                    ": it is not a regular file but " + kind +
                                    "; move it away, or name another file"};
}

std::string name_of(uid_t id) {
  const passwd* user = ::getpwuid(id);
  return user != nullptr ? user->pw_name : std::to_string(id);
}

}  // namespace

std::string user_name() { return name_of(::geteuid()); }

Error errno_error(Status status, std::string_view what, const std::filesystem::path& path,
                  int number) {
  std::string message(what);
  message += ' ';
  message += printable(path.string(), kPathBytesMost);
  message += ": ";
  message += std::generic_category().message(number);
  return {status, std::move(message)};
}

Result<void> check_regular(const std::filesystem::path& path, int flags, std::string_view what) {
  struct stat info {};
  const int links = (flags & O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
  if (::fstatat(AT_FDCWD, path.c_str(), &info, links) != 0) return {};
  return need_regular(info, what, path);
}

// Looked at first, because opening is something to a device; and again, because it may be another
// file by then.
Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, mode_t mode,
                           std::string_view what) {
  TQ_TRY(check_regular(path, flags, what));
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return errno_error(Status::kConfig, what, path, errno);
  TQ_TRY(need_regular(info, what, path));
  return fd;
}

Result<std::string> read_file(const std::filesystem::path& path, size_t limit, Pipes pipes) {
  UniqueFd fd;
  if (pipes == Pipes::kRefuse) {
    TQ_ASSIGN(fd, open_file(path, O_RDONLY));
  } else {
    fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return errno_error(Status::kConfig, "cannot open", path, errno);
  }
  std::string bytes;
  constexpr size_t kStepBytes = 64 * 1024;
  while (true) {
    const size_t old_size = bytes.size();
    bytes.resize(old_size + kStepBytes);
    const ssize_t got = ::read(fd.get(), bytes.data() + old_size, kStepBytes);
    if (got < 0 && errno == EINTR) {
      bytes.resize(old_size);
      continue;
    }
    if (got < 0) return errno_error(Status::kConfig, "cannot read", path, errno);
    bytes.resize(old_size + static_cast<size_t>(got));
    if (bytes.size() > limit)
      return Error{Status::kConfig, "cannot read " + path.string() + ": it is larger than " +
                                        std::to_string(limit) + " bytes"};
    if (got == 0) return bytes;
  }
}

Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& name) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno_error(Status::kTransient, "cannot write", name, errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<void> keep_name(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && ::fsync(fd.get()) != 0 && errno != EINVAL && errno != EROFS)
    return errno_error(Status::kTransient, "cannot write the folder", folder, errno);
  return {};
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   mode_t mode) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::string temporary = path.string() + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return errno_error(Status::kTransient, "cannot create a file in", folder, errno);
  auto fail = [&](Error error) {
    ::unlink(temporary.c_str());
    return error;
  };
  if (auto written = write_all(fd.get(), bytes, path); !written) return fail(written.error());
  if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0)
    return fail(errno_error(Status::kTransient, "cannot write", path, errno));
  const UniqueFd folder_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_fd || ::fsync(folder_fd.get()) != 0)
    return errno_error(Status::kTransient, "cannot write the folder", folder, errno);
  return {};
}

Result<void> make_folder(const std::filesystem::path& path, mode_t mode) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (path.has_parent_path() && path.parent_path() != path)
    TQ_TRY(make_folder(path.parent_path(), mode));
  return make_last_folder(path, mode);
}

Result<void> make_last_folder(const std::filesystem::path& path, mode_t mode) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (::mkdir(path.c_str(), mode) == 0) return keep_name(path);
  const int number = errno;
  if (number != EEXIST) return errno_error(Status::kConfig, "cannot make the folder", path, number);
  if (std::filesystem::is_directory(path, error)) return {};  // somebody else was quicker
  return Error{Status::kConfig, "cannot make the folder " + path.string() +
                                    ": a file or a link to nowhere has that name; move it away"};
}

Result<void> make_own_folder(const std::filesystem::path& path, mode_t mode) {
  TQ_TRY(make_folder(path, mode));
  return check_own(path, "is to hold files of tqhost");
}

Result<void> check_own(const std::filesystem::path& path, std::string_view what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return errno_error(Status::kConfig, "cannot open", path, errno);
  const std::string name = path.string();
  const auto refuse = [&](const std::string& why) {
    return Error{Status::kConfig, name + " " + std::string(what) + " and " + why};
  };
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    const std::string owner = name_of(status.st_uid);
    return refuse("belongs to the user " + owner + ", not to " + user_name() +
                  ", who runs this; run it as " + owner + ", or, as root, type: chown " +
                  user_name() + " " + name);
  }
  // What nobody can write is as it was mounted: a ConfigMap's folder has mode 0777 and is
  // read-only.
  struct statvfs mount {};
  if (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0) return {};
  const bool only_adds = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !only_adds)
    return refuse("can be changed by other users; type: chmod go-w " + name);
  return {};
}

Result<FileLock> FileLock::lock(const std::filesystem::path& path, int operation) {
  TQ_ASSIGN(UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
  int result = 0;
  do result = ::flock(fd.get(), operation);
  while (result != 0 && errno == EINTR);
  if (result != 0 && errno == EWOULDBLOCK)
    return Error{Status::kLimited, path.string() + " is locked by another process"};
  if (result != 0) return errno_error(Status::kTransient, "cannot lock", path, errno);
  return FileLock(std::move(fd));
}

Result<FileLock> FileLock::try_lock(const std::filesystem::path& path) {
  return lock(path, LOCK_EX | LOCK_NB);
}

Result<FileLock> FileLock::wait_lock(const std::filesystem::path& path) {
  return lock(path, LOCK_EX);
}

}  // namespace tq
