// SPDX-License-Identifier: Apache-2.0
// ReportWriter: brings the feed to what a plan says, report by report. One report that cannot be
// written stops none of the others: it and what it should have taken over stay as they are, and the
// next run tries again. Home thread; borrows everything.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "acknowledger.hpp"
#include "feed.hpp"
#include "ledger.hpp"
#include "plan.hpp"

namespace cb_edr {

class ReportWriter {
 public:
  ReportWriter(const tqp::Host& host, Ledger& ledger, Feed& feed, Acknowledger& done)
      : host_(host), ledger_(ledger), feed_(feed), done_(done) {}

  // Fails when the run cannot go on. What only some reports failed with is in first_failure().
  tqp::Result<void> write(Plan& plan);
  const std::optional<tqp::Error>& first_failure() const { return first_failure_; }
  // Whether an adopted feed still has reports of its former owner.
  bool others_left() const { return !others_.empty(); }

 private:
  // What became of one request.
  enum class Fate { kDone, kAgain, kLeft };

  tqp::Result<void> write_all(Plan& plan);
  tqp::Result<void> write_one(Pending& pending, Plan& plan);
  tqp::Result<Fate> put(Pending& pending);
  tqp::Result<Fate> not_acknowledged(Pending& pending, tqp::Acknowledgement answer);
  tqp::Result<Fate> refused(const tqp::Error& refusal, Pending& pending, Plan& plan);
  tqp::Result<Fate> failed(tqp::Error error, Pending& pending);
  // kPatient: looks a few times, since a read right after a write may be old.
  enum class Look { kOnce, kPatient };
  tqp::Result<bool> stands(const Pending& pending, Look look);
  tqp::Result<bool> is_full(const Plan& plan);
  tqp::Result<void> settle_open();

  tqp::Result<bool> make_room(Plan& plan);
  tqp::Result<void> delete_rest(Plan& plan);
  tqp::Result<void> delete_known(const ReportKey& key);
  // Whether it is gone; `key`: null for one that the ledger does not know.
  tqp::Result<bool> delete_one(const std::string& report_id, const ReportKey* key);
  tqp::Result<void> delete_others();
  bool still_needed(const ReportKey& key, uint64_t kept_until) const;
  bool waits_for_open(const ReportKey& key, uint64_t kept_until) const;

  tqp::Result<Fate> acknowledge(const Pending& pending);
  void note_acknowledged();
  // Keeps what could not be done, and ends the run when too many fail one after the other. `key`:
  // as above. kOfAll: it says nothing about the report, which then never is a dead letter.
  enum class Blame { kReport, kOfAll };
  tqp::Result<void> keep_failure(const ReportKey* key, const tqp::Error& error, Blame blame);
  // What failed in three runs in a row is a dead letter, unless it was the service that failed.
  void tell_letters();
  void leave(const ReportKey& key, const Entry& entry);

  tqp::Host host_;
  Ledger& ledger_;
  Feed& feed_;
  Acknowledger& done_;
  // Reports that were refused or left as they are: what they should hold stands elsewhere, if at
  // all. (opening, last]
  struct Missing {
    ReportKey key;
    uint64_t last_id;
  };
  bool takes_from(const Missing& taker, const ReportKey& key, uint64_t kept_until) const;
  std::vector<Missing> missing_;
  std::set<std::string> gone_searches_;
  std::set<std::string> others_;  // reports that an adopted feed is to lose
  std::optional<tqp::Error> first_failure_;
  int failed_in_a_row_ = 0;  // without those that may be dead letters
  int unacknowledged_ = 0;   // with them, since the last acknowledgement
  bool acknowledged_any_ = false;
  struct Letter {
    std::string report_id;
    tqp::Error error;
  };
  std::vector<Letter> letters_;  // of reports that failed often enough
  uint64_t standing_ = 0;        // reports in the feed
  bool counted_ = false;         // by a look, because a new one was refused
  // Written, and answered otherwise than documented: what they are found to be later.
  struct Open {
    ReportKey key;
    Entry entry;
    tqp::Acknowledgement answer;
  };
  std::vector<Open> open_;
  int looked_ = 0;
};

}  // namespace cb_edr
