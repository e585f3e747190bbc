// SPDX-License-Identifier: Apache-2.0
// What Carbon Black Cloud answers, read as it streams in: a feed of 10,000 reports comes in one
// document, of which only the reports' heads are kept. An answer that is cut or damaged is
// E_TRANSIENT, never half a list. Pure functions over a source that the caller owns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tqp/json_reader.hpp>
#include <vector>

namespace cb_edr {

struct FeedInfo {
  std::string id, name, provider_url, summary, category;
};

struct WatchlistInfo {
  std::string id, name, description;
  std::string feed_id;  // of the feed that it subscribes to, or ""
};

struct ReportHead {
  std::string id;
  int64_t timestamp_s = 0;
  std::string revision;  // of what we wrote, see Report::revision(); empty: somebody else's
  uint32_t iocs = 0;

  // It says of itself that an instance of tqhost wrote it, and its id is one that we make.
  bool looks_ours() const;
};

// One IOC, with the first of its values (those of ours have one).
struct Ioc {
  std::string id, field, value;
};

// {"results":[feedinfo,...]} and so on
tqp::Result<std::vector<FeedInfo>> read_feeds(tqp::JsonReader& reader);
tqp::Result<std::vector<ReportHead>> read_reports(tqp::JsonReader& reader);
tqp::Result<std::vector<WatchlistInfo>> read_watchlists(tqp::JsonReader& reader);

// One whole document.
tqp::Result<FeedInfo> read_feed(tqp::JsonReader& reader);
tqp::Result<ReportHead> read_report(tqp::JsonReader& reader);
// That IOC of a report, or nothing when the report has none of this id.
tqp::Result<std::optional<Ioc>> read_ioc(tqp::JsonReader& reader, std::string_view ioc_id);
// The one with that value.
tqp::Result<std::optional<Ioc>> read_ioc(tqp::JsonReader& reader, std::string_view field,
                                         std::string_view value);
tqp::Result<WatchlistInfo> read_watchlist(tqp::JsonReader& reader);

// Whether a document is the vendor's "yes" to a write. An errorMessage in it is a failure whatever
// else it says (the vendor's SDK reads it so): E_TRANSIENT with that message.
tqp::Result<bool> says_success(tqp::JsonReader& reader);  // {"success":true}
// The document that was written, as it stands now: with this id, and, unless it is 0, this
// timestamp.
tqp::Result<bool> says_stored(tqp::JsonReader& reader, std::string_view id, int64_t timestamp_s);

// What a refusal says of itself, from the bodies seen: JSON with message or errorMessage, plain
// text, or a gateway's HTML, which is left out.
std::string explanation(std::string_view body);

}  // namespace cb_edr
