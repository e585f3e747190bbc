// SPDX-License-Identifier: Apache-2.0
// Measures how long a run takes from its start to the first request at ThreatQ: with a CA file of
// its own, and with the system's CAs (as root: in a mount namespace whose bundle holds the lab's
// CA, too). Several programs are measured in turn. Not a test: nothing here fails because a machine
// is slow.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>

#include "e2e/site.hpp"

namespace {

using e2e::Json;
using e2e::Site;

constexpr const char* kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// In the child: `bundle` takes the place of the system's, for this process alone.
bool trust(const std::string& bundle) {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount(bundle.c_str(), kSystemBundle, nullptr, MS_BIND, nullptr) == 0;
}

// Milliseconds to the first request, or -1.
int64_t start_once(Site& site, std::vector<std::string> words, const std::string& bundle) {
  site.threatq().reset_requests();
  const int64_t start = now_ms();
  const pid_t child = ::fork();
  if (child == 0) {
    if (!bundle.empty() && !trust(bundle)) ::_exit(126);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  int64_t first = -1;
  const Json requests = Json::parse(site.threatq().requests());
  for (const Json& request : requests.at("list")) {
    const auto time_ms = request.at("time_ms").get<int64_t>();
    if (first < 0 || time_ms < first) first = time_ms;
  }
  return first < 0 || status != 0 ? -1 : first - start;
}

void measure(Site& site, const char* what, const std::vector<std::string>& programs, int runs,
             const std::string& bundle) {
  std::map<std::string, std::vector<int64_t>> took;
  for (int run = 0; run <= runs; ++run)
    for (const std::string& program : programs) {
      std::vector<std::string> words = site.command({"run-once", "cb-prod"}, "info");
      if (!program.empty()) words.front() = program;
      const int64_t ms = start_once(site, words, bundle);
      if (run > 0) took[program].push_back(ms);  // the first one fills caches
    }
  for (const std::string& program : programs) {
    std::vector<int64_t>& all = took[program];
    std::sort(all.begin(), all.end());
    std::printf("%-12s %6lld %6lld %6lld  %s\n", what, static_cast<long long>(all[all.size() / 2]),
                static_cast<long long>(all.front()), static_cast<long long>(all.back()),
                program.c_str());
    std::fflush(stdout);
  }
}

std::string bundle_with(const Site& site, const std::string& ca_file) {
  const std::string path = site.folder() / "bundle.pem";
  std::ofstream out(path);
  for (const std::string& from : {std::string(kSystemBundle), ca_file})
    out << e2e::read_text(from) << '\n';
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  int runs = 15;
  std::vector<std::string> programs;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--runs" && i + 1 < argc) {
      runs = std::max(1, std::stoi(argv[++i]));
    } else if (word == "--tqhost" && i + 1 < argc) {
      programs.push_back(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: start_bench [--runs N] [--tqhost PATH]...\n");
      return 2;
    }
  }
  if (programs.empty()) programs.emplace_back();
  e2e::SiteOptions options;
  options.threatq = {"--generate", "10", "--collection", "Crimeware", "--max-seconds", "7200"};
  Site site(options);
  std::printf("milliseconds from start to first request, of %d runs in turn\n%-12s %6s %6s %6s\n",
              runs, "CA", "median", "least", "most");
  measure(site, "own file", programs, runs, "");
  if (::geteuid() != 0) {
    std::printf("the system's CAs are measured as root only\n");
    return 0;
  }
  const std::string bundle = bundle_with(site, site.threatq().ca_file());
  site.config.erase("ca_file");
  site.config["threatq"].erase("ca_file");
  site.write_config();
  measure(site, "the system's", programs, runs, bundle);
  return 0;
}
