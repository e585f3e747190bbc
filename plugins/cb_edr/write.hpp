// SPDX-License-Identifier: Apache-2.0
// Writer: brings the feed to what a plan says, in one piece or report by report. At every moment an
// indicator that still exists stands in the feed, whichever request is the last one that gets
// through (but for the time between two requests when its score moves it to a report of lower
// severity). Home thread.
#pragma once

#include <functional>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "feed.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "settings.hpp"

namespace cb_edr {

class Writer {
 public:
  Writer(const tqp::Host& host, const Settings& settings, Ledger& ledger, Feed& feed)
      : host_(host), settings_(settings), ledger_(ledger), feed_(feed) {}

  // Reads the collections again, with the bodies of unchanged reports.
  using ReadEverything = std::function<tqp::Result<Plan>()>;
  tqp::Result<void> write(Plan& plan, const ReadEverything& read_everything);

 private:
  tqp::Result<void> put_in_doubt(const Plan& plan);
  bool bulk_is_cheaper(const Plan& plan) const;
  tqp::Result<bool> in_one_piece(Plan& plan, const ReadEverything& read_everything);
  tqp::Result<bool> write_bulk(Plan& plan);  // false: the service does not take it in one piece
  tqp::Result<tqp::Body> bulk_of(const Plan& plan) const;
  tqp::Result<void> settle(Plan& plan);

  tqp::Result<void> write_each(Plan& plan);
  tqp::Result<void> write_one(Pending& pending);
  tqp::Result<bool> understand(const tqp::Error& refusal, Pending& pending, bool raised);
  tqp::Result<void> delete_gone(const Plan& plan);
  tqp::Result<void> delete_others(const Plan& plan);
  tqp::Result<bool> delete_one(const std::string& report_id);
  bool still_needed(const ReportKey& key, uint64_t kept_until) const;

  tqp::Result<void> acknowledge(const Pending& pending);
  tqp::Result<void> forget(const ReportKey& key);
  std::string report_id(const ReportKey& key) const { return key.report_id(host_.run.instance()); }
  std::set<std::string> our_ids(const Plan& plan) const;

  tqp::Host host_;
  const Settings& settings_;
  Ledger& ledger_;
  Feed& feed_;
  // Reports that were refused or left as they are: what they should hold stands elsewhere, if at
  // all. (opening, last]
  struct Missing {
    ReportKey key;
    uint64_t last_id;
  };
  std::vector<Missing> missing_;
  uint64_t sent_reports_ = 0, sent_indicators_ = 0, deleted_reports_ = 0, missing_indicators_ = 0;
  int64_t fewer_indicators_ = 0;  // than stood in what was written and deleted
};

}  // namespace cb_edr
