// SPDX-License-Identifier: Apache-2.0
#include "log/rotated_file.hpp"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "core/file.hpp"

namespace tq {
namespace {

using MakeFolder = Result<void> (*)(const std::filesystem::path& path, mode_t mode);

constexpr mode_t kFileMode = 0640;  // nothing of a log is for everybody

// Makes the file if it is missing and finds out whether it can be written. It never waits, whatever
// stands there in its place.
Result<void> prepare_file(const std::filesystem::path& file, MakeFolder make) {
  const auto as_user = [](Error error) {
    error.message += " (as user " + user_name() + ")";
    return error;
  };
  const auto folder = file.parent_path();
  if (!folder.empty())
    if (auto made = make(folder, 0750); !made) return as_user(made.error());
  const auto fd = open_file(file, O_WRONLY | O_CREAT | O_APPEND, kFileMode, "cannot write the log");
  return fd ? Result<void>() : as_user(fd.error());
}

}  // namespace

struct RotatedFile::Sink {
  Sink(const std::filesystem::path& file, size_t bytes, uint32_t keep)
      : sink(file.string(), bytes, keep, false, handlers()) {
    sink.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc));
  }

  // A file that is made after a rotation is no more open to others than the first one.
  spdlog::file_event_handlers handlers() {
    spdlog::file_event_handlers out;
    // spdlog opens by the name, also after a rotation, and would wait for a named pipe.
    out.before_open = [](const spdlog::filename_t& name) {
      if (const auto regular = check_regular(name, 0); !regular)
        throw spdlog::spdlog_ex(regular.error().message);
    };
    out.after_open = [this](const spdlog::filename_t&, std::FILE* opened) {
      ::fchmod(::fileno(opened), kFileMode);
      struct stat info {};
      if (::fstat(::fileno(opened), &info) != 0) return;
      device = info.st_dev;
      inode = info.st_ino;
    };
    return out;
  }

  dev_t device = 0;  // of the file that is open
  ino_t inode = 0;
  spdlog::sinks::rotating_file_sink_st sink;
};

RotatedFile::RotatedFile(std::filesystem::path file, uint64_t max_size_mb, uint32_t keep)
    : file_(std::move(file)), max_size_mb_(max_size_mb), keep_(keep) {}

RotatedFile::~RotatedFile() = default;

Result<std::unique_ptr<RotatedFile>> RotatedFile::open(std::filesystem::path file,
                                                       uint64_t max_size_mb, uint32_t keep) {
  std::unique_ptr<RotatedFile> out(new RotatedFile(std::move(file), max_size_mb, keep));
  TQ_TRY(prepare_file(out->file_, &make_folder));
  TQ_TRY(out->open_sink());
  return out;
}

Result<void> RotatedFile::open_sink() {
  try {
    const size_t bytes = std::max<size_t>(max_size_mb_, 1) << 20;
    sink_ = std::make_unique<Sink>(file_, bytes, keep_);
  } catch (const spdlog::spdlog_ex& error) {
    return Error{Status::kConfig, "cannot write the log " + file_.string() + ": " + error.what()};
  }
  return {};
}

void RotatedFile::write(std::string_view line) {
  try {
    sink_->sink.log({"tqhost", spdlog::level::info, {line.data(), line.size()}});
    sink_->sink.flush();
  } catch (const std::exception&) {  // a full disk must not cost the run
  }
}

Result<bool> RotatedFile::follow_name() {
  struct stat at {};
  if (::stat(file_.c_str(), &at) == 0 && at.st_dev == sink_->device && at.st_ino == sink_->inode)
    return false;
  // Of a state folder that was moved as a whole nothing is made anew here.
  TQ_TRY(prepare_file(file_, &make_last_folder));
  TQ_TRY(open_sink());
  return true;
}

}  // namespace tq
