// SPDX-License-Identifier: Apache-2.0
// A real forward proxy, by HTTP, over TLS and by SOCKS5, that reaches loopback only and tells who
// asked it for what. Used from main() only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "lab/frame/run.hpp"

namespace lab {

struct ProxyOptions {
  std::string user;  // empty: open to all
  std::string password;
  std::string auth = "basic";       // "digest", "ntlm", "negotiate": the one that is asked for
  std::string domain = "TQLAB";     // of the user, for NTLM
  std::uint64_t nonce_uses = 1000;  // then a nonce of Digest is stale
  std::filesystem::path tls_dir;    // speaks TLS, with the certificate of this folder
  bool socks = false;               // SOCKS5, too, on a port of its own
  std::map<std::string, std::string> hosts;  // "name:port" -> "127.0.0.1:port"
};

void add_proxy_options(CLI::App& app, ProxyOptions& options);

// Serves until the end, then ends the process.
[[noreturn]] void serve_proxy(const ProxyOptions& options, const FrameOptions& frame);

}  // namespace lab
