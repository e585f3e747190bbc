// SPDX-License-Identifier: Apache-2.0
// WholeReport: a report as it stands in the feed, with every member that we send, read as it
// streams in: one at a time in memory. Functions over a source that the caller owns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <tqp/json_reader.hpp>
#include <vector>

namespace cb_edr {

struct WholeIoc {
  std::string id, match_type, field, link;
  std::vector<std::string> values;
};

struct WholeReport {
  std::string id, title, description, link;
  int64_t timestamp_s = 0, severity = 0;
  std::vector<std::string> tags;
  std::vector<WholeIoc> iocs;
};

// {"results":[report,...]}; a list that is cut or damaged is E_TRANSIENT. What `visit` fails with
// ends it.
using VisitReport = std::function<tqp::Result<void>(const WholeReport& report)>;
tqp::Result<void> read_whole_reports(tqp::JsonReader& reader, const VisitReport& visit);

}  // namespace cb_edr
