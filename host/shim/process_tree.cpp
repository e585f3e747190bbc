// SPDX-License-Identifier: Apache-2.0
#include "shim/process_tree.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

#include "shim/proc_text.hpp"

namespace tq {
namespace {

constexpr size_t kListBytes = 64 * 1024;  // of the children of one thread
constexpr size_t kPathBytes = 96;

using Path = std::array<char, kPathBytes>;

Path path_of(pid_t pid, const char* file) {
  Path out{};
  std::snprintf(out.data(), out.size(), "/proc/%d/%s", static_cast<int>(pid), file);
  return out;
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

ProcessStat stat_of(pid_t pid) {
  std::array<char, 1024> buffer;
  int number = 0;
  return parse_stat(read_proc(path_of(pid, "stat").data(), buffer.data(), buffer.size(), &number));
}

}  // namespace

ProcessTree::ProcessTree(pid_t root) : root_(root), own_(root == ::getpid()) {}

void ProcessTree::look() {
  size_ = 0;
  blind_ = false;
  add_children_of(root_);
  for (size_t i = 0; i < size_; ++i) add_children_of(found_[i].pid);
}

// Each thread has children of its own.
void ProcessTree::add_children_of(pid_t pid) {
  DIR* const tasks = ::opendir(path_of(pid, "task").data());
  if (tasks == nullptr) {
    // Where there is no memory for the folder, most children are the first thread's.
    Path path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/task/%d/children", static_cast<int>(pid),
                  static_cast<int>(pid));
    const int number = errno;
    add_list(path.data(), pid);
    if (number != ENOMEM && exists(pid)) blind_ = true;
    return;
  }
  while (const dirent* const task = ::readdir(tasks)) {
    if (task->d_name[0] == '.') continue;
    Path path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/task/%.20s/children", static_cast<int>(pid),
                  task->d_name);
    add_list(path.data(), pid);
  }
  ::closedir(tasks);
}

void ProcessTree::add_list(const char* path, pid_t parent) {
  std::array<char, kListBytes> buffer;
  int number = 0;
  std::string_view list = read_proc(path, buffer.data(), buffer.size(), &number);
  // A list that fills the buffer ends in half a number.
  if (list.size() == buffer.size()) list = list.substr(0, list.rfind(' '));
  for (pid_t pid = next_pid(&list); pid != 0 && size_ < kMost; pid = next_pid(&list))
    found_[size_++] = {pid, parent};
}

uint64_t ProcessTree::held_kib() {
  uint64_t sum = 0;
  for (size_t i = 0; i < size_; ++i) {
    std::array<char, 4096> buffer;
    int number = 0;
    const auto status =
        read_proc(path_of(found_[i].pid, "status").data(), buffer.data(), buffer.size(), &number);
    if (status.empty() && exists(found_[i].pid)) blind_ = true;
    sum += tq::held_kib(status);
  }
  return sum;
}

// A child of this process keeps its number until it is waited for, and is signalled at once: one of
// a chain that respawns lives for a moment only. Any other is held by a descriptor first, and then
// looked at: what has ended by then gets nothing.
bool ProcessTree::signal(const Found& found, int number) {
  if (own_ && found.parent == root_) return ::kill(found.pid, number) == 0;
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, found.pid, 0));
  if (fd < 0) return false;
  const pid_t parent = stat_of(found.pid).parent;
  const bool below = parent == found.parent || parent == root_;
  const bool sent = below && ::syscall(SYS_pidfd_send_signal, fd, number, nullptr, 0) == 0;
  ::close(fd);
  return sent;
}

size_t ProcessTree::stop() {
  size_t count = 0;
  for (size_t i = 0; i < size_; ++i) {
    const char state = stat_of(found_[i].pid).state;
    const bool still = state == 'T' || state == 't' || state == 'Z' || state == 'X';
    if (!still && signal(found_[i], SIGSTOP)) ++count;
  }
  return count;
}

void ProcessTree::kill() {
  for (size_t i = 0; i < size_; ++i) signal(found_[i], SIGKILL);
}

}  // namespace tq
