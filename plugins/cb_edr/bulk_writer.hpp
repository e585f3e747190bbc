// SPDX-License-Identifier: Apache-2.0
// BulkWriter: writes the whole feed with one request, where that is cheaper than report by report
// or the feed has not the places for another way. Home thread; borrows everything.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <tqp/plugin.hpp>

#include "acknowledger.hpp"
#include "feed.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "settings.hpp"

namespace cb_edr {

// Before a write: what is going to be written or deleted is in doubt, durable.
tqp::Result<void> put_in_doubt(const Plan& plan, Ledger& ledger);

// Somebody else's, and nobody's: the ids in the plan, in the ledger, and of our strays.
std::set<std::string> our_ids(const Plan& plan, const Ledger& ledger, std::string_view instance);

class BulkWriter {
 public:
  BulkWriter(const tqp::Host& host, const Settings& settings, Ledger& ledger, Feed& feed,
             Acknowledger& done)
      : host_(host), settings_(settings), ledger_(ledger), feed_(feed), done_(done) {}

  // Reads the collections again, with the bodies of unchanged reports.
  using ReadEverything = std::function<tqp::Result<Plan>()>;
  // False: it has to go report by report; the plan says what is left to do.
  tqp::Result<bool> write(Plan& plan, const ReadEverything& read_everything);

 private:
  bool possible(const Plan& plan) const;
  bool wanted(const Plan& plan) const;
  tqp::Result<bool> send(Plan& plan);
  tqp::Result<tqp::Body> document_of(const Plan& plan) const;
  tqp::Result<void> not_taken(Plan& plan, const tqp::Error& error);
  tqp::Result<void> settle(Plan& plan);

  tqp::Host host_;
  const Settings& settings_;
  Ledger& ledger_;
  Feed& feed_;
  Acknowledger& done_;
};

}  // namespace cb_edr
