// SPDX-License-Identifier: Apache-2.0
// The configuration file of the ThreatConnect bridge, read as the settings of the plugin
// threatconnect. Values; any thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

struct BridgeIni {
  // By the plugin's keys. Numbers and booleans are such where the text reads as one; what does not
  // stays text, for the plugin's schema to refuse. Secrets are in it.
  Json config = Json::object();
  std::map<std::string, size_t> lines;  // key -> line of the file
  std::vector<std::string> warnings;    // a line each
};

// Keys are known in any section and in none, without case; the pairs of [sources] are tag and path,
// in order. E_CONFIG names the file and each missing key, the lines of a tag that is there twice,
// or what else stops the file from being used. `name` opens messages.
Result<BridgeIni> parse_bridge_ini(std::string_view text, const std::string& name);

Result<BridgeIni> read_bridge_ini(const std::filesystem::path& file);

}  // namespace tq
