// SPDX-License-Identifier: Apache-2.0
// What docs/decisions/http-client.md rests on: the host's HTTP client, libcurl and Poco before the
// same peers. Each trial is a process of its own, so that memory and processor time are the
// client's. Prints tables in Markdown. Not a test: it judges nothing.
#include <curl/curl.h>
#include <Poco/Version.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "decisions/client.hpp"
#include "decisions/trials.hpp"
#include "unit/net/certificate.hpp"

namespace decision {

std::string answer_text(int status, const std::string& body) {
  constexpr size_t kShort = 32;
  return std::to_string(status) + (body.size() <= kShort
                                       ? " \"" + body + "\""
                                       : ", " + std::to_string(body.size()) + " bytes");
}

uint64_t now_ms() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

double resident_mib() {
  std::ifstream in("/proc/self/statm");
  double all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

std::string growth_text(double before) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", resident_mib() - before);
  return text;
}

namespace {

namespace fs = std::filesystem;
using tq::test::ScriptedServer;
using tq::test::ServerTls;

const char* const kClients[] = {"tqhost", "libcurl", "Poco"};

std::unique_ptr<Client> client_of(const std::string& name) {
  if (name == "tqhost") return tqhost_client();
  return name == "libcurl" ? curl_client() : poco_client();
}

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

// The child: --client NAME WHAT METHOD BYTES URL [CA]. What it prints is its result.
int be_client(char** argv, int count) {
  const auto client = client_of(argv[0]);
  const std::string what = argv[1];
  Ask ask{argv[4], count > 5 ? argv[5] : "", argv[2], std::stoul(argv[3])};
  if (what == "stream") {
    const uint64_t start = now_ms();
    const double cpu = cpu_ms();
    if (!client->stream(ask)) return 1;
    std::cout << now_ms() - start << ' ' << cpu_ms() - cpu;
  } else if (what == "cancel") {
    std::cout << client->cancel(ask);
  } else if (what == "pause") {
    std::cout << client->pause(ask);
  } else {
    if (what == "twice") client->fetch({ask.url, ask.ca_file});
    std::cout << client->fetch(ask);
  }
  return 0;
}

std::string run_client(const std::string& client, const std::string& what,
                       const std::string& method, size_t bytes, const std::string& url,
                       const std::string& ca_file) {
  const std::string self = fs::read_symlink("/proc/self/exe");
  const std::string command = "timeout 60 '" + self + "' --client " + client + " " + what + " " +
                              method + " " + std::to_string(bytes) + " '" + url + "' " + ca_file;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  char bytes_read[4096];
  while (const size_t got = std::fread(bytes_read, 1, sizeof bytes_read, pipe))
    out.append(bytes_read, got);
  const int status = ::pclose(pipe);
  constexpr int kTimedOut = 124;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kTimedOut) return "does not return within 60 s";
  return status == 0 ? out : "died: " + out;
}

std::string cell(std::string text, const ScriptedServer& server) {
  const std::string port = ":" + std::to_string(server.port());
  for (size_t at = 0; (at = text.find(port)) != std::string::npos;) text.erase(at, port.size());
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void print_trials(const fs::path& folder) {
  std::cout << "| peer |";
  for (const char* client : kClients) std::cout << ' ' << client << " |";
  std::cout << "\n|---|---|---|---|\n";
  for (const Trial& trial : trials(folder)) {
    std::cout << "| " << trial.name << " |";
    for (const char* client : kClients) {
      std::atomic<int> seen{0};
      const auto server = trial.serve(&seen);
      std::string text = run_client(client, trial.what, trial.method, trial.body_bytes,
                                    server->url("/x"), trial.ca_file);
      if (trial.counts) text += "; arrived " + std::to_string(seen) + " times";
      std::cout << ' ' << cell(text, *server) << " |" << std::flush;
    }
    std::cout << '\n';
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

void print_throughput(const fs::path& folder, int runs) {
  std::cout << "\n| 64 MiB, medians of " << runs
            << " runs in turn | client | ms | MiB/s | CPU ms |\n"
            << "|---|---|---|---|---|\n";
  fs::create_directories(folder / "stream");
  const ServerTls tls = tq::test::self_signed(folder / "stream", "IP:127.0.0.1", -1, 10);
  for (const bool secure : {false, true}) {
    const auto server = stream_server(secure ? &tls : nullptr);
    std::vector<double> wall[3], cpu[3];
    for (int run = 0; run < runs; ++run)
      for (size_t i = 0; i < 3; ++i) {
        std::istringstream result(run_client(kClients[i], "stream", "GET", 0, server->url("/x"),
                                             secure ? tls.certificate.string() : ""));
        double ms = 0, used = 0;
        if (!(result >> ms >> used)) continue;
        wall[i].push_back(ms);
        cpu[i].push_back(used);
      }
    for (size_t i = 0; i < 3; ++i) {
      const double ms = median(wall[i]);
      std::printf("| %s | %s | %.0f | %.0f | %.0f |\n", secure ? "TLS" : "plain", kClients[i], ms,
                  ms > 0 ? static_cast<double>(kStreamBytes >> 20) / ms * 1e3 : 0, median(cpu[i]));
      std::fflush(stdout);
    }
  }
}

}  // namespace

int run(int argc, char** argv) {
  if (argc >= 7 && std::strcmp(argv[1], "--client") == 0) return be_client(argv + 2, argc - 2);
  int runs = 7;
  if (argc == 3 && std::strcmp(argv[1], "--runs") == 0) {
    runs = std::stoi(argv[2]);
  } else if (argc != 1) {
    std::cerr << "usage: http_client_decision [--runs N]\n";
    return 2;
  }
  std::string name = (fs::temp_directory_path() / "tq-decision-XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  std::cout << "libcurl " << curl_version_info(CURLVERSION_NOW)->version << ", Poco "
            << (POCO_VERSION >> 24) << '.' << ((POCO_VERSION >> 16) & 0xff) << '.'
            << ((POCO_VERSION >> 8) & 0xff) << "\n\n";
  print_trials(folder);
  print_throughput(folder, runs);
  fs::remove_all(folder);
  return 0;
}

}  // namespace decision

int main(int argc, char** argv) { return decision::run(argc, argv); }
