// SPDX-License-Identifier: Apache-2.0
#include "schedule/leftovers.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "core/file.hpp"

namespace tq {
namespace {

constexpr size_t kStatBytesMost = 4096;
constexpr size_t kChildrenBytesMost = 1 << 20;

std::vector<pid_t> children() {
  const std::string self = std::to_string(::getpid());
  const auto text = read_file("/proc/self/task/" + self + "/children", kChildrenBytesMost);
  std::vector<pid_t> out;
  if (!text) return out;
  for (const char *at = text->data(), *end = at + text->size(); at < end; ++at) {
    pid_t pid = 0;
    const auto [rest, code] = std::from_chars(at, end, pid);
    if (code != std::errc()) break;
    out.push_back(pid);
    at = rest;
  }
  return out;
}

// The process group of /proc/PID, or nothing when it is gone.
std::optional<pid_t> group_of(const std::filesystem::path& process) {
  const auto stat = read_file(process / "stat", kStatBytesMost);
  if (!stat) return std::nullopt;
  // "pid (name) state parent group ...": the name may hold anything.
  const size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos || name_end + 4 > stat->size()) return std::nullopt;
  const size_t parent = name_end + 4;
  const size_t group = stat->find(' ', parent);
  if (group == std::string::npos) return std::nullopt;
  pid_t out = 0;
  std::from_chars(stat->data() + group + 1, stat->data() + stat->size(), out);
  return out;
}

bool holds_file_of(const std::filesystem::path& process, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator at(process / "fd", error), end;
  const std::string prefix = folder.string() + "/";
  for (; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(at->path(), gone);
    if (!gone && target.string().starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

size_t end_orphans(const std::function<bool(pid_t)>& known) {
  size_t ended = 0;
  for (const pid_t pid : children()) {
    if (known(pid)) continue;
    ++ended;
    ::kill(pid, SIGKILL);
    // Perhaps only at the next look: nobody waits for it here.
    ::waitpid(pid, nullptr, WNOHANG);
  }
  return ended;
}

void end_leftovers(pid_t group, const std::filesystem::path& instance_folder) {
  std::error_code error;
  const auto folder = std::filesystem::canonical(instance_folder, error);
  if (error) return;
  std::filesystem::directory_iterator at("/proc", error), end;
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    pid_t pid = 0;
    const auto [rest, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (code != std::errc() || *rest != '\0' || pid == group) continue;
    if (group_of(at->path()) == group && holds_file_of(at->path(), folder)) ::kill(pid, SIGKILL);
  }
}

}  // namespace tq
