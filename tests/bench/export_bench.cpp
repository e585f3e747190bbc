// SPDX-License-Identifier: Apache-2.0
// Measures whole exports, ThreatQ to Carbon Black Cloud over TLS on loopback, beside a floor in the
// same run: a client that only downloads the same pages. Prints one table. Not a test: nothing here
// fails because a machine is slow.
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "bench/page_download.hpp"
#include "e2e/site.hpp"

namespace {

using e2e::Json;
using e2e::Site;

struct Cost {
  double wall_s = 0, cpu_s = 0, peak_mib = 0;
  uint64_t requests = 0, bytes = 0;  // that write
  bool good = true;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Of one child and of what it waited for: tqhost and its worker, not the lab.
Cost measure(const std::vector<std::string>& arguments) {
  Cost cost;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> argv;
    std::vector<std::string> words = arguments;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  cost.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cost.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  cost.good = status == 0;
  return cost;
}

void count_writes(Site& site, Cost* cost) {
  const Json requests = Json::parse(site.cbc().requests());
  for (const Json& request : requests.at("list")) {
    if (request.at("method") == "GET") continue;
    ++cost->requests;
    cost->bytes += request.at("bytes_in").get<uint64_t>();
  }
}

void print(const char* work, const Cost& cost, const Cost& floor, uint64_t full_bytes) {
  std::printf("%-26s %8.2f %8.2f %9.1f %9llu %12llu %7.2f %7.2f %8.2f%s\n", work, cost.wall_s,
              cost.cpu_s, cost.peak_mib, static_cast<unsigned long long>(cost.requests),
              static_cast<unsigned long long>(cost.bytes), cost.wall_s / floor.wall_s,
              cost.cpu_s / floor.cpu_s,
              full_bytes == 0
                  ? 0.0
                  : 100.0 * static_cast<double>(cost.bytes) / static_cast<double>(full_bytes),
              cost.good ? "" : "  FAILED");
  std::fflush(stdout);
}

void bench_size(const std::string& self, const std::string& size, const std::string& bulk_limit_mb,
                bool defaults) {
  e2e::SiteOptions options;
  options.threatq = {"--generate",   size,        "--seed",        "1",
                     "--collection", "Crimeware", "--max-seconds", "7200"};
  options.cbc = {"--max-seconds", "7200", "--max-body-mb", "512"};
  Site site(options);
  site.settings()["bulk_limit_mb"] = std::stoi(bulk_limit_mb);
  if (defaults) site.settings().erase("requests_per_minute");
  site.write_config();
  std::printf("\n%s indicators, bulk_limit_mb %s%s\n", size.c_str(), bulk_limit_mb.c_str(),
              defaults ? ", requests_per_minute as by default" : "");
  std::printf("%-26s %8s %8s %9s %9s %12s %7s %7s %8s\n", "work", "wall s", "CPU s", "peak MiB",
              "requests", "bytes sent", "x wall", "x CPU", "% bytes");

  const std::vector<std::string> download = {
      self,       "--download",  site.threatq().url(), site.threatq().ca_file(),
      e2e::kUser, e2e::kPassword};
  const Cost floor = measure(download);
  print("floor: download only", floor, floor, 0);

  std::vector<std::string> run = site.command({"run-once", "cb-prod"});
  for (std::string& word : run)
    if (word == "debug") word = "info";
  const auto step = [&](const char* work, const char* change, uint64_t full_bytes) {
    if (change[0] != '\0') site.threatq().change(change);
    site.cbc().reset_requests();
    Cost cost = measure(run);
    count_writes(site, &cost);
    print(work, cost, floor, full_bytes);
    return cost;
  };
  const Cost full = step("full", "", 0);
  step("nothing changed", "", full.bytes);
  step("1,000 newest added", R"({"newest": 1000})", full.bytes);
  step("1,000 oldest expired", R"({"oldest": 1000})", full.bytes);
  step("1,000 random removed", R"({"random": 1000, "seed": 2})", full.bytes);
  const Cost again = measure(download);
  print("floor again", again, floor, 0);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) out.push_back(item);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::strcmp(argv[1], "--download") == 0)
    return bench::download_pages(argv[2], argv[3], argv[4], argv[5]) > 0 ? 0 : 1;
  std::string sizes = "100000,1000000", bulk_limit_mb = "256";
  bool defaults = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--sizes" && i + 1 < argc) {
      sizes = argv[++i];
    } else if (word == "--defaults") {
      defaults = true;
      bulk_limit_mb = "32";
    } else {
      std::fprintf(stderr, "usage: export_bench [--sizes N,N...] [--defaults]\n");
      return 2;
    }
  }
  for (const std::string& size : split(sizes)) bench_size(argv[0], size, bulk_limit_mb, defaults);
  return 0;
}
