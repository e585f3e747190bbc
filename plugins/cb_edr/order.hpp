// SPDX-License-Identifier: Apache-2.0
// The order in which a feed's reports are written and deleted so that no indicator leaves the feed
// before it stands in it again, and the feed never has more reports than the service takes. Reports
// hold the indicators of a range of ids, (opening, last]. The highest range is written first: when
// a report was split, its second half stands before the first one is shortened; and an old report
// may go as soon as no range that is still to be written reaches into its own. Pure functions.
#pragma once

#include "ledger.hpp"
#include "plan.hpp"

namespace cb_edr {

// The next to be written is the last; the first that may go is the last of `gone`.
void put_in_order(Plan* plan);

// Whether this one may go while the reports up to `unwritten` (the highest id in any of them) are
// still to be written.
inline bool may_go_before(const ReportKey& gone, uint64_t unwritten) {
  return gone.opening_id >= unwritten;
}

// Whether the feed has the places for the plan at every moment, report by report.
bool fits_on_the_way(const Plan& plan, const Ledger& ledger);

}  // namespace cb_edr
