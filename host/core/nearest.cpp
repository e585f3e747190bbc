// SPDX-License-Identifier: Apache-2.0
#include "core/nearest.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (to_lower(a[i - 1]) == to_lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest_few(std::string_view word,
                                     const std::vector<std::string>& candidates, size_t most) {
  const size_t farthest = std::max<size_t>(word.size() / 3, 1);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : candidates)
    if (const size_t distance = edit_distance(word, candidate); distance <= farthest)
      near.emplace_back(distance, candidate);
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (auto& [distance, candidate] : near)
    if (out.size() < most) out.push_back(std::move(candidate));
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::vector<std::string> near = nearest_few(word, candidates, 1);
  return near.empty() ? std::string() : std::move(near.front());
}

}  // namespace tq
