// SPDX-License-Identifier: Apache-2.0
// From flags to a listening process and its end. Used from main() only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "lab/service.hpp"

namespace CLI {
class App;
}

namespace lab {

struct FrameOptions {
  std::uint16_t port = 0;
  bool plain = false;
  std::filesystem::path tls_dir;  // empty: a folder of our own, removed at the end
  bool gzip = false;
  bool exit_with_stdin = false;
  unsigned max_seconds = 3600;
};

// Port and life time; then all of them.
void add_process_options(CLI::App& app, FrameOptions& options);
void add_frame_options(CLI::App& app, FrameOptions& options);

// Keeps SIGTERM and SIGINT for the wait below, and ignores SIGPIPE; before any thread starts.
void hold_signals();

// Waits for SIGTERM, SIGINT, the end of the given time, or with exit_with_stdin the end of standard
// input or of the parent.
void wait_for_end(const FrameOptions& options);

// Prints {"service","url","ca_file"} as one line, and "socks", a host and a port, where there is
// such a service beside it.
void announce(const std::string& service, const std::string& url,
              const std::filesystem::path& ca_file, const std::string& socks = {});

// Serves until the end, then ends the process: connections may still be open, and nothing is owed
// to them.
[[noreturn]] void serve(const std::string& name, Service& service, const FrameOptions& options);

}  // namespace lab
