// SPDX-License-Identifier: Apache-2.0
#include "threatq/dictionary.hpp"

namespace tq {

Result<uint16_t> Dictionary::index(std::string_view name) {
  constexpr size_t kMaxNames = UINT16_MAX;
  constexpr size_t kMaxBytes = 4 << 20;
  if (!numbers_.empty() && name == last_) return last_number_;
  auto found = numbers_.find(name);
  if (found == numbers_.end()) {
    if (names_.size() >= kMaxNames || bytes_ + name.size() > kMaxBytes)
      return Error{Status::kData, "ThreatQ sent more than " + std::to_string(names_.size()) +
                                      " different names of types or statuses"};
    bytes_ += name.size();
    const auto number = static_cast<uint16_t>(names_.size());
    const std::lock_guard lock(mutex_);
    found = numbers_.emplace(names_.emplace_back(name), number).first;
  }
  last_ = found->first;
  last_number_ = found->second;
  return last_number_;
}

const std::string* Dictionary::name(uint32_t index) const {
  const std::lock_guard lock(mutex_);
  return index < names_.size() ? &names_[index] : nullptr;
}

}  // namespace tq
