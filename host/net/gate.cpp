// SPDX-License-Identifier: Apache-2.0
#include "net/gate.hpp"

#include <algorithm>
#include <string>

#include "core/saturating.hpp"

namespace tq {

Result<void> Gate::pass(const Origin& origin, const Cancel& cancel) {
  while (true) {
    if (cancel.cancelled()) return Error{Status::kCancelled, "cancelled"};
    Admission admission;
    TQ_TRY(book_->update(origin, [&](RateRecord* record) {
      admission = admit(record, world_.now_ms(), max_block_ms_);
    }));
    if (admission.wait_ms == 0) return {};
    const std::string text = admission.blocked
                                 ? "requests wait, because the server has limited them"
                                 : "requests wait for the budget of a minute";
    const Field fields[] = {{"origin", origin.text()},
                            {"wait_ms", std::to_string(admission.wait_ms)}};
    log_.write(admission.blocked ? Level::kWarning : Level::kDebug, Event::kHttpLimited, text,
               fields);
    if (world_.sleep_ms(admission.wait_ms, cancel)) return Error{Status::kCancelled, "cancelled"};
  }
}

Result<void> Gate::block(const Origin& origin, uint64_t milliseconds) {
  const int64_t until_ms = later(world_.now_ms(), std::min(milliseconds, max_block_ms_));
  return book_->update(origin, [&](RateRecord* record) {
    record->not_before_ms = std::max(record->not_before_ms, until_ms);
  });
}

Result<void> Gate::limit(const Origin& origin, uint32_t requests_per_minute) {
  return book_->update(origin,
                       [&](RateRecord* record) { record->per_minute = requests_per_minute; });
}

}  // namespace tq
