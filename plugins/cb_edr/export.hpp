// SPDX-License-Identifier: Apache-2.0
// Export: one run. Reads every collection once, keeps the bodies of the reports that changed, and
// only when it knows everything that is to be written and deleted begins to write. Home thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "collect.hpp"
#include "feed.hpp"
#include "ledger.hpp"
#include "settings.hpp"

namespace cb_edr {

// A report that is to be written.
struct Pending {
  ReportKey key;
  Entry entry;     // as it will stand in the ledger
  tqp::Body tail;  // the document behind Report::head()
};

class Export {
 public:
  Export(const tqp::Host& host, Settings settings, Ledger ledger);

  tqp::Result<void> run();

 private:
  // What a pass over all collections found.
  struct Plan {
    std::vector<Pending> send;
    std::set<ReportKey>
        present;  // every report that shall stand in the feed, as far as it was read
    std::vector<ReportKey> gone;  // in the ledger, and in no collection any more
    uint64_t bytes = 0;           // of all present reports
    uint64_t indicators = 0;
    std::string threatq_url;  // "https://tq.example/"
    bool whole = true;        // every collection was read to its end
    std::optional<tqp::Error> first_failure{};
  };

  enum class Pass { kFirst, kAgain };
  tqp::Result<Plan> read_collections(Pass pass);
  tqp::Result<int> choose_cut(const std::vector<Collection>& collections);
  tqp::Result<void> take(const ReportFrame& frame, const ReportKey& key, int severity,
                         Report& report, bool keep_all, Plan* plan);
  void find_gone(const std::set<std::string>& known_searches, Plan* plan) const;
  tqp::Result<void> brake(const Plan& plan) const;
  tqp::Result<void> write(Plan& plan);
  bool bulk_is_cheaper(const Plan& plan) const;
  tqp::Result<bool> write_bulk(Plan& plan);  // false: the service does not take it in one piece
  tqp::Result<void> write_each(Plan& plan);
  tqp::Result<void> write_one(Pending& pending);
  tqp::Result<void> delete_gone(Plan& plan);
  void count_sent(const Pending& pending);
  void say_done(const Plan& plan, size_t sent) const;

  tqp::Host host_;
  Settings settings_;
  Ledger ledger_;
  Feed feed_;
  tqp::JsonWriter json_;  // reused from report to report
  bool resend_ = false;   // every digest counts as changed
  uint64_t sent_indicators_ = 0;
};

}  // namespace cb_edr
