// SPDX-License-Identifier: Apache-2.0
#include "schema/state_place.hpp"

#include <string>
#include <string_view>

#include "core/file.hpp"
#include "core/json.hpp"
#include "schema/default_paths.hpp"
#include "schema/environment.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMost = 16 << 20;

// The text in quotes behind the first "state_dir" and a colon; the rest may be no JSON at all.
std::string quoted_state_dir(std::string_view text) {
  constexpr std::string_view kKey = "\"state_dir\"";
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t key = text.find(kKey);
  if (key == std::string_view::npos) return {};
  size_t at = text.find_first_not_of(kBlanks, key + kKey.size());
  if (at == std::string_view::npos || text[at] != ':') return {};
  at = text.find_first_not_of(kBlanks, at + 1);
  if (at == std::string_view::npos || text[at] != '"') return {};
  size_t end = at + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return {};
  const auto value = parse_json(text.substr(at, end + 1 - at), "state_dir");
  return value && value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace

fs::path likely_state_dir(const ConfigSources& sources) {
  if (sources.state_dir) return fs::absolute(*sources.state_dir);
  const std::string named = variable(sources.environment, "TQHOST_STATE_DIR");
  if (!named.empty()) return fs::absolute(named);
  const fs::path file = intended_file(sources);
  const auto text = read_file(file, kFileBytesMost);
  const std::string said = text ? quoted_state_dir(*text) : std::string();
  if (!said.empty()) return (file.parent_path() / said).lexically_normal();
  return own_default_paths(sources.environment).state_dir;
}

}  // namespace tq
