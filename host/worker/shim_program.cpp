// SPDX-License-Identifier: Apache-2.0
#include "worker/shim_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "shim/image.hpp"
#include "shim/words.hpp"
#include "worker/assignment.hpp"

namespace tq {
namespace {

static_assert(kShimLinkFd > kLastFd, "the worker's descriptors come first");

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // since Linux 6.3
#endif

// The descriptors of the worker and its shim; everything else of ours is close-on-exec.
class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  int dup(int from, int to) { return ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  int open_nothing(int at) {
    return ::posix_spawn_file_actions_addopen(&actions_, at, "/dev/null", O_RDONLY, 0);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A fresh signal mask and default handlers, whatever this process has; a process group of its own,
// so that a terminal's Ctrl-C reaches the parent alone.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

UniqueFd make_image() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(::memfd_create("tqhost-shim", kFlags | MFD_EXEC));
  if (!fd) fd = UniqueFd(::memfd_create("tqhost-shim", kFlags));
  if (!fd || !write_all(fd.get(), shim_image(), "the shim's program") ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return {};
  auto moved = above_reserved(std::move(fd));
  return moved ? moved.take() : UniqueFd();
}

// The link works also when the file has been replaced; a loader in its place does not start us.
std::string path_of_worker() {
  std::error_code error;
  const auto own = own_program();
  const bool linked = own == std::filesystem::read_symlink("/proc/self/exe", error);
  return linked ? "/proc/self/exe" : own.string();
}

}  // namespace

Result<UniqueFd> above_reserved(UniqueFd fd) {
  if (fd.get() > kShimLastFd) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kShimLastFd + 1));
  if (!moved) return errno_error(Status::kTransient, "cannot duplicate", "a descriptor", errno);
  return moved;
}

ShimProgram::ShimProgram() : image_(make_image()) {}

Result<pid_t> ShimProgram::start(const std::string& instance,
                                 const WorkerDescriptors& descriptors) const {
  const std::string worker = path_of_worker();
  UniqueFd program(::open(worker.c_str(), O_PATH | O_CLOEXEC));
  if (!program) return errno_error(Status::kTransient, "cannot start", worker, errno);
  TQ_ASSIGN(program, above_reserved(std::move(program)));
  FileActions actions;
  actions.open_nothing(STDIN_FILENO);
  actions.dup(descriptors.assignment, kAssignmentFd);
  actions.dup(descriptors.report, kReportFd);
  actions.dup(descriptors.output_read, kOutputFd);
  actions.dup(descriptors.console, kConsoleFd);
  actions.dup(descriptors.board, kBoardFd);
  actions.dup(descriptors.link, kShimLinkFd);
  actions.dup(program.get(), kShimProgramFd);
  actions.dup(descriptors.output_write, STDOUT_FILENO);
  actions.dup(descriptors.output_write, STDERR_FILENO);
  std::string name = "tqhost", command = "shim", of = instance;
  char* const argv[] = {name.data(), command.data(), of.data(), nullptr};
  char* const environment[] = {nullptr};
  const Attributes attributes;
  const auto spawn = [&](const std::string& path, pid_t* pid) {
    return ::posix_spawn(pid, path.c_str(), actions.get(), attributes.get(), argv, environment);
  };
  pid_t pid = 0;
  int failure = EACCES;
  if (image_) failure = spawn("/proc/self/fd/" + std::to_string(image_.get()), &pid);
  // Some systems run nothing that lies in memory only (vm.memfd_noexec).
  if (failure == EACCES || failure == EPERM) failure = spawn(worker, &pid);
  if (failure != 0)
    return errno_error(Status::kTransient, "cannot start a worker for", instance, failure);
  return pid;
}

}  // namespace tq
