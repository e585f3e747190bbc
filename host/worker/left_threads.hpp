// SPDX-License-Identifier: Apache-2.0
// LeftThreads: which threads of this process a plugin has made and not joined. The host's own are
// known by their name. One thread.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace tq {

class LeftThreads {
 public:
  LeftThreads();  // those that run now are not the plugin's

  // The names of those that run now. One that is just ending is waited for a moment.
  std::vector<std::string> names() const;

 private:
  std::set<pid_t> before_;
};

// "the plugin left 2 threads running (worker, pump) ...", for the log; empty: it left none.
std::string left_threads_note(const std::vector<std::string>& names);

}  // namespace tq
