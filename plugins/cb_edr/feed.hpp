// SPDX-License-Identifier: Apache-2.0
// Feed: the one feed that this instance owns, told from other people's feeds by a mark in its
// summary. Home thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>

#include "feed_api.hpp"
#include "ledger.hpp"
#include "settings.hpp"

namespace cb_edr {

// A feed's owner stands in its summary: "[tqhost:INSTANCE:16 hex digits]".
constexpr std::string_view kAnyMark = "[tqhost:";
bool has_mark(const FeedInfo& feed, std::string_view mark);  // false for an empty mark
// The feed of the known id, and nobody's mark is in its summary: a person may have edited that.
// With another mark it is another instance's, which adopted it.
bool lost_mark(const FeedInfo& feed, std::string_view known_id);

class Feed {
 public:
  Feed(const tqp::Host& host, const Settings& settings);

  // Looks whether the feed is there and ours; changes nothing. E_CONFIG: the name is taken by
  // somebody else's feed.
  tqp::Result<void> find(const Ledger& ledger);

  // The ledger does not say what stands in the feed: there is none, it was made anew, or it is
  // being adopted.
  bool unknown() const { return unknown_; }
  // There, ours, known, and nothing about it is to be changed.
  bool in_order() const { return in_order_ && !unknown_; }
  // Reads what stands in the feed, once.
  tqp::Result<void> learn();
  bool learned() const { return learned_; }
  const Remote& remote() const { return remote_; }  // empty unless learned

  // Makes, marks or renames the feed where that is needed. The mark is durable before the feed
  // has it, so that a run that was cut off here knows its feed again.
  tqp::Result<void> ensure(Ledger& ledger, std::string_view provider_url);

  // Reports that stand in the feed and are neither one of `ours` nor look as if an earlier run had
  // made them: known without a request when the feed was learned, else it is read. How many there
  // are is kept in the ledger, because they take places.
  tqp::Result<std::set<std::string>> others(const std::set<std::string>& ours,
                                            Ledger& ledger) const;
  // Whether a report that the ledger does not know was made by an earlier run of this instance. In
  // a feed that is being taken over, or has lost its mark, it may have been another one.
  bool made_by_us(const ReportHead& report) const {
    return marked_ && !adopting_ && report.looks_ours();
  }
  // Whether the operator agreed that the others go.
  bool adopting() const { return adopting_; }

  // False when somebody deleted it since find().
  tqp::Result<bool> still_there() const;

  // The first run's last word, or the watchlist that was asked for.
  tqp::Result<void> subscribe(Ledger& ledger) const;

  const FeedApi& api() const { return api_; }
  const std::string& id() const { return info_.id; }

 private:
  tqp::Result<void> choose_ours(std::vector<FeedInfo> ours, const FeedInfo* other,
                                const Ledger& ledger);
  tqp::Result<void> claim(FeedInfo found);
  tqp::Result<void> make();
  tqp::Result<void> change();

  tqp::Run run_;
  tqp::Log log_;
  FeedApi api_;
  std::string name_, home_;
  bool create_watchlist_;
  FeedInfo info_;
  bool exists_ = false;
  bool marked_ = false;    // had our mark when it was found
  bool in_order_ = false;  // has our mark and the wanted name
  bool unknown_ = false;
  bool learned_ = false;
  bool adopting_ = false;
  Remote remote_;
};

}  // namespace cb_edr
