// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>

#include "forever/figures.hpp"
#include "forever/forever_site.hpp"
#include "forever/trials.hpp"

namespace forever {
namespace {

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Over the file that is there, in pieces, as scp does it over a slow line.
void write_slowly(const std::filesystem::path& file, const std::string& bytes) {
  constexpr size_t kPieces = 10;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot write " + file.string());
  const size_t piece = bytes.size() / kPieces + 1;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part = bytes.substr(at, piece);
    if (::write(fd, part.data(), part.size()) < 0) throw std::runtime_error("cannot write");
    ::usleep(30'000);
  }
  ::close(fd);
}

// How long the machine needs for a small program now, in milliseconds: other work makes it longer,
// and a run that begins late for that reason was not missed.
int64_t start_ms(ForeverSite& site) {
  const auto before = std::chrono::steady_clock::now();
  site.tqhost({"version"});
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               before)
      .count();
}

}  // namespace

bool replacements(int times) {
  ForeverSite site;
  for (int i = 0; i < 4; ++i) site.add("job-" + std::to_string(i), "work", "every 1s", 200);
  site.add_listener("ears");
  site.write_config();
  site.drop("unruly");
  site.drop("steady");
  site.start();
  std::mt19937 dice(815);
  int renames = 0, copies = 0, bad = 0;
  int64_t longest_start_ms = 0;
  for (int i = 0; i < times; ++i) {
    const std::string plugin = i % 2 == 0 ? "unruly" : "steady";
    const bool next = dice() % 2 == 0;
    const auto target = site.plugins() / (plugin + ".so");
    switch (dice() % 4) {
      case 0:
        ++renames;
        next ? site.drop_next(plugin) : site.drop(plugin);
        break;
      case 1:
        ++copies;
        write_slowly(target, bytes_of(plugin_file(plugin, next)));
        break;
      case 2: {
        ++bad;
        const std::string whole = bytes_of(plugin_file(plugin, next));
        write_slowly(target, whole.substr(0, whole.size() / 2));
        break;
      }
      default:
        ++bad;
        std::ofstream(target, std::ios::trunc) << "garbage " << i;
    }
    longest_start_ms = std::max(longest_start_ms, start_ms(site));
    ::usleep(static_cast<useconds_t>(dice() % 2'000'000));
  }
  site.drop_next("unruly");
  site.drop_next("steady");

  Verdict verdict;
  verdict.figure(
      "replaced by rename, by slow copy, by bad files",
      std::to_string(renames) + ", " + std::to_string(copies) + ", " + std::to_string(bad));
  verdict.must(ForeverSite::eventually([&] { return site.count("ears", "ready 1.1.0") > 0; }, 30),
               "the last good listener runs");
  for (int i = 0; i < 4; ++i) {
    const std::string name = "job-" + std::to_string(i);
    const size_t before = site.count(name, "end 1.1.0");
    verdict.must(
        ForeverSite::eventually([&] { return site.count(name, "end 1.1.0") > before; }, 30),
        name + " runs the last good file");
  }
  const e2e::Ended ended = site.stop();
  verdict.must(ended.exit_status == 0, "it drains and ends with 0");
  size_t begun = 0, ended_runs = 0, doubles = 0;
  int64_t longest_ms = 0;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "job-" + std::to_string(i);
    begun += site.count(name, "begin");
    ended_runs += site.count(name, "end");
    doubles += site.count(name, "DOUBLE");
    longest_ms = std::max(longest_ms, longest_gap_ms(site.journal(name), "begin"));
  }
  verdict.figure("runs", std::to_string(ended_runs));
  verdict.figure("longest time between two runs that are due every 1 s",
                 std::to_string(longest_ms) + " ms");
  verdict.figure("hand-overs of the listener", std::to_string(site.count("ears", "begin") - 1));
  verdict.must(begun == ended_runs, "no run was cut off");
  verdict.figure("longest start of a small program", std::to_string(longest_start_ms) + " ms");
  verdict.must(longest_ms < 3'000 + 20 * longest_start_ms, "no run is missed");
  verdict.must(site.count("ears", "begin") == site.count("ears", "end"), "every listener drained");
  verdict.must(doubles + site.count("ears", "DOUBLE") == 0, "no instance ran twice at a time");
  return verdict.good();
}

}  // namespace forever
