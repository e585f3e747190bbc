// SPDX-License-Identifier: Apache-2.0
// Verify: compares the feed, report by report and member by member, with what the state says to
// stand there. Changes nothing at the remote; on repair the entries of what differs are put in
// doubt, so that the next run writes it again. Home thread; borrows the ledger.
#pragma once

#include <map>
#include <string>
#include <tqp/plugin.hpp>

#include "feed.hpp"
#include "ledger.hpp"
#include "settings.hpp"
#include "whole_report.hpp"

namespace cb_edr {

class Verify {
 public:
  Verify(const tqp::Host& host, const Settings& settings, Ledger& ledger,
         const tqp::Findings& findings)
      : host_(host), ledger_(ledger), feed_(host, settings), findings_(findings) {}

  tqp::Result<void> run();

 private:
  tqp::Result<void> look_at(const WholeReport& report);
  tqp::Result<void> tell_missing(const std::string& why);
  std::string difference(const ReportKey& key, const Entry& entry, const WholeReport& report) const;
  std::string content_difference(const ReportKey& key, const Entry& entry,
                                 const WholeReport& report) const;

  tqp::Host host_;
  Ledger& ledger_;
  Feed feed_;
  const tqp::Findings& findings_;
  std::map<std::string, ReportKey> unseen_;  // by report id: of the ledger, not met yet
};

}  // namespace cb_edr
