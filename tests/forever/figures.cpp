// SPDX-License-Identifier: Apache-2.0
#include "forever/figures.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace forever {
namespace {

std::string read_whole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

uint64_t number_behind(const std::string& text, const std::string& key) {
  const size_t at = text.find(key);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + key.size(), nullptr, 10);
}

}  // namespace

Figures figures_of(pid_t pid) {
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  Figures out;
  const std::string status = read_whole(process / "status");
  out.resident_kib = number_behind(status, "\nVmRSS:");
  out.wakes = number_behind(status, "\nvoluntary_ctxt_switches:");
  std::error_code gone;
  for (std::filesystem::directory_iterator at(process / "fd", gone), end; !gone && at != end;
       at.increment(gone))
    ++out.descriptors;
  const std::string stat = read_whole(process / "stat");
  if (const size_t name_end = stat.rfind(')'); name_end != std::string::npos) {
    std::istringstream fields(stat.substr(name_end + 2));
    std::string skipped;
    double user = 0, system = 0;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    fields >> user >> system;
    out.cpu_s = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return out;
}

int64_t longest_gap_ms(const std::vector<std::string>& journal, const std::string& word) {
  int64_t longest = 0, before = 0;
  for (const std::string& line : journal) {
    if (!line.starts_with(word + " ")) continue;
    const int64_t at = std::strtoll(line.c_str() + line.rfind(' '), nullptr, 10);
    if (before != 0) longest = std::max(longest, at - before);
    before = at;
  }
  return longest;
}

void Verdict::figure(const std::string& what, const std::string& value) {
  std::printf("%-58s %s\n", what.c_str(), value.c_str());
  std::fflush(stdout);
}

void Verdict::must(bool holds, const std::string& what) {
  std::printf("%-4s %s\n", holds ? "ok" : "BAD", what.c_str());
  std::fflush(stdout);
  good_ = good_ && holds;
}

}  // namespace forever
