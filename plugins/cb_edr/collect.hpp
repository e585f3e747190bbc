// SPDX-License-Identifier: Apache-2.0
// Collection: one ThreatQ data collection, read in the order of ids, filtered and cut into reports.
// Memory is bounded by the reports that are open (one, or one per severity), not by the collection.
// Home thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "ledger.hpp"
#include "normalise.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace cb_edr {

// What ThreatQ tells of a collection.
struct Description {
  std::string search_id, link_base;
  uint64_t total = 0;
};
tqp::Result<Description> describe(const tqp::Cursor& cursor, const std::string& name);

// A score's severity band, 1 to 10; 0 when the severity is fixed.
int band_of(const std::optional<int>& fixed_severity, int score);
constexpr int kBands = 11;

class Collection {
 public:
  // Fails when ThreatQ has no such collection for this user; reads nothing yet.
  static tqp::Result<Collection> open(const tqp::Host& host, const Settings& settings,
                                      const std::string& name);

  // A second read in one run: so many of its rows were counted already.
  void count_after(uint64_t rows) { counted_rows_ = rows; }

  const std::string& name() const { return frame_.collection; }
  const std::string& search_id() const { return search_id_; }
  uint64_t total() const { return total_; }  // as ThreatQ counts, all types; 0: not told
  uint64_t rows() const { return rows_; }    // read so far
  uint64_t kept() const { return kept_; }    // indicators that became IOCs of their own
  const std::string& threatq_url() const { return threatq_url_; }  // "https://tq.example/"
  const ReportFrame& frame() const { return frame_; }

  // Takes each report as it ends; the report is reused when `take` returns. A failure of `take`, or
  // a read that breaks off, ends it: what was taken until then is good, what follows is unknown.
  using Take =
      std::function<tqp::Result<void>(const ReportKey& key, int severity, const Report& report)>;
  tqp::Result<void> read(int target_bits, const Take& take);

 private:
  Collection(const tqp::Host& host, const Settings& settings, tqp::Cursor cursor)
      : run_(host.run),
        log_(host.log),
        fixed_severity_(settings.severity),
        cursor_(std::move(cursor)) {}

  Kind kind_of_type(uint32_t type);
  tqp::Result<void> finish(int band, const Take& take);
  void count_batch(uint32_t rows);

  tqp::Run run_;
  tqp::Log log_;
  std::optional<int> fixed_severity_;
  tqp::Cursor cursor_;
  ReportFrame frame_;
  std::string search_id_, threatq_url_;
  uint64_t total_ = 0;
  uint64_t counted_rows_ = 0;
  uint64_t rows_ = 0;
  uint64_t kept_ = 0;
  uint64_t sharing_ = 0;         // indicators that share another one's IOC
  uint64_t sharing_lately_ = 0;  // of those, since the last batch
  std::array<Report, kBands> open_{};
  std::vector<Kind> kinds_;                           // by type index, as the types come
  std::vector<uint64_t> skipped_types_;               // by type index, since the last batch
  std::array<uint64_t, kRefusals> skipped_values_{};  // by Refusal, since the last batch
};

}  // namespace cb_edr
