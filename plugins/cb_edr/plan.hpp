// SPDX-License-Identifier: Apache-2.0
// Plan: what a pass over all collections found. Values; a Pending owns the body that the host keeps
// for it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <vector>

#include "ledger.hpp"
#include "report.hpp"

namespace cb_edr {

constexpr std::string_view kReportItem = "report";  // the type of a report's dead letter

// A report that is to be written.
struct Pending {
  ReportKey key;
  Entry entry;     // as it will stand in the ledger
  tqp::Body tail;  // the document behind Report::head()
  bool changed;    // false: written only because everything is written in one piece
  bool is_new;     // takes a place in the feed that it does not have yet
};

struct Plan {
  std::vector<Pending> send;
  std::set<ReportKey> present;  // what shall stand in the feed, of the collections that were read
  std::vector<ReportKey> gone;  // in the ledger, and in no collection any more
  // Saved searches that were in the ledger and are not read any more: what they held may have moved
  // to any other.
  std::set<std::string> gone_searches;
  // Report ids of ours in the feed that neither the ledger nor a collection knows.
  std::set<std::string> strays;
  uint64_t standing = 0;    // reports in the feed before, other people's included where known
  uint64_t bytes = 0;       // of all present reports
  uint64_t indicators = 0;  // likewise
  std::string threatq_url;  // "https://tq.example/"
  bool whole = true;        // every collection was read to its end
  std::optional<tqp::Error> first_failure{};
};

// Whether what stands in the feed is what was to be written.
inline bool is_written(const ReportHead& there, const Entry& entry) {
  return there.timestamp_s == entry.timestamp_s && there.revision == Report::revision(entry.digest);
}

// A 404 to a write: somebody deleted the feed since it was found.
inline tqp::Error or_vanished(tqp::Error error) {
  if (error.http_status == 404)
    error.message += "; the feed has disappeared, the next run makes it again";
  return error;
}

inline std::string plural(uint64_t n, const std::string& thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
}

}  // namespace cb_edr
