// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/result_cache.hpp"

#include <algorithm>

namespace lab::threatq {

Rows ResultCache::get(const std::string& key, std::uint64_t version,
                      const std::function<std::vector<Row>()>& search) {
  const std::lock_guard lock(mutex_);  // held while searching: the next page wants the same rows
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found != entries_.end()) {
    Entry entry = std::move(*found);
    entries_.erase(found);
    if (entry.version == version) {
      entries_.push_front(std::move(entry));
      return entries_.front().rows;
    }
  }
  entries_.push_front({key, version, std::make_shared<const std::vector<Row>>(search())});
  if (entries_.size() > kKept) entries_.pop_back();
  return entries_.front().rows;
}

}  // namespace lab::threatq
