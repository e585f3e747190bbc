// SPDX-License-Identifier: Apache-2.0
// logs: the end of an instance's log, and with -f what is written from now on, over rotations.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "cli/command.hpp"
#include "core/file.hpp"
#include "store/run_record.hpp"
#include "worker/layout.hpp"

namespace tq {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;
constexpr useconds_t kLookEveryUs = 200'000;

// Where the last `lines` lines begin.
off_t tail_of(int fd, off_t size, uint32_t lines) {
  std::string piece(kPieceBytes, '\0');
  uint64_t seen = 0;
  for (off_t end = size; end > 0;) {
    const off_t from = std::max<off_t>(0, end - static_cast<off_t>(kPieceBytes));
    const ssize_t got = ::pread(fd, piece.data(), static_cast<size_t>(end - from), from);
    if (got <= 0) return 0;
    for (ssize_t at = got; at-- > 0;)
      // The last byte of the file ends its last line, and begins none.
      if (piece[static_cast<size_t>(at)] == '\n' && from + at + 1 != size && ++seen == lines)
        return from + at + 1;
    end = from;
  }
  return 0;
}

// What lies behind `at`; where it ended.
off_t print_from(int fd, off_t at, std::ostream& out) {
  std::string piece(kPieceBytes, '\0');
  ssize_t got = 0;
  while ((got = ::pread(fd, piece.data(), piece.size(), at)) > 0) {
    out.write(piece.data(), got);
    at += got;
  }
  out.flush();
  return at;
}

ino_t inode_of(const std::filesystem::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? info.st_ino : 0;
}

// Until the reader has gone. After a rotation it begins anew: with the new file of the name, or
// with the same one that was emptied.
void follow(const std::filesystem::path& file, UniqueFd fd, off_t at, std::ostream& out) {
  struct stat info {};
  ::fstat(fd.get(), &info);
  while (out.good()) {
    ::usleep(kLookEveryUs);
    if (struct stat now{}; ::fstat(fd.get(), &now) == 0 && now.st_size < at) at = 0;
    at = print_from(fd.get(), at, out);
    const ino_t now = inode_of(file);
    if (now == 0 || now == info.st_ino) continue;
    auto next = open_file(file, O_RDONLY);
    if (!next) continue;
    print_from(fd.get(), at, out);
    fd = next.take();
    ::fstat(fd.get(), &info);
    at = print_from(fd.get(), 0, out);
  }
}

}  // namespace

Exit logs_command(const CommandContext& context, const LogsOptions& options) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  const auto instance = find_instance(*config, options.instance);
  if (!instance) return fail(context, instance.error());
  // The last run may have been told another place than the configuration's.
  const auto record = read_run_record(run_record_file(*config, options.instance));
  const bool told = record && !record->log.empty();
  const std::filesystem::path file =
      told ? std::filesystem::path(record->log) : log_file(*config, options.instance);
  if (std::error_code error; !std::filesystem::exists(file, error) && !error)
    return fail(
        context,
        {Status::kConfig,
         options.instance + (told ? " has no log any more: " : " has no log yet: ") +
             file.string() + (told ? ", where its last run wrote," : "") + " does not exist"});
  auto log = open_file(file, O_RDONLY, 0, "cannot read the log");
  if (!log) return fail(context, log.error());
  UniqueFd fd = log.take();
  struct stat info {};
  ::fstat(fd.get(), &info);
  const off_t from =
      options.lines == 0 ? info.st_size : tail_of(fd.get(), info.st_size, options.lines);
  const off_t end = print_from(fd.get(), from, context.out);
  if (options.follow) follow(file, std::move(fd), end, context.out);
  return Exit::kDone;
}

}  // namespace tq
