// SPDX-License-Identifier: Apache-2.0
// Feed: the one feed that this instance owns, found by name and told from other people's feeds by a
// mark in its summary. Home thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tqp/plugin.hpp>

#include "feed_api.hpp"
#include "ledger.hpp"
#include "settings.hpp"

namespace cb_edr {

class Feed {
 public:
  Feed(const tqp::Host& host, const Settings& settings);

  // Looks whether the feed is there and ours; changes nothing. E_CONFIG: the name is taken by
  // somebody else's feed.
  tqp::Result<void> find(Ledger& ledger);

  // Makes or marks the feed where that is needed. The mark is durable before the feed exists, so
  // that a run that was cut off here knows its feed again.
  tqp::Result<void> ensure(Ledger& ledger, std::string_view provider_url);

  // The feed's content is not what the ledger says: it is new, was made anew, or was adopted.
  bool unknown_content() const { return unknown_content_; }
  // Ids and timestamps that stand in the feed; filled by find() when the content is unknown.
  const std::map<std::string, int64_t>& remote() const { return remote_; }
  // Whether somebody else put reports into the feed: a bulk write would erase them. Reads the feed.
  tqp::Result<bool> has_foreign_reports(const std::set<std::string>& ours) const;

  // The first run's last word, or the watchlist that was asked for.
  tqp::Result<void> subscribe(Ledger& ledger) const;

  const FeedApi& api() const { return api_; }
  const std::string& id() const { return info_.id; }

 private:
  tqp::Result<void> learn_content();
  tqp::Result<void> claim(FeedInfo found, const Ledger& ledger);
  tqp::Result<std::string> mark(Ledger& ledger) const;

  tqp::Run run_;
  tqp::Log log_;
  FeedApi api_;
  std::string name_;
  bool create_watchlist_;
  FeedInfo info_;
  bool exists_ = false;
  bool marked_ = false;
  bool made_ = false;
  bool unknown_content_ = false;
  std::map<std::string, int64_t> remote_;
};

}  // namespace cb_edr
