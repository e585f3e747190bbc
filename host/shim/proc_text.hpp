// SPDX-License-Identifier: Apache-2.0
// Texts of /proc, read into a buffer of the caller and taken apart without an allocation: the shim
// has to work when a plugin has eaten the memory. Functions; any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tq {

// At most `size` bytes of the file; empty and `*number` is errno when it cannot be read.
std::string_view read_proc(const char* path, char* buffer, size_t size, int* number);

// Cuts the first number of "1 22 333 " off; 0: there is none.
pid_t next_pid(std::string_view* list);

// "42 (any name) S 41 ...", where the name may hold anything.
struct ProcessStat {
  char state = 0;  // 'T' is stopped, 'Z' has ended; 0: not known
  pid_t parent = 0;
};
ProcessStat parse_stat(std::string_view text);

// "RssAnon:\t  123 kB" of /proc/PID/status: what a process holds that no file could give back:
// private memory, shared memory (memfd, tmpfs), swap.
uint64_t held_kib(std::string_view status);

}  // namespace tq
