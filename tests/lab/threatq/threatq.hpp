// SPDX-License-Identifier: Apache-2.0
// A strict simulator of ThreatQ's REST API as connectors use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lab/service.hpp"

namespace CLI {
class App;
}

namespace lab {

struct ThreatqOptions {
  std::filesystem::path indicators;  // JSON lines, gzip too; empty: none
  std::size_t generate = 0;
  std::uint64_t seed = 1;
  bool messy = false;
  std::vector<std::string> collections;    // NAME or NAME=TYPE,TYPE...
  std::vector<std::string> users;          // EMAIL:PASSWORD:CLIENT_ID
  std::vector<std::string> oauth_clients;  // ID:SECRET
  std::vector<std::string> roles;          // WHO:ROLE
  std::vector<std::string> connectors;     // names
  bool private_oauth = true;               // connectors get OAuth clients of their own
  std::vector<std::string> exports;        // ID:TOKEN or ID:TOKEN:COLLECTION
  std::string proxy;                       // what /api/configuration/proxy tells; empty: none
  std::size_t max_page = 10'000;
  std::uint32_t token_seconds = 172'799;
  std::string answers = "new";   // new, old, old-names
  std::string paging = "both";   // both, offset
  std::string errors = "mixed";  // mixed, fields, list
};

void add_threatq_options(CLI::App& app, ThreatqOptions& options);

// Throws std::runtime_error when the options or the file of indicators make no sense.
std::unique_ptr<Service> make_threatq(const ThreatqOptions& options);

}  // namespace lab
