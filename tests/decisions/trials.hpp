// SPDX-License-Identifier: Apache-2.0
// The peers that every client meets: what each does, and what the client is told to do.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unit/net/scripted_server.hpp"

namespace decision {

struct Trial {
  std::string name;
  std::string what;  // "fetch", "twice" (a GET before, on the same connection), "cancel", "pause"
  std::string method = "GET";
  size_t body_bytes = 0;
  std::string ca_file{};
  bool counts = false;  // how many requests of the method arrived is told
  // A new one for each client.
  std::function<std::unique_ptr<tq::test::ScriptedServer>(std::atomic<int>* seen)> serve{};
};

// Certificates are kept in the folder.
std::vector<Trial> trials(const std::filesystem::path& folder);

constexpr size_t kStreamBytes = 64ULL << 20;

// A body of kStreamBytes, as often as it is asked for; over TLS when `tls` is given.
std::unique_ptr<tq::test::ScriptedServer> stream_server(const tq::test::ServerTls* tls);

}  // namespace decision
