// SPDX-License-Identifier: Apache-2.0
// Export: one run. Reads every collection once, keeps the bodies of the reports that changed, and
// only when it knows everything that is to be written and deleted has it written. Home thread.
#pragma once

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
  tqp::Result<Plan> read_collections(Pass pass);
  tqp::Result<void> choose_cut(const std::vector<Collection>& collections);
  tqp::Result<void> take(const ReportFrame& frame, const ReportKey& key, int severity,
                         const Report& report, Pass pass, Plan* plan);
  // What a collection that cannot be read puts under protection.
  struct Unread {
    std::set<std::string> searches;
    bool of_unknown_search = false;  // a new name, or a typing error in an old one
  };
  tqp::Result<void> failed(const std::string& name, tqp::Error error, Unread* unread,
                           Plan* plan) const;
  void find_gone(const std::set<std::string>& read, const Unread& unread, Plan* plan) const;
  tqp::Result<void> brake(const Plan& plan) const;

  tqp::Host host_;
  Settings settings_;
  Ledger ledger_;
  Feed feed_;
  int target_bits_ = 0;
  bool resend_ = false;  // every digest counts as changed
  std::string tail_;     // reused from report to report
};

}  // namespace cb_edr
