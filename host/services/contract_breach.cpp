// SPDX-License-Identifier: Apache-2.0
#include "services/contract_breach.hpp"

#include "core/text.hpp"
#include "core/thread.hpp"

namespace tq {

void ContractBreach::note(std::string_view text) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (noted()) return;
    const std::string_view whole = utf8_cut(text, text_.size());
    bytes_ = whole.copy(text_.data(), whole.size());
    noted_.store(true, std::memory_order_release);
  }
  static_cast<void>(contain("telling of a broken contract", [this]() -> Result<void> {
    if (told_) told_(this->text());
    return {};
  }));
}

std::string ContractBreach::text() const {
  return noted() ? std::string(text_.data(), bytes_) : std::string();
}

Error ContractBreach::error() const {
  return {Status::kBug, "the plugin broke the contract: " + text()};
}

}  // namespace tq
