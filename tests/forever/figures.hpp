// SPDX-License-Identifier: Apache-2.0
// What a trial measures of processes and journals, and how it says it. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace forever {

struct Figures {
  uint64_t resident_kib = 0;  // VmRSS
  size_t descriptors = 0;
  double cpu_s = 0;
  uint64_t wakes = 0;  // voluntary context switches: how often it had waited
};
Figures figures_of(pid_t pid);

// The longest time between two lines of that word in a journal, in ms; 0 with fewer than two.
int64_t longest_gap_ms(const std::vector<std::string>& journal, const std::string& word);

// Collects what has to be so; prints each line as it comes.
class Verdict {
 public:
  void figure(const std::string& what, const std::string& value);
  void must(bool holds, const std::string& what);
  bool good() const { return good_; }

 private:
  bool good_ = true;
};

}  // namespace forever
