// SPDX-License-Identifier: Apache-2.0
#include "write.hpp"

#include "acknowledger.hpp"
#include "report_writer.hpp"

namespace cb_edr {

tqp::Result<void> Writer::write(Plan& plan, const BulkWriter::ReadEverything& read_everything) {
  TQP_TRY(feed_.ensure(ledger_, plan.threatq_url));
  TQP_TRY(put_in_doubt(plan, ledger_));
  Acknowledger done(host_, ledger_);
  TQP_ASSIGN(const bool written,
             BulkWriter(host_, settings_, ledger_, feed_, done).write(plan, read_everything));
  ReportWriter by_report(host_, ledger_, feed_, done);
  if (!written) TQP_TRY(by_report.write(plan));
  if (plan.whole) {
    if (!by_report.others_left()) TQP_TRY(ledger_.set(Ledger::kAdopting, ""));
    TQP_TRY(ledger_.forget_collections());
    // What was refused is in doubt, so this run has offered it again whether or not a person asked.
    TQP_TRY(host_.run.take_all_retries());
  }
  TQP_TRY(ledger_.commit());
  TQP_TRY(feed_.subscribe(ledger_));
  done.tell(plan, settings_.feed_name);
  if (by_report.first_failure()) return *by_report.first_failure();
  return {};
}

}  // namespace cb_edr
