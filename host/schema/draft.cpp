// SPDX-License-Identifier: Apache-2.0
#include "schema/draft.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/file.hpp"

namespace tq {

Result<void> replace_by_draft(const std::filesystem::path& file, std::string_view bytes) {
  const std::filesystem::path draft = file.string() + ".draft";
  // One that was left goes first: it may be somebody else's, who would have the new bytes then.
  ::unlink(draft.c_str());
  const UniqueFd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return errno_error(Status::kTransient, "cannot write", draft, errno);
  if (::fchmod(fd.get(), 0600) != 0)
    return errno_error(Status::kTransient, "cannot write", draft, errno);
  TQ_TRY(write_all(fd.get(), bytes, draft));
  if (::fsync(fd.get()) != 0 || ::rename(draft.c_str(), file.c_str()) != 0)
    return errno_error(Status::kTransient, "cannot write", file, errno);
  const std::filesystem::path folder = file.parent_path();
  const UniqueFd folder_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_fd || ::fsync(folder_fd.get()) != 0)
    return errno_error(Status::kTransient, "cannot write the folder", folder, errno);
  return {};
}

}  // namespace tq
