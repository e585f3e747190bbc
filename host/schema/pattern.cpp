// SPDX-License-Identifier: Apache-2.0
#include "schema/pattern.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <regex>

namespace tq {
namespace {

using Compiled = std::shared_ptr<const std::regex>;

// Far more than all schemas of a host have; a plugin's schema must not fill the memory.
constexpr size_t kMostKept = 256;

Compiled compile(const std::string& pattern) {
  try {
    return std::make_shared<const std::regex>(pattern);
  } catch (const std::regex_error&) {
    return nullptr;
  }
}

// Null: it is no pattern.
Compiled compiled(const std::string& pattern) {
  static std::mutex mutex;
  static auto& kept = *new std::map<std::string, Compiled>;  // used while the process ends, too
  const std::lock_guard lock(mutex);
  if (const auto known = kept.find(pattern); known != kept.end()) return known->second;
  if (kept.size() >= kMostKept) kept.clear();
  return kept[pattern] = compile(pattern);
}

}  // namespace

bool is_pattern(const std::string& pattern) { return compiled(pattern) != nullptr; }

std::optional<bool> pattern_matches(const std::string& pattern, const std::string& text) {
  const Compiled regex = compiled(pattern);
  if (regex == nullptr) return std::nullopt;
  try {
    return std::regex_search(text, *regex);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

}  // namespace tq
