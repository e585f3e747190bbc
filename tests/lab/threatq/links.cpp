// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/links.hpp"

namespace lab::threatq {

std::uint64_t Links::add(const ObjectRef& a, const ObjectRef& b) {
  const auto [place, is_new] = pairs_.emplace(std::pair(a, b), last_ + 1);
  if (!is_new) return place->second;
  pairs_.emplace(std::pair(b, a), ++last_);
  return last_;
}

std::vector<Link> Links::of(const ObjectRef& object, const std::string& other_kind) const {
  std::vector<Link> result;
  for (auto at = pairs_.lower_bound({object, {other_kind, 0}});
       at != pairs_.end() && at->first.first == object && at->first.second.kind == other_kind; ++at)
    result.push_back({at->second, at->first.second});
  return result;
}

bool Links::remove(const ObjectRef& a, const std::string& other_kind, std::uint64_t pivot_id) {
  for (const Link& link : of(a, other_kind)) {
    if (link.pivot_id != pivot_id) continue;
    pairs_.erase({a, link.other});
    pairs_.erase({link.other, a});
    return true;
  }
  return false;
}

void Links::remove_all(const ObjectRef& object) {
  for (auto at = pairs_.lower_bound({object, {}});
       at != pairs_.end() && at->first.first == object;) {
    pairs_.erase({at->first.second, object});
    at = pairs_.erase(at);
  }
}

}  // namespace lab::threatq
