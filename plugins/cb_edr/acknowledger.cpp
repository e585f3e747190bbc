// SPDX-License-Identifier: Apache-2.0
#include "acknowledger.hpp"

#include <algorithm>

namespace cb_edr {

tqp::Result<void> Acknowledger::stands(const ReportKey& key, const Entry& entry) {
  ++sent_reports_;
  sent_indicators_ += entry.indicators;
  if (const Entry* const stood = ledger_.find(key)) fewer_indicators_ += stood->indicators;
  fewer_indicators_ -= entry.indicators;
  host_.run.count(TQP_COUNT_SENT, entry.indicators);
  host_.run.accept(kReportItem, report_id(key));
  return ledger_.put(key, entry);
}

tqp::Result<void> Acknowledger::is_gone(const ReportKey& key) {
  const Entry* const entry = ledger_.find(key);
  if (entry == nullptr) return {};
  ++deleted_reports_;
  fewer_indicators_ += entry->indicators;
  return ledger_.erase(key);
}

void Acknowledger::tell(const Plan& plan, const std::string& feed_name) const {
  const uint64_t not_unchanged = sent_indicators_ + missing_indicators_;
  host_.run.count(TQP_COUNT_UNCHANGED, plan.indicators - std::min(plan.indicators, not_unchanged));
  // Most of what a deleted report held stands in another one now; so the balance is told.
  if (fewer_indicators_ > 0)
    host_.run.count(TQP_COUNT_DELETED, static_cast<uint64_t>(fewer_indicators_));
  host_.log.info("feed \"" + feed_name + "\": " + plural(plan.present.size(), "report") + " with " +
                 plural(plan.indicators, "indicator") + "; " + std::to_string(sent_reports_) +
                 (host_.run.dry() ? " to send, " : " sent, ") + std::to_string(deleted_reports_) +
                 (host_.run.dry() ? " to delete" : " deleted"));
}

}  // namespace cb_edr
