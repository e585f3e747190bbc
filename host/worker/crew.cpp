// SPDX-License-Identifier: Apache-2.0
#include "worker/crew.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace tq {
namespace {

constexpr uint64_t kGraceMs = 30'000;         // from SIGTERM to SIGKILL
constexpr size_t kLineBytesMost = 64 * 1024;  // a worker's report line; longer ones are dropped
constexpr size_t kLastWordsBytesMost = 64 * 1024;

uint64_t mono_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return static_cast<uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

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
  if (fd.get() > kConsoleFd) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kConsoleFd + 1));
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

// Whatever is in it now; nobody waits for more.
std::string drain(int fd) {
  std::string out;
  char buffer[4096];
  ssize_t got = 0;
  while (out.size() < kLastWordsBytesMost && (got = ::read(fd, buffer, sizeof buffer)) > 0)
    out.append(buffer, static_cast<size_t>(got));
  return out;
}

Result<pid_t> spawn(const std::string& instance, int assignment, int report, const Pipe& output,
                    int console) {
  FileActions actions;
  actions.open_nothing(STDIN_FILENO);
  actions.dup(assignment, kAssignmentFd);
  actions.dup(report, kReportFd);
  actions.dup(output.read_end.get(), kOutputFd);
  actions.dup(console, kConsoleFd);
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

struct Crew::Worker {
  std::string instance;
  pid_t pid = 0;
  UniqueFd process;  // becomes readable when the process ends
  UniqueFd report;
  UniqueFd output;   // what it printed, read when it has died
  std::string line;  // what came of the current one
  uint64_t stop_at_ms = 0;
  uint64_t kill_at_ms = 0;  // 0: not asked to stop yet
  bool running = true;
  WorkerEnd end;
};

Exit WorkerEnd::exit() const {
  // A plugin that calls exit() has not done its work, whatever status it gives.
  if (!reported || signal != 0 || overdue || exit_status < 0 || exit_status > 4)
    return Exit::kFailed;
  return static_cast<Exit>(exit_status);
}

Crew::Crew(uint64_t run_minutes, CrewWatcher& watcher)
    : run_ms_(run_minutes * 60'000), watcher_(watcher) {
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  ::sigaddset(&stop, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
}

Crew::~Crew() = default;

Result<void> Crew::start(const Assignment& assignment) {
  Assignment mine = assignment;
  mine.parent_pid = ::getpid();
  TQ_ASSIGN(UniqueFd assignment_fd, write_assignment(mine));
  TQ_ASSIGN(assignment_fd, above_reserved(std::move(assignment_fd)));
  TQ_ASSIGN(Pipe report, make_pipe());
  TQ_ASSIGN(Pipe output, make_pipe());
  const int console = assignment.log_to == LogTo::kConsole ? STDOUT_FILENO : STDERR_FILENO;
  TQ_ASSIGN(const UniqueFd console_fd,
            above_reserved(UniqueFd(::fcntl(console, F_DUPFD_CLOEXEC, kConsoleFd + 1))));
  Worker worker;
  TQ_ASSIGN(worker.pid, spawn(assignment.instance, assignment_fd.get(), report.write_end.get(),
                              output, console_fd.get()));
  worker.report = std::move(report.read_end);
  worker.output = std::move(output.read_end);
  worker.process = UniqueFd(pidfd_open(worker.pid));
  worker.instance = worker.end.instance = assignment.instance;
  worker.end.pid = worker.pid;
  worker.stop_at_ms = assignment.debugger ? UINT64_MAX : mono_ms() + run_ms_;
  workers_.push_back(std::move(worker));
  return {};
}

void Crew::take_line(Worker& worker, std::string_view line) {
  const auto json = parse_json(line, "a worker's report");
  if (!json || !json->is_object()) return;
  const auto number = [](const Json& object, const char* key) -> uint64_t {
    const auto member = object.find(key);
    return member != object.end() && member->is_number_unsigned() ? member->get<uint64_t>() : 0;
  };
  if (const auto progress = json->find("progress");
      progress != json->end() && progress->is_object())
    watcher_.progress(worker.instance, number(*progress, "done"), number(*progress, "total"),
                      text_at(*progress, "text"));
  if (json->contains("effect")) watcher_.effect(worker.instance, text_at(*json, "effect"));
  if (json->contains("warning")) watcher_.warning(worker.instance, text_at(*json, "warning"));
  if (json->contains("answer")) watcher_.answer(worker.instance, text_at(*json, "answer"));
  if (const auto end = json->find("end"); end != json->end() && end->is_object()) {
    worker.end.reported = true;
    worker.end.state = text_at(*end, "state");
    worker.end.note = text_at(*end, "note");
  }
}

void Crew::take_lines(Worker& worker) {
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(worker.report.get(), buffer, sizeof buffer);
    if (got <= 0) {
      if (got == 0) worker.report.reset();
      return;
    }
    for (const char c : std::string_view(buffer, static_cast<size_t>(got))) {
      if (c == '\n') {
        if (worker.line.size() <= kLineBytesMost) take_line(worker, worker.line);
        worker.line.clear();
      } else if (worker.line.size() <= kLineBytesMost) {
        worker.line += c;
      }
    }
  }
}

void Crew::reap(Worker& worker) {
  int status = 0;
  if (::waitpid(worker.pid, &status, WNOHANG) != worker.pid) return;
  worker.running = false;
  if (worker.report) take_lines(worker);
  worker.end.last_words = drain(worker.output.get());
  if (WIFEXITED(status)) worker.end.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) worker.end.signal = WTERMSIG(status);
  worst_ = worse(worst_, worker.end.exit());
  watcher_.ended(worker.end);
}

void Crew::enforce(Worker& worker, uint64_t now_ms) {
  if (worker.kill_at_ms != 0 && now_ms >= worker.kill_at_ms) {
    ::kill(worker.pid, SIGKILL);
    worker.kill_at_ms = now_ms + kGraceMs;
  } else if (worker.kill_at_ms == 0 && now_ms >= worker.stop_at_ms) {
    worker.end.overdue = true;
    worker.kill_at_ms = now_ms + kGraceMs;
    ::kill(worker.pid, SIGTERM);
  }
}

// The first signal asks every worker to stop in order, a second one ends them.
void Crew::pass_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    for (Worker& worker : workers_) {
      if (!worker.running) continue;
      ::kill(worker.pid, worker.kill_at_ms == 0 ? SIGTERM : SIGKILL);
      worker.kill_at_ms = mono_ms() + kGraceMs;
    }
  }
}

int Crew::next_deadline_ms(uint64_t now_ms) const {
  uint64_t wait_ms = 60'000;
  for (const Worker& worker : workers_) {
    if (!worker.running) continue;
    const uint64_t at_ms = worker.kill_at_ms != 0 ? worker.kill_at_ms : worker.stop_at_ms;
    wait_ms = std::min(wait_ms, at_ms > now_ms ? at_ms - now_ms : 0);
  }
  return static_cast<int>(wait_ms);
}

Exit Crew::wait() {
  const auto running = [](const Worker& worker) { return worker.running; };
  while (std::any_of(workers_.begin(), workers_.end(), running)) {
    std::vector<pollfd> fds = {{signals_.get(), POLLIN, 0}};
    for (const Worker& worker : workers_) {
      if (!worker.running) continue;
      fds.push_back({worker.process.get(), POLLIN, 0});
      if (worker.report) fds.push_back({worker.report.get(), POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), next_deadline_ms(mono_ms()));
    pass_signal();
    for (Worker& worker : workers_) {
      if (!worker.running) continue;
      if (worker.report) take_lines(worker);
      reap(worker);
      if (worker.running) enforce(worker, mono_ms());
    }
  }
  return worst_;
}

}  // namespace tq
