// SPDX-License-Identifier: Apache-2.0
// A real HTTP forward proxy that reaches loopback only and tells who asked it for what. Used from
// main() only.
#pragma once

#include <map>
#include <string>

#include "lab/frame/run.hpp"

namespace lab {

struct ProxyOptions {
  std::string user;  // empty: open to all
  std::string password;
  std::map<std::string, std::string> hosts;  // "name:port" -> "127.0.0.1:port"
};

void add_proxy_options(CLI::App& app, ProxyOptions& options);

// Serves until the end, then ends the process.
[[noreturn]] void serve_proxy(const ProxyOptions& options, const FrameOptions& frame);

}  // namespace lab
