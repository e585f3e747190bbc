// SPDX-License-Identifier: Apache-2.0
#include "core/comma_text.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tq {
namespace {

// Where the quoted entry at the beginning of `text` ends, behind its closing quote; npos: it is
// none. What it says comes out in `entry`.
size_t quoted_end(std::string_view text, std::string* entry) {
  entry->clear();
  for (size_t at = 1; at < text.size(); ++at) {
    if (text[at] != '"') {
      *entry += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '"') {
      *entry += text[at++];
    } else {
      const size_t next = text.find_first_not_of(kBlanks, at + 1);
      if (next == std::string_view::npos) return text.size();
      return text[next] == ',' ? next : std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string> split_comma_text(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const size_t first = text.find_first_not_of(kBlanks);
    text.remove_prefix(first == std::string_view::npos ? text.size() : first);
    std::string quoted;
    size_t end = text.starts_with('"') ? quoted_end(text, &quoted) : std::string_view::npos;
    const bool plain = end == std::string_view::npos;
    if (plain) end = std::min(text.find(','), text.size());
    const std::string_view item = trim(plain ? text.substr(0, end) : std::string_view(quoted));
    if (!item.empty() && std::find(items.begin(), items.end(), item) == items.end())
      items.emplace_back(item);
    if (end >= text.size()) return items;
    text.remove_prefix(end + 1);
  }
}

std::string comma_text(const std::vector<std::string>& entries) {
  std::string out;
  for (const std::string& entry : entries) {
    if (!out.empty()) out += ", ";
    if (entry.find(',') == std::string::npos && !entry.starts_with('"')) {
      out += entry;
      continue;
    }
    out += '"';
    for (const char c : entry) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  return out;
}

}  // namespace tq
