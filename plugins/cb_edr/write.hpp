// SPDX-License-Identifier: Apache-2.0
// Writer: brings the feed to what a plan says, in one piece or report by report. At every moment an
// indicator that still exists stands in the feed, whichever request is the last one that gets
// through (but for the time between two requests when its score moves it to a report of lower
// severity, or when the feed is full to the last place). Home thread.
#pragma once

#include <tqp/plugin.hpp>

#include "bulk_writer.hpp"
#include "feed.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "settings.hpp"

namespace cb_edr {

class Writer {
 public:
  Writer(const tqp::Host& host, const Settings& settings, Ledger& ledger, Feed& feed)
      : host_(host), settings_(settings), ledger_(ledger), feed_(feed) {}

  // What only some reports failed with is returned after everything else was done.
  tqp::Result<void> write(Plan& plan, const BulkWriter::ReadEverything& read_everything);

 private:
  tqp::Host host_;
  const Settings& settings_;
  Ledger& ledger_;
  Feed& feed_;
};

}  // namespace cb_edr
