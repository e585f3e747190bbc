// SPDX-License-Identifier: Apache-2.0
#include "worker/worker_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "core/record_json.hpp"

namespace tq {
namespace {

constexpr size_t kLineBytesMost = 64 * 1024;  // a worker's report line; longer ones are dropped

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

// The descriptors of the worker; everything else of ours is close-on-exec.
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

// A fresh signal mask and default handlers, whatever this process has.
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

// dup2 onto itself would keep close-on-exec, so the source must be another number.
Result<UniqueFd> above_reserved(UniqueFd fd) {
  if (fd.get() > kLastFd) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kLastFd + 1));
  if (!moved) return errno_error(Status::kTransient, "cannot duplicate", "a descriptor", errno);
  return moved;
}

struct Pipe {
  UniqueFd read_end, write_end;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return errno_error(Status::kTransient, "cannot create", "a pipe", errno);
  Pipe pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
  TQ_ASSIGN(pipe.read_end, above_reserved(std::move(pipe.read_end)));
  TQ_ASSIGN(pipe.write_end, above_reserved(std::move(pipe.write_end)));
  ::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

// Its own output, which it could not read any more. It is not shown: a secret may be in it, and
// this process knows none to hide.
std::string unread_output(int fd) {
  int bytes = 0;
  if (::ioctl(fd, FIONREAD, &bytes) != 0 || bytes == 0) return {};
  return "the last " + std::to_string(bytes) +
         " bytes that it printed are not shown: it died before it could hide the secrets in them";
}

Result<pid_t> spawn(const std::string& instance, int assignment, int report, const Pipe& output,
                    int board, int console) {
  FileActions actions;
  actions.open_nothing(STDIN_FILENO);
  actions.dup(assignment, kAssignmentFd);
  actions.dup(report, kReportFd);
  actions.dup(output.read_end.get(), kOutputFd);
  actions.dup(console, kConsoleFd);
  actions.dup(board, kBoardFd);
  actions.dup(output.write_end.get(), STDOUT_FILENO);
  actions.dup(output.write_end.get(), STDERR_FILENO);
  std::string program = "tqhost", command = "worker", name = instance;
  char* const argv[] = {program.data(), command.data(), name.data(), nullptr};
  char* const environment[] = {nullptr};
  const Attributes attributes;
  // The link works also when the file has been replaced; a loader in its place does not start us.
  std::error_code error;
  const auto own = own_program();
  const bool linked = own == std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string path = linked ? "/proc/self/exe" : own.string();
  pid_t pid = 0;
  const int failure =
      ::posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(), argv, environment);
  if (failure != 0)
    return errno_error(Status::kTransient, "cannot start a worker for", instance, failure);
  return pid;
}

}  // namespace

Exit WorkerEnd::exit() const {
  // A plugin that calls exit() has not done its work, whatever status it gives.
  if (!reported || signal != 0 || overdue || exit_status < 0 || exit_status > 4)
    return Exit::kFailed;
  return static_cast<Exit>(exit_status);
}

std::string WorkerEnd::how() const {
  const std::string number = std::to_string(exit_status);
  std::string text = "ended without a word, exit status " + number;
  if (signal != 0) {
    text = "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  } else if (!exit_call.empty()) {
    text = "ended because the plugin called " + exit_call + "(" + number + ")";
  } else if (exit_status == kStopNotHeard && (stopped || overdue)) {
    text = "did not heed that it was asked to stop, and ended when it was asked again";
  } else if (in_plugin) {
    text = "ended in the plugin's code with exit status " + number + ": the plugin called _exit(" +
           number + ") or became another program";
  }
  return broken.empty() ? text : text + "; before that the plugin broke the contract: " + broken;
}

Result<WorkerProcess> WorkerProcess::start(const Assignment& assignment) {
  Assignment mine = assignment;
  mine.parent_pid = ::getpid();
  TQ_ASSIGN(UniqueFd assignment_fd, write_assignment(mine));
  TQ_ASSIGN(assignment_fd, above_reserved(std::move(assignment_fd)));
  TQ_ASSIGN(Pipe report, make_pipe());
  TQ_ASSIGN(Pipe output, make_pipe());
  WorkerProcess worker;
  TQ_ASSIGN(worker.board_, make_call_board());
  TQ_ASSIGN(worker.board_, above_reserved(std::move(worker.board_)));
  const int console = assignment.log_to == LogTo::kConsole ? STDOUT_FILENO : STDERR_FILENO;
  TQ_ASSIGN(const UniqueFd console_fd,
            above_reserved(UniqueFd(::fcntl(console, F_DUPFD_CLOEXEC, kLastFd + 1))));
  TQ_ASSIGN(worker.end_.pid, spawn(assignment.instance, assignment_fd.get(), report.write_end.get(),
                                   output, worker.board_.get(), console_fd.get()));
  worker.report_ = std::move(report.read_end);
  worker.output_ = std::move(output.read_end);
  worker.process_ = UniqueFd(pidfd_open(worker.end_.pid));
  worker.end_.instance = assignment.instance;
  return worker;
}

void WorkerProcess::take_lines(const std::function<void(const Json& line)>& take) {
  char buffer[4096];
  while (report_) {
    const ssize_t got = ::read(report_.get(), buffer, sizeof buffer);
    if (got < 0) return;
    if (got == 0) return report_.reset();
    for (const char c : std::string_view(buffer, static_cast<size_t>(got))) {
      if (c != '\n') {
        if (line_.size() <= kLineBytesMost) line_ += c;
        continue;
      }
      const auto json = line_.size() <= kLineBytesMost
                            ? parse_json(line_, "a worker's report")
                            : Result<Json>(Error{Status::kData, "too long"});
      line_.clear();
      if (!json || !json->is_object()) continue;
      note(*json);
      take(*json);
    }
  }
}

void WorkerProcess::note(const Json& line) {
  if (line.contains("plugin_runs")) end_.in_plugin = flag_at(line, "plugin_runs");
  if (line.contains("exit_called")) end_.exit_call = text_at(line, "exit_called");
  if (line.contains("contract_broken")) end_.broken = text_at(line, "contract_broken");
  const auto end = line.find("end");
  if (end == line.end() || !end->is_object()) return;
  end_.reported = true;
  end_.state = text_at(*end, "state");
  end_.note = text_at(*end, "note");
  end_.status = text_at(*end, "status");
  // The plugin's code is in the process that says it.
  end_.retry_after_ms = std::min(number_at<uint64_t>(*end, "retry_after_ms"), kLongestAskedMs);
}

bool WorkerProcess::reap(const std::function<void(const Json& line)>& take) {
  siginfo_t ended{};
  if (!running_ ||
      ::waitid(P_PID, static_cast<id_t>(end_.pid), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      ended.si_pid != end_.pid)
    return false;
  // Before the process is taken from the table: until then nobody else can have its number.
  kill_group();
  int status = 0;
  if (::waitpid(end_.pid, &status, WNOHANG) != end_.pid) return false;
  running_ = false;
  take_lines(take);
  end_.last_words = unread_output(output_.get());
  end_.call = read_call_board(board_.get());
  if (WIFEXITED(status)) end_.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
  return true;
}

void WorkerProcess::signal(int number) {
  if (running_) ::kill(end_.pid, number);
}

void WorkerProcess::kill_group() {
  if (running_ && end_.pid > 1) ::kill(-end_.pid, SIGKILL);
}

}  // namespace tq
