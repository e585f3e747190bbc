// SPDX-License-Identifier: Apache-2.0
// Settings: what schemas/cb_edr.schema.json describes, read once. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

namespace cb_edr {

struct Settings {
  std::string api_host;  // name or address, port where one was given
  std::string org_key;
  std::vector<std::string> collections;
  std::vector<std::string> tags;
  std::string link_base;  // "https://tq.example/indicators/", or empty: ThreatQ's own
  std::string feed_name;
  std::optional<int> severity;  // nothing: from the score
  bool create_watchlist = false;
  uint64_t bulk_limit_bytes = 0;

  static tqp::Result<Settings> read(const tqp::Config& config, std::string_view instance);
};

// Which organisation the settings name: "ABCD1234 at defense.example.net".
std::string home_of(const Settings& settings);

// "https://tq.example/indicators/" for what people put into a host field.
std::string link_base_of(std::string_view host);

// Whether the service takes links to this base, which also needs no escapes: single-label hosts and
// localhost are refused (vendor's SDK).
bool linkable(std::string_view link_base);

}  // namespace cb_edr
