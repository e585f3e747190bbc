// SPDX-License-Identifier: Apache-2.0
#include "shim/proc_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tq {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number behind `key`, which begins a line.
uint64_t number_behind(std::string_view text, std::string_view key) {
  for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;
    uint64_t out = 0;
    size_t i = at + key.size();
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) ++i;
    for (; i < text.size() && is_digit(text[i]) && out < UINT64_MAX / 20; ++i)
      out = out * 10 + static_cast<uint64_t>(text[i] - '0');
    return out;
  }
  return 0;
}

}  // namespace

std::string_view read_proc(const char* path, char* buffer, size_t size, int* number) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  *number = fd < 0 ? errno : 0;
  if (fd < 0) return {};
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(fd, buffer + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) *number = errno;
    if (got <= 0) break;
    filled += static_cast<size_t>(got);
  }
  ::close(fd);
  return {buffer, filled};
}

pid_t next_pid(std::string_view* list) {
  size_t at = 0;
  while (at < list->size() && !is_digit((*list)[at])) ++at;
  int64_t pid = 0;
  for (; at < list->size() && is_digit((*list)[at]) && pid < INT32_MAX / 10; ++at)
    pid = pid * 10 + ((*list)[at] - '0');
  list->remove_prefix(at);
  return static_cast<pid_t>(pid);
}

ProcessStat parse_stat(std::string_view text) {
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 4 >= text.size()) return {};
  ProcessStat out;
  out.state = text[name_end + 2];
  std::string_view rest = text.substr(name_end + 4);
  rest = rest.substr(0, rest.find(' '));
  out.parent = next_pid(&rest);
  return out;
}

uint64_t held_kib(std::string_view status) {
  return number_behind(status, "RssAnon:") + number_behind(status, "RssShmem:") +
         number_behind(status, "VmSwap:");
}

}  // namespace tq
