// SPDX-License-Identifier: Apache-2.0
// Export: one run. Reads every collection once, keeps the bodies of the reports that changed, and
// only when it knows everything that is to be written and deleted has it written. Home thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "collect.hpp"
#include "feed.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "settings.hpp"

namespace cb_edr {

class Export {
 public:
  Export(const tqp::Host& host, Settings settings, Ledger ledger);

  tqp::Result<void> run();

 private:
  // kEverything keeps the bodies of unchanged reports, too: a second read, for a write in one
  // piece.
  enum class Pass { kChanges, kEverything };
  // What a collection that cannot be read puts under protection.
  struct Unread {
    std::set<std::string> searches;
    bool of_unknown_search = false;  // a new name, or a typing error in an old one
  };
  // One read of all collections.
  struct Reading {
    Pass pass;
    std::vector<Collection> collections{};
    Plan plan{};
    Unread unread{};
    std::set<std::string> read{};  // searches
    bool too_many = false;         // of the reports, which ended it
  };

  tqp::Result<void> may_run() const;
  // Reads again with larger reports when the feed has not the places for so many.
  tqp::Result<Plan> read_collections(Pass pass);
  tqp::Result<void> read_once(Reading* reading);
  tqp::Result<void> open_collections(Reading* reading);
  tqp::Result<void> choose_cut(const std::vector<Collection>& collections);
  tqp::Result<bool> places_grew(const Plan& plan);
  tqp::Result<void> cut_larger(const Reading& reading);
  tqp::Result<void> take(const ReportFrame& frame, const ReportKey& key, int severity,
                         const Report& report, Reading* reading);
  bool is_changed(const Entry* known, const ReportHead* there, const Entry& entry) const;
  int64_t timestamp_of(const Entry* known, const ReportHead* there, const Entry& entry,
                       int64_t newest_updated_ms) const;
  tqp::Result<void> failed(const std::string& name, tqp::Error error, Reading* reading) const;
  void find_gone(Reading* reading) const;
  void find_strays(Plan* plan) const;
  tqp::Result<void> brake(const Plan& plan) const;
  size_t places() const;  // for our reports

  tqp::Host host_;
  Settings settings_;
  Ledger ledger_;
  Feed feed_;
  int target_bits_ = 0;
  bool counted_others_ = false;
  bool resend_ = false;                        // every digest counts as changed
  std::string tail_;                           // reused from report to report
  std::map<std::string, uint64_t> rows_read_;  // by saved search: counted in an earlier read
};

}  // namespace cb_edr
