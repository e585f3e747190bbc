// SPDX-License-Identifier: Apache-2.0
// Ledger: what stands in the feed as far as the state store knows: one entry per report, written
// with the commit that follows its acknowledgement. Before the first request, what a run is going
// to make, change or delete is put in doubt by a commit of its own: whatever the service did when a
// crash hid its answer, the next run knows which reports to write again. Home thread.
// docs/formats/cb_edr-state.md describes the keys.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>
#include <utility>

#include "answers.hpp"
#include "digest.hpp"

namespace cb_edr {

// A report is named by its collection, its severity band (0 when the severity is fixed) and the
// boundary that opens it.
struct ReportKey {
  std::string search_id;
  int band = 0;
  uint64_t opening_id = 0;

  auto operator<=>(const ReportKey&) const = default;  // NOLINT(modernize-use-nullptr)
  std::string report_id(std::string_view instance) const;
};

// A write of which nobody knows whether it had its effect.
struct Attempt {
  Digest digest{};
  int64_t timestamp_s = 0;  // 0: there was none

  bool any() const { return timestamp_s > 0; }
};

struct Entry {
  Digest digest{};
  int64_t timestamp_s = 0;
  uint32_t indicators = 0;
  uint32_t bytes = 0;
  uint64_t last_id = 0;   // of its last indicator
  Attempt tried{};        // while in doubt
  uint32_t failures = 0;  // runs in a row whose write of it failed, while in doubt

  // Whether it stands in the feed, and with which content, nobody knows.
  bool in_doubt() const { return digest == Digest{}; }
  // It was acknowledged at least once.
  bool stood() const { return timestamp_s > 0; }
  // It takes one of the places that the feed has, as far as anybody knows.
  bool may_stand() const { return stood() || tried.any(); }
};

// By report id.
using Remote = std::map<std::string, ReportHead, std::less<>>;

class Ledger {
 public:
  static tqp::Result<Ledger> load(const tqp::State& state);

  const std::map<ReportKey, Entry>& reports() const { return reports_; }
  const Entry* find(const ReportKey& key) const;
  // The report of a band between whose boundaries the indicator lies, or null. Whether it is in
  // there the ledger does not know.
  using Known = std::pair<const ReportKey, Entry>;
  const Known* around(const std::string& search_id, int band, uint64_t indicator_id) const;

  // The changes below are durable after commit(), all or none of them.
  tqp::Result<void> put(const ReportKey& key, const Entry& entry);
  tqp::Result<void> erase(const ReportKey& key);
  tqp::Result<void> set(std::string_view name, std::string_view value);  // kFeedId and so on
  std::string get(std::string_view name) const;                          // "" when it was never set
  tqp::Result<void> commit() const { return state_.commit(); }

  // An entry whose next acknowledgement says what stands. `attempt`: the write that is about to be
  // made, so that a repeat of it has the same timestamp, and another content never has; without one
  // that of before stays.
  tqp::Result<void> doubt(const ReportKey& key, uint64_t last_id, const Attempt& attempt);
  // What stands at the remote, with this timestamp, is not what the entry says.
  tqp::Result<void> distrust(const ReportKey& key, int64_t timestamp_s);
  // Its write failed in this run; returns in how many runs in a row.
  tqp::Result<uint32_t> count_failure(const ReportKey& key);
  // Believes what stands in the feed rather than the entries: those that are not there go, those
  // with another content are in doubt.
  tqp::Result<void> correct(const Remote& remote, std::string_view instance);

  // The name that a saved search had when it was last read. A name may come back with another id.
  tqp::Result<void> remember_collection(std::string_view search_id, std::string_view name);
  std::set<std::string> search_ids_of(std::string_view collection) const;
  std::string name_of(const std::string& search_id) const;  // "" when it was never read
  // Forgets the names of searches that have no report any more.
  tqp::Result<void> forget_collections();
  tqp::Result<void> forget_reports();
  tqp::Result<void> forget_everything();

  static constexpr std::string_view kFeedId = "feed/id";
  static constexpr std::string_view kHome = "feed/home";  // where kFeedId is: home_of()
  static constexpr std::string_view kMark = "feed/mark";
  static constexpr std::string_view kAdopting = "feed/adopting";  // foreign reports are to go yet
  static constexpr std::string_view kWatchlist = "feed/watchlist";
  static constexpr std::string_view kYes = "1";
  static constexpr std::string_view kTold = "told";  // in kWatchlist, instead of an id
  static constexpr std::string_view kBulkRefused = "feed/bulk_refused";  // bytes that were too many
  static constexpr std::string_view kOthers = "feed/others";  // reports of somebody else, when seen
  static constexpr std::string_view kTargetBits = "cut/target_bits";
  // Indicators that passed the filter in the last run that read every collection.
  static constexpr std::string_view kKept = "cut/kept";

  // Of a collection that was read whole: so many rows passed the filter of so many that ThreatQ
  // counts. A share of 1 when it was never read.
  struct Share {
    uint64_t kept = 0, total = 0;
    double of(uint64_t rows) const;
  };
  Share share(std::string_view search_id) const;
  tqp::Result<void> set_share(std::string_view search_id, const Share& share);
  uint64_t number(std::string_view name, uint64_t fallback) const;  // a fact that is a number

 private:
  explicit Ledger(const tqp::State& state) : state_(state) {}

  tqp::State state_;
  std::map<ReportKey, Entry> reports_;
  std::map<std::string, std::string, std::less<>> facts_;
  std::map<std::string, std::string, std::less<>> collections_;  // search id -> name
};

}  // namespace cb_edr
