// SPDX-License-Identifier: Apache-2.0
// Plan: what a pass over all collections found. Values; a Pending owns the body that the host keeps
// for it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "ledger.hpp"

namespace cb_edr {

// A report that is to be written.
struct Pending {
  ReportKey key;
  Entry entry;     // as it will stand in the ledger
  tqp::Body tail;  // the document behind Report::head()
  bool changed;    // false: written only because everything is written in one piece
};

struct Plan {
  std::vector<Pending> send;
  std::set<ReportKey> present;  // what shall stand in the feed, of the collections that were read
  std::vector<ReportKey> gone;  // in the ledger, and in no collection any more
  uint64_t bytes = 0;           // of all present reports
  uint64_t indicators = 0;      // likewise
  std::string threatq_url;      // "https://tq.example/"
  bool whole = true;            // every collection was read to its end
  std::optional<tqp::Error> first_failure{};
};

inline std::string plural(uint64_t n, const std::string& thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
}

}  // namespace cb_edr
