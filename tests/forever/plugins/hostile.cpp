// SPDX-License-Identifier: Apache-2.0
// A job that attacks whoever started it, in the way that its setting says. What it leaves behind
// ends by itself after two minutes, should nobody end it.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <tqp/plugin.hpp>

#include "journal.hpp"

namespace {

using tqp::Result;

constexpr time_t kLongestS = 120;
constexpr int kReportFd = 4;

time_t now_s() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

// Not fork(3), which tells the host's handlers.
pid_t raw_fork() { return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }

[[noreturn]] void linger() {
  const time_t end = now_s() + kLongestS;
  while (now_s() < end) ::usleep(10'000);
  ::_exit(0);
}

class Hostile {
 public:
  explicit Hostile(tqp::Host host) : host_(host) {}

  Result<void> run() {
    TQP_ASSIGN(const std::string file, host_.config.text("/journal"));
    TQP_ASSIGN(const std::string does, host_.config.text("/does"));
    const Journal journal(file, "1.0.0");
    attack(does, journal);
    host_.run.count(TQP_COUNT_SENT, 1);
    return host_.state.commit();
  }

 private:
  void attack(const std::string& does, const Journal& journal) {
    if (does == "truncate") truncate_memory_files();
    if (does == "scribble") scribble();
    if (does == "shared") eat_shared_memory();
    if (does == "processes") start_many();
    if (does == "escape") escape();
    if (does == "respawn") respawn(journal);
    if (does == "watchers") watchers();
    if (does == "hide") hide();
    if (does == "kill_parent") signal_parent(SIGKILL);
    if (does == "stop_parent") signal_parent(SIGSTOP);
    if (does == "flood_report") flood_report();
  }

  // Whatever memory it shares with anybody.
  static void truncate_memory_files() {
    for (int fd = 3; fd < 64; ++fd)
      if (is_memory_file(fd)) (void)!::ftruncate(fd, 0);
    std::abort();
  }
  static bool is_memory_file(int fd) {
    char target[256] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    return ::readlink(link.c_str(), target, sizeof target - 1) > 0 &&
           std::strncmp(target, "/memfd:", 7) == 0;
  }
  // A name without an end, with whatever a terminal would do something by.
  [[noreturn]] static void scribble() {
    for (int fd = 3; fd < 64; ++fd) {
      struct stat about {};
      if (!is_memory_file(fd) || ::fstat(fd, &about) != 0) continue;
      const std::string bytes(static_cast<size_t>(about.st_size), '\x1b');
      (void)!::pwrite(fd, bytes.data(), bytes.size(), 0);
    }
    ::kill(::getpid(), SIGKILL);
    linger();
  }
  // No data of the process, so that no limit of it counts them.
  [[noreturn]] static void eat_shared_memory() {
    constexpr size_t kBytes = size_t{400} << 20;
    const int fd = ::memfd_create("eaten", MFD_CLOEXEC);
    if (::ftruncate(fd, kBytes) != 0) ::_exit(98);
    void* const memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) ::_exit(98);
    std::memset(memory, 'x', kBytes);
    linger();
  }
  [[noreturn]] static void start_many() {
    for (int i = 0; i < 300; ++i)
      if (raw_fork() == 0) linger();
    linger();
  }
  // To a session of its own, without its parent, with everything that the worker holds.
  static void escape() {
    const pid_t child = raw_fork();
    if (child == 0) {
      ::setsid();
      if (raw_fork() == 0) linger();
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  // Each one starts the next and ends.
  static void respawn(const Journal& journal) {
    const time_t end = now_s() + kLongestS;
    const pid_t first = raw_fork();
    if (first != 0) return;
    for (unsigned generation = 0; now_s() < end; ++generation) {
      ::setsid();
      if (generation % 32 == 0) journal.write("generation");
      if (raw_fork() > 0) ::_exit(0);
    }
    ::_exit(0);
  }
  // Two that start each other again.
  static void watchers() {
    if (raw_fork() != 0) return;
    ::setsid();
    const time_t end = now_s() + kLongestS;
    while (now_s() < end) {
      const pid_t other = raw_fork();
      if (other == 0) ::setsid();
      // The child watches its parent, the parent its child; who is left starts another.
      const pid_t parent = ::getppid();
      while (now_s() < end) {
        if (other == 0 && ::getppid() != parent) break;
        if (other > 0 && ::waitpid(other, nullptr, WNOHANG) == other) break;
        ::usleep(500);
      }
    }
    ::_exit(0);
  }
  // Out of its own process group, and deaf.
  [[noreturn]] static void hide() {
    ::setpgid(0, ::getpgid(::getppid()));
    ::kill(::getpid(), SIGSTOP);
    linger();
  }
  [[noreturn]] static void signal_parent(int number) {
    if (raw_fork() == 0) linger();
    ::kill(::getppid(), number);
    linger();
  }
  [[noreturn]] static void flood_report() {
    const std::string line =
        "{\"progress\": {\"done\": [[[1]]], \"text\": \"" + std::string(30'000, 'x') + "\"}}\n";
    const time_t end = now_s() + kLongestS;
    while (now_s() < end) (void)!::write(kReportFd, line.data(), line.size());
    ::_exit(0);
  }

  tqp::Host host_;
};

}  // namespace

TQP_PLUGIN(Hostile);
