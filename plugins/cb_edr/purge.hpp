// SPDX-License-Identifier: Apache-2.0
// Purge: deletes what this instance made in Carbon Black Cloud, its watchlist and its feed, and
// forgets its state last: cut off anywhere, it can be repeated. What other people put there stays.
// Home thread; borrows the ledger.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tqp/plugin.hpp>
#include <vector>

#include "feed_api.hpp"
#include "ledger.hpp"
#include "settings.hpp"

namespace cb_edr {

class Purge {
 public:
  Purge(const tqp::Host& host, const Settings& settings, Ledger& ledger);

  // E_...: something still stands; the message says what and why.
  tqp::Result<void> run();

 private:
  // A feed that is this instance's. By its mark, or only by the id that the state knows.
  struct Owned {
    FeedInfo feed;
    bool marked;
  };
  tqp::Result<void> delete_feeds();
  std::vector<Owned> owned(std::vector<FeedInfo> feeds, std::set<std::string>* watched);
  // Nothing of ours is listed: because it was deleted, or because another organisation is asked.
  tqp::Result<void> explain_absence() const;
  tqp::Result<void> delete_watchlists(const std::set<std::string>& feed_ids);
  tqp::Result<void> delete_feed(const Owned& owned);
  bool is_ours(const ReportHead& report, const Owned& owned) const;
  tqp::Result<void> delete_reports(const Owned& owned, const std::vector<std::string>& ours,
                                   size_t others);
  // Whether it is gone. A refusal is kept for the end; a stop is passed on.
  tqp::Result<bool> settle(tqp::Result<void> deleted, const std::string& what);
  void stands(tqp::Error error);

  tqp::Host host_;
  FeedApi api_;
  Ledger& ledger_;
  std::string home_;
  std::map<std::string, ReportKey> reports_;  // by id, as the ledger had them in the beginning
  bool may_have_watchlist_;
  std::optional<tqp::Error> standing_{};  // the first; the messages of all
};

}  // namespace cb_edr
