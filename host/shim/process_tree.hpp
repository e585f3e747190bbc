// SPDX-License-Identifier: Apache-2.0
// ProcessTree: the processes below one process, as they were at the last look. It allocates
// nothing. A signal reaches only what is still below: a number that meanwhile is another process's
// gets none. One thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace tq {

class ProcessTree {
 public:
  static constexpr size_t kMost = 8192;  // more are found by the look after these have ended

  // `root` is this process, or a child of it that it has not waited for.
  explicit ProcessTree(pid_t root);

  void look();
  size_t size() const { return size_; }
  // Of the last look: there are processes whose insides /proc does not show.
  bool blind() const { return blind_; }

  // What all of them hold, as held_kib() counts it.
  uint64_t held_kib();

  // SIGSTOP to those that are not stopped. How many got it.
  size_t stop();
  void kill();

 private:
  struct Found {
    pid_t pid, parent;
  };

  void add_children_of(pid_t pid);
  void add_list(const char* path, pid_t parent);
  bool signal(const Found& found, int number);

  const pid_t root_;
  const bool own_;
  std::array<Found, kMost> found_;
  size_t size_ = 0;
  bool blind_ = false;
};

}  // namespace tq
