// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/importer.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "lab/frame/gzip.hpp"
#include "lab/threatq/scramble.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kMaxPlainBytes = 4ULL * 1024 * 1024 * 1024;
constexpr Seconds kFirstCreated = 1'735'689'600;  // 2025-01-01 00:00:00
constexpr Seconds kBetween = 60;

std::string whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream text;
  text << stream.rdbuf();
  std::string bytes = std::move(text).str();
  if (!bytes.starts_with("\x1f\x8b")) return bytes;
  auto plain = gunzip(bytes, kMaxPlainBytes);
  if (!plain) throw std::runtime_error(file.string() + " is damaged gzip");
  return std::move(*plain);
}

void import_line(const std::string& line, const Catalogue& catalogue, IndicatorStore& store,
                 ContextStore& contexts) {
  const Json item = Json::parse(line);
  const auto name = item.at("type").get<std::string>();
  const auto value = item.at("value").get<std::string>();
  const auto type = catalogue.type(std::string_view(name));
  if (!type) throw std::runtime_error("there is no indicator type \"" + name + '"');
  if (store.find(*type, value)) return;
  NewIndicator row;
  row.value = value;
  row.type = *type;
  row.status = catalogue.status(std::string_view("Active")).value();
  row.score = static_cast<std::uint8_t>(scrambled(store.rows(), row.type) % 11);
  row.created = row.updated = row.touched =
      kFirstCreated + kBetween * static_cast<Seconds>(store.rows());
  const Row added = store.add(row);
  const auto where = item.find("context");
  if (where == item.end() || !where->is_string()) return;
  Attribute attribute;
  attribute.name = "Context";
  attribute.value = where->get<std::string>();
  contexts.add_attribute(contexts.edit(added), attribute, false);
}

}  // namespace

void import_indicators(const std::filesystem::path& file, const Catalogue& catalogue,
                       IndicatorStore& store, ContextStore& contexts) {
  std::istringstream lines(whole(file));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      import_line(line, catalogue, store, contexts);
    } catch (const std::exception& error) {
      throw std::runtime_error(file.string() + " line " + std::to_string(number) + ": " +
                               error.what());
    }
  }
}

}  // namespace lab::threatq
