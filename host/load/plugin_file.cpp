// SPDX-License-Identifier: Apache-2.0
#include "load/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/file.hpp"

namespace tq {
namespace {

constexpr off_t kFileBytesMost = 256 << 20;

Error refuse(std::string reason) { return {Status::kConfig, std::move(reason)}; }

Error refuse(std::string_view what, int number) {
  return refuse(std::string(what) + ": " + std::generic_category().message(number));
}

Result<void> check_owner(const struct stat& info) {
  if (info.st_uid == 0 || info.st_uid == ::geteuid()) return {};
  return refuse("owned by user " + std::to_string(info.st_uid) + ", neither root nor user " +
                std::to_string(::geteuid()) + " who runs this host");
}

Result<off_t> checked_size(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return refuse("cannot be read", errno);
  if (!S_ISREG(info.st_mode)) return refuse("not a regular file");
  TQ_TRY(check_owner(info));
  if ((info.st_mode & S_IWOTH) != 0) return refuse("anybody may write it; chmod o-w");
  if (info.st_size > kFileBytesMost)
    return refuse("too large: " + std::to_string(info.st_size) + " bytes, the bound is " +
                  std::to_string(kFileBytesMost));
  return info.st_size;
}

}  // namespace

Result<std::string> read_plugin_file(int fd) {
  TQ_ASSIGN(const off_t size, checked_size(fd));
  std::string bytes(static_cast<size_t>(size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse("cannot be read", errno);
    if (got == 0) return refuse("it became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

Result<std::string> read_plugin_file(const std::filesystem::path& file) {
  TQ_ASSIGN(const UniqueFd fd, open_file(file, O_RDONLY));
  return read_plugin_file(fd.get());
}

Result<void> check_plugin_folder(const std::filesystem::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0)
    return refuse("its folder " + folder.string() + " cannot be read", errno);
  if ((info.st_mode & S_IWOTH) != 0)
    return refuse("anybody may put files into its folder " + folder.string() + "; chmod o-w");
  return {};
}

}  // namespace tq
