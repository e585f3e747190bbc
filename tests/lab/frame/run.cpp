// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/run.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "lab/frame/listener.hpp"
#include "lab/frame/server.hpp"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kParentCheck{500};

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

bool input_ended() {
  char unused[4096];
  return ::read(STDIN_FILENO, unused, sizeof unused) <= 0;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "tqlab-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void serve_until_end(const std::string& name, ServerState& state, const FrameOptions& options) {
  std::optional<TemporaryFolder> temporary;
  std::optional<TlsFiles> tls;
  if (!options.plain) {
    if (options.tls_dir.empty()) temporary.emplace();
    tls = tls_files(temporary ? temporary->path() : fs::absolute(options.tls_dir));
  }
  // Never destroyed: its threads may be in the middle of an answer when the process ends.
  const auto* listener = new Listener(exchange_factory(state), options.port, tls);
  announce(name, listener->url(), tls ? tls->ca : fs::path());
  wait_for_end(options);
}

}  // namespace

void hold_signals() {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void wait_for_end(const FrameOptions& options) {
  using Clock = std::chrono::steady_clock;
  const sigset_t set = end_signals();
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (signals < 0) throw std::runtime_error("signalfd failed");
  const pid_t parent = ::getppid();
  const auto end = Clock::now() + std::chrono::seconds(options.max_seconds);
  pollfd watched[] = {{signals, POLLIN, 0},
                      {options.exit_with_stdin ? STDIN_FILENO : -1, POLLIN, 0}};
  while (Clock::now() < end) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    const auto step = std::min(left + std::chrono::milliseconds(1), kParentCheck);
    if (::poll(watched, 2, static_cast<int>(step.count())) < 0) continue;
    if (watched[0].revents != 0) break;
    if (watched[1].revents != 0 && input_ended()) break;
    if (options.exit_with_stdin && ::getppid() != parent) break;
  }
  ::close(signals);
}

void announce(const std::string& service, const std::string& url, const fs::path& ca_file,
              const std::string& socks) {
  Json line = {{"service", service},
               {"url", url},
               {"ca_file", ca_file.empty() ? Json(nullptr) : Json(ca_file.string())}};
  if (!socks.empty()) line["socks"] = socks;
  std::cout << line.dump() << std::endl;
}

void serve(const std::string& name, Service& service, const FrameOptions& options) {
  auto* state = new ServerState{service, options.gzip, {}, {}};  // outlives all connections
  int status = EXIT_SUCCESS;
  try {
    serve_until_end(name, *state, options);
  } catch (const std::exception& error) {
    std::cerr << "tqlab " << name << ": " << error.what() << std::endl;
    status = EXIT_FAILURE;
  }
  std::_Exit(status);
}

}  // namespace lab
