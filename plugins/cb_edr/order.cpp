// SPDX-License-Identifier: Apache-2.0
#include "order.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "cutting.hpp"

namespace cb_edr {

void put_in_order(Plan* plan) {
  std::sort(plan->send.begin(), plan->send.end(), [](const Pending& a, const Pending& b) {
    return std::tie(a.entry.last_id, a.key) < std::tie(b.entry.last_id, b.key);
  });
  std::sort(plan->gone.begin(), plan->gone.end(), [](const ReportKey& a, const ReportKey& b) {
    return std::tie(a.opening_id, a) < std::tie(b.opening_id, b);
  });
}

bool fits_on_the_way(const Plan& plan, const Ledger& ledger) {
  uint64_t standing = plan.standing, added = 0;
  std::vector<std::pair<uint64_t, bool>> unwritten;  // the last id, and whether it is new
  std::vector<uint64_t> gone;
  for (const Pending& pending : plan.send) {
    if (!pending.changed) continue;
    unwritten.emplace_back(pending.entry.last_id, pending.is_new);
    added += pending.is_new ? 1 : 0;
  }
  if (standing + added <= kReportsMost) return true;
  for (const ReportKey& key : plan.gone) {
    const Entry* const entry = ledger.find(key);
    if (entry != nullptr && entry->may_stand()) gone.push_back(key.opening_id);
  }
  std::sort(unwritten.begin(), unwritten.end());
  std::sort(gone.begin(), gone.end());
  for (; !unwritten.empty(); unwritten.pop_back()) {
    if (!unwritten.back().second) continue;
    while (standing >= kReportsMost && !gone.empty() && gone.back() >= unwritten.back().first) {
      gone.pop_back();
      --standing;
    }
    if (standing >= kReportsMost) return false;
    ++standing;
  }
  return true;
}

}  // namespace cb_edr
