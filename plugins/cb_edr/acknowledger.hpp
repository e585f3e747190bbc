// SPDX-License-Identifier: Apache-2.0
// Acknowledger: what a run found to be done: into the ledger, into the run's counts, and out of the
// dead letters. Nothing is durable before the ledger's commit. Home thread; borrows the ledger.
#pragma once

#include <string>
#include <tqp/plugin.hpp>

#include "ledger.hpp"
#include "plan.hpp"

namespace cb_edr {

class Acknowledger {
 public:
  Acknowledger(const tqp::Host& host, Ledger& ledger) : host_(host), ledger_(ledger) {}

  std::string report_id(const ReportKey& key) const { return key.report_id(host_.run.instance()); }

  tqp::Result<void> stands(const ReportKey& key, const Entry& entry);  // as it was planned
  tqp::Result<void> is_gone(const ReportKey& key);
  void other_is_gone() { ++deleted_reports_; }  // of a report that the ledger does not know
  // A report that was not written: what it holds beyond what stood is in doubt.
  void is_missing(const Entry& entry) { missing_indicators_ += entry.indicators; }

  // The run's last counts and a line for people.
  void tell(const Plan& plan, const std::string& feed_name) const;

 private:
  tqp::Host host_;
  Ledger& ledger_;
  uint64_t sent_reports_ = 0, sent_indicators_ = 0, deleted_reports_ = 0, missing_indicators_ = 0;
  int64_t fewer_indicators_ = 0;  // than stood in what was written and deleted
};

}  // namespace cb_edr
