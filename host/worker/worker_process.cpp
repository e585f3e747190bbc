// SPDX-License-Identifier: Apache-2.0
#include "worker/worker_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include "core/record_json.hpp"
#include "core/sanitized.hpp"
#include "core/world.hpp"
#include "load/plugin_copies.hpp"
#include "shim/process_tree.hpp"

namespace tq {
namespace {

constexpr size_t kLineBytesMost = 64 * 1024;   // a worker's report line; longer ones are dropped
constexpr size_t kReadBytesMost = 256 * 1024;  // at a time: others wait for this thread, too
constexpr int kLastReads = 8;                  // a pipe holds no more than these take
constexpr uint64_t kShimKillsMs = 4'000;       // from the order to kill; then its parent does
constexpr uint64_t kUnendedMs = 30'000;        // what has not ended by then hangs in the kernel

// Bounds of the shim. It looks less often at a listener, which may idle for years.
constexpr uint32_t kLookMs = 1'000, kListenerLookMs = 5'000;
constexpr uint32_t kGraceMs = 8'000;  // for an orderly end when the parent is gone

UniqueFd pidfd_open(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

void pidfd_signal(const UniqueFd& process, int number) {
  if (process) ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
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

ShimOrder order_of(const Assignment& assignment) {
  ShimOrder order;
  order.grace_ms = kGraceMs;
  order.look_ms = assignment.listen ? kListenerLookMs : kLookMs;
  if (assignment.debugger) return order;  // it has no bounds
  order.processes = kWorkerProcessesMost;
  // A sanitizer's shadow fits into no bound.
  if (!kSanitized) order.memory_kib = assignment.memory_mb << 10;
  return order;
}

// "1,230"
std::string grouped(uint64_t number) {
  std::string out = std::to_string(number);
  for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

}  // namespace

std::string cause_of(const ShimReport& report, uint64_t memory_mb) {
  switch (report.cause) {
    case ShimCause::kMemory:
      return "it used " + grouped((report.used_kib + 1023) >> 10) + " MB of limits.memory_mb " +
             grouped(memory_mb);
    case ShimCause::kProcesses:
      return "it was " + grouped(report.processes) + " processes, and may be " +
             grouped(kWorkerProcessesMost);
    case ShimCause::kNone:
      break;
  }
  return {};
}

Exit WorkerEnd::exit() const {
  // A plugin that calls exit() has not done its work, whatever status it gives.
  if (!reported || signal != 0 || overdue || exit_status < 0 || exit_status > 4)
    return Exit::kFailed;
  return static_cast<Exit>(exit_status);
}

std::string WorkerEnd::how() const {
  if (!started) return "could not be started: " + cause;
  const std::string number = std::to_string(exit_status);
  std::string text = "ended without a word, exit status " + number;
  if (!cause.empty()) {
    text = "was ended: " + cause;
  } else if (signal != 0) {
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

std::string WorkerEnd::told() const {
  return reported && signal == 0 ? note : "its worker " + how();
}

bool WorkerEnd::file_failed() const {
  if (stage != PluginStage::kLoading && stage != PluginStage::kCreating) return false;
  if (overdue) return true;
  if (stopped || !started) return false;
  if (!cause.empty()) return true;  // it held more than it may, or signalled its parent
  // These two come from elsewhere, memory that is short among it.
  if (signal != 0) return signal != SIGKILL && signal != SIGTERM;
  if (!reported) return true;
  if (status.empty() || status == status_name(Status::kCancelled)) return false;
  if (stage == PluginStage::kLoading) return status != status_name(Status::kTransient);
  return status != status_name(Status::kConfig) && status != status_name(Status::kAuth);
}

Result<WorkerProcess> WorkerProcess::start(const Assignment& assignment, const ShimProgram& shim) {
  TQ_ASSIGN(UniqueFd assignment_fd, write_assignment(assignment));
  TQ_ASSIGN(assignment_fd, above_reserved(std::move(assignment_fd)));
  TQ_ASSIGN(Pipe report, make_pipe());
  TQ_ASSIGN(Pipe output, make_pipe());
  WorkerProcess worker;
  TQ_ASSIGN(worker.board_, make_call_board());
  TQ_ASSIGN(worker.board_, above_reserved(std::move(worker.board_)));
  UniqueFd link;
  TQ_ASSIGN(worker.link_, ShimLink::make(order_of(assignment), &link));
  const int console = assignment.log_to == LogTo::kConsole ? STDOUT_FILENO : STDERR_FILENO;
  TQ_ASSIGN(const UniqueFd console_fd,
            above_reserved(UniqueFd(::fcntl(console, F_DUPFD_CLOEXEC, kShimLastFd + 1))));
  WorkerDescriptors descriptors;
  descriptors.assignment = assignment_fd.get();
  descriptors.report = report.write_end.get();
  descriptors.board = worker.board_.get();
  descriptors.console = console_fd.get();
  descriptors.link = link.get();
  descriptors.output_read = output.read_end.get();
  descriptors.output_write = output.write_end.get();
  TQ_ASSIGN(worker.shim_, shim.start(assignment.instance, descriptors));
  worker.report_ = std::move(report.read_end);
  worker.output_ = std::move(output.read_end);
  worker.shim_process_ = pidfd_open(worker.shim_);
  worker.end_.instance = assignment.instance;
  worker.copy_ = hold_copy(assignment.plugin_copy);
  worker.memory_mb_ = assignment.memory_mb;
  return worker;
}

void WorkerProcess::add_to(std::vector<pollfd>& fds) const {
  if (!running_) return;
  fds.push_back({shim_gone_ ? process_.get() : shim_process_.get(), POLLIN, 0});
  for (const int fd : {link_.fd(), report_.get()})
    if (fd >= 0) fds.push_back({fd, POLLIN, 0});
}

void WorkerProcess::take_lines(const std::function<void(const Json& line)>& take) {
  char buffer[4096];
  for (size_t taken = 0; report_ && taken < kReadBytesMost;) {
    const ssize_t got = ::read(report_.get(), buffer, sizeof buffer);
    if (got < 0) return;
    if (got == 0) return report_.reset();
    taken += static_cast<size_t>(got);
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
  if (const std::string stage = text_at(line, "plugin"); !stage.empty())
    end_.stage = stage_from(stage);
  const auto end = line.find("end");
  if (end == line.end() || !end->is_object()) return;
  end_.reported = true;
  end_.state = text_at(*end, "state");
  end_.note = text_at(*end, "note");
  end_.status = text_at(*end, "status");
  // The plugin's code is in the process that says it.
  end_.retry_after_ms = std::min(number_at<uint64_t>(*end, "retry_after_ms"), kLongestAskedMs);
}

void WorkerProcess::hear_shim() {
  link_.hear([this](const ShimReport& report, UniqueFd process) {
    switch (report.word) {
      case ShimWord::kStarted:
        end_.pid = report.pid;
        process_ = std::move(process);
        // It may have been told to before anybody knew the worker.
        if (killed_ms_ != 0) pidfd_signal(process_, SIGKILL);
        break;
      case ShimWord::kNotStarted:
        told_end_ = true;
        end_.started = false;
        end_.cause = std::generic_category().message(report.status);
        break;
      case ShimWord::kBlind:
        watched_ = false;
        break;
      case ShimWord::kEnded:
        told_end_ = true;
        if (end_.cause.empty()) end_.cause = cause_of(report, memory_mb_);
        end_.left_behind = report.left_behind;
        end_.unended = report.unended;
        if (WIFEXITED(report.status)) end_.exit_status = WEXITSTATUS(report.status);
        if (WIFSIGNALED(report.status)) end_.signal = WTERMSIG(report.status);
        break;
    }
  });
}

// Nobody but a process of the same user can signal it, and its worker is the one that gains by it.
void WorkerProcess::look_at_shim() {
  siginfo_t info{};
  if (shim_gone_ ||
      ::waitid(P_PID, static_cast<id_t>(shim_), &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) !=
          0 ||
      info.si_pid != shim_)
    return;
  if (info.si_code == CLD_STOPPED) {
    ::waitid(P_PID, static_cast<id_t>(shim_), &info, WSTOPPED | WNOHANG);
    end_.cause =
        "the plugin, or another process of this user, stopped its parent, which watches it";
    return kill_below_shim();
  }
  ::waitpid(shim_, nullptr, 0);
  shim_gone_ = true;
  hear_shim();  // what it said before
  if (told_end_) return;
  orphaned_ms_ = RealWorld().mono_ms();
  if (!end_.cause.empty() || killed_ms_ != 0) return;
  if (info.si_code == CLD_EXITED) {
    end_.started = false;
    end_.cause =
        "its parent, which watches it, ended with status " + std::to_string(info.si_status);
  } else {
    end_.cause =
        "the plugin, or another process of this user, signalled its parent, which watches "
        "it (signal " +
        std::to_string(info.si_status) + ")";
  }
}

// From here, because the shim does not do it: all that is below it, and what it does then is up to
// it.
void WorkerProcess::kill_below_shim() {
  pidfd_signal(process_, SIGKILL);
  const auto below = std::make_unique<ProcessTree>(shim_);
  below->look();
  below->kill();
  ::kill(shim_, SIGCONT);
  kill();
}

// The shim was killed, so that its worker is a stranger's child. Whether that has ended, with what
// can still be found below it.
bool WorkerProcess::look_at_orphan() {
  pollfd ended{process_.get(), POLLIN, 0};
  if (!process_ || ::poll(&ended, 1, 0) == 1) {
    if (end_.signal == 0) end_.signal = SIGKILL;
    return true;
  }
  const auto below = std::make_unique<ProcessTree>(end_.pid);
  below->look();
  below->kill();
  pidfd_signal(process_, SIGKILL);
  end_.left_behind = std::max(end_.left_behind, static_cast<uint32_t>(below->size()));
  if (RealWorld().mono_ms() - orphaned_ms_ < kUnendedMs) return false;
  end_.unended = 1;
  return true;
}

bool WorkerProcess::reap(const std::function<void(const Json& line)>& take) {
  if (!running_) return false;
  hear_shim();
  look_at_shim();
  if (!shim_gone_ || (!told_end_ && !look_at_orphan())) return false;
  running_ = false;
  for (int i = 0; i < kLastReads; ++i) take_lines(take);
  report_.reset();
  end_.last_words = unread_output(output_.get());
  end_.call = read_call_board(board_.get());
  return true;
}

void WorkerProcess::signal(int number) {
  if (!running_) return;
  hear_shim();
  if (number == SIGKILL) return kill();
  if (!process_) {
    link_.tell(ShimCommand::kStop);
  } else {
    pidfd_signal(process_, number);
    pidfd_signal(process_, SIGCONT);  // one that was stopped would not hear it
  }
}

void WorkerProcess::kill() {
  if (!running_) return;
  hear_shim();
  const uint64_t now_ms = RealWorld().mono_ms();
  if (killed_ms_ == 0) killed_ms_ = now_ms;
  pidfd_signal(process_, SIGKILL);
  link_.tell(ShimCommand::kKill);
  if (shim_gone_ || now_ms - killed_ms_ < kShimKillsMs) return;
  const auto below = std::make_unique<ProcessTree>(shim_);
  below->look();
  below->kill();
  ::kill(shim_, SIGKILL);
}

}  // namespace tq
