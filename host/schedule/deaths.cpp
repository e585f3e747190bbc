// SPDX-License-Identifier: Apache-2.0
#include "schedule/deaths.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr off_t kTailBytes = 8 * 1024;
constexpr size_t kLinesKept = 20;
constexpr size_t kLineBytesKept = 500;

// The end of the file, from the first whole line on. The worker's log has no secrets in it.
std::vector<std::string> last_lines(const std::filesystem::path& file) {
  const auto fd = open_file(file, O_RDONLY);
  struct stat about {};
  if (!fd || ::fstat(fd->get(), &about) != 0) return {};
  const off_t from = std::max<off_t>(0, about.st_size - kTailBytes);
  std::string text(static_cast<size_t>(about.st_size - from), '\0');
  const ssize_t got = ::pread(fd->get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  std::vector<std::string> lines;
  size_t begin = from == 0 ? 0 : std::min(text.find('\n'), text.size() - 1) + 1;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(utf8_cut(std::string_view(text).substr(begin, end - begin), kLineBytesKept));
    begin = end + 1;
  }
  if (lines.size() > kLinesKept)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLinesKept));
  return lines;
}

std::string minutes(uint64_t ms) { return std::to_string(ms / 60'000) + " min"; }

std::string why_stopped(const Lifecycle& life, const Plan& plan) {
  if (!plan.listener) return "it did not end in its time and was stopped";
  if (!life.ready_once)
    return "it did not say within " + minutes(kListenerReadyMs) +
           " that it listens (run.ready) and was stopped";
  return "it listened and made no call of the host for " + minutes(plan.run_ms) +
         " (limits.run_minutes), so it was stopped";
}

}  // namespace

std::string death_text(const WorkerEnd& end, const Lifecycle& life, const Plan& plan) {
  std::string text = end.reported && end.signal == 0 ? end.note : "the worker " + end.how();
  if (end.overdue) text = why_stopped(life, plan) + ": " + text;
  if (life.state == State::kDraining && life.pressed > 0)
    text += "; it had not ended within " + std::to_string(plan.drain_ms / 1000) +
            " s of being asked to";
  return text;
}

Death death_of(const WorkerEnd& end, const std::filesystem::path& log, uint64_t board_now_ms) {
  Death death;
  death.pid = end.pid;
  death.exit_status = end.exit_status;
  death.signal = end.signal;
  death.overdue = end.overdue;
  death.call = end.call.name;
  if (end.call.since_ms != 0 && board_now_ms > end.call.since_ms)
    death.call_ms = board_now_ms - end.call.since_ms;
  death.last_lines = last_lines(log);
  return death;
}

}  // namespace tq
