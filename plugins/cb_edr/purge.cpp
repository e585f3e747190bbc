// SPDX-License-Identifier: Apache-2.0
#include "purge.hpp"

#include <algorithm>
#include <map>

#include "feed.hpp"
#include "plan.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

std::string named(const std::string& thing, const std::string& name, const std::string& id) {
  return "the " + thing + " \"" + name + "\" (" + id + ")";
}

}  // namespace

Purge::Purge(const tqp::Host& host, const Settings& settings, Ledger& ledger)
    : host_(host),
      api_(host.http, host.run, settings.api_host, settings.org_key),
      ledger_(ledger),
      may_have_watchlist_(settings.create_watchlist) {}

Result<void> Purge::run() {
  const std::string mark = ledger_.get(Ledger::kMark), known_id = ledger_.get(Ledger::kFeedId);
  std::vector<FeedInfo> ours;
  if (!mark.empty() || !known_id.empty()) {
    TQP_ASSIGN(const std::vector<FeedInfo> feeds, api_.feeds());
    std::set<std::string> ids{known_id};  // a deleted feed's watchlist may still be there
    for (const FeedInfo& feed : feeds) {
      // A creation whose answer was lost may have made ours twice.
      if (has_mark(feed, mark)) {
        ours.push_back(feed);
        ids.insert(feed.id);
      } else if (feed.id == known_id) {
        ids.erase(known_id);
        host_.log.warning(named("feed", feed.name, feed.id) +
                          " no longer carries this instance's mark in its summary, so it is "
                          "somebody else's now: it is left, and so are its watchlists");
      }
    }
    TQP_TRY(delete_watchlists(ids));
  }
  if (ours.empty())
    host_.log.info("no feed of this instance stands in Carbon Black Cloud any more");
  for (const FeedInfo& feed : ours) TQP_TRY(delete_feed(feed));
  if (standing_) {
    standing_->message += ". Put that right and repeat it, or delete it in the console";
    return *std::exchange(standing_, std::nullopt);
  }
  TQP_TRY(ledger_.forget_everything());
  return ledger_.commit();
}

Result<void> Purge::delete_watchlists(const std::set<std::string>& feed_ids) {
  // The key of an instance that never was to make one may lack the permission to look.
  const std::string known = ledger_.get(Ledger::kWatchlist);
  const bool has_one = !known.empty() && known != Ledger::kTold;
  if (!has_one && !may_have_watchlist_) return {};
  auto all = api_.watchlists();
  if (!all.ok()) {
    TQP_TRY(settle(std::move(all.error()), has_one ? "the watchlist (" + known + ")"
                                                   : std::string("a watchlist, if one was made,")));
    return {};
  }
  for (const WatchlistInfo& watchlist : *all) {
    if (watchlist.feed_id.empty() || feed_ids.count(watchlist.feed_id) == 0) continue;
    const std::string what = named("watchlist", watchlist.name, watchlist.id);
    if (watchlist.description != kWatchlistDescription) {
      host_.log.warning(what + " subscribes to the feed and is not this instance's: it is left");
      continue;
    }
    TQP_TRY(settle(api_.delete_watchlist(watchlist.id), what));
  }
  if (standing_) return {};
  TQP_TRY(ledger_.set(Ledger::kWatchlist, ""));
  return ledger_.commit();
}

Result<void> Purge::delete_feed(const FeedInfo& feed) {
  const std::string what = named("feed", feed.name, feed.id);
  // With --adopt the operator agreed that the former owner's reports go.
  if (ledger_.get(Ledger::kAdopting) != Ledger::kYes) {
    auto reports = api_.reports(feed.id);
    if (!reports.ok() && reports.error().http_status == 404) return {};
    if (!reports.ok()) {
      TQP_TRY(settle(std::move(reports.error()), what));
      return {};
    }
    std::set<std::string> ours;
    for (const auto& [key, entry] : ledger_.reports())
      ours.insert(key.report_id(host_.run.instance()));
    const auto others =
        std::count_if(reports->begin(), reports->end(), [&](const ReportHead& report) {
          return report.revision.empty() && ours.count(report.id) == 0;
        });
    if (others > 0) return delete_reports(feed, static_cast<size_t>(others));
  }
  TQP_ASSIGN(const bool gone, settle(api_.delete_feed(feed.id), what));
  if (!gone) return {};
  TQP_TRY(ledger_.forget_reports());
  return ledger_.commit();
}

Result<void> Purge::delete_reports(const FeedInfo& feed, size_t others) {
  std::vector<ReportKey> keys;
  for (const auto& [key, entry] : ledger_.reports()) keys.push_back(key);
  for (const ReportKey& key : keys) {
    TQP_TRY(host_.run.go_on());
    const std::string id = key.report_id(host_.run.instance());
    TQP_ASSIGN(const bool gone, settle(api_.delete_report(feed.id, id), "the report " + id));
    if (!gone) return {};  // what refuses one refuses all
    TQP_TRY(ledger_.erase(key));
    TQP_TRY(ledger_.commit());
  }
  stands({TQP_E_CONFIG, named("feed", feed.name, feed.id) +
                            " stands without this instance's "
                            "reports, because it holds " +
                            plural(others, "report") + " of somebody else"});
  return {};
}

Result<bool> Purge::settle(Result<void> deleted, const std::string& what) {
  if (deleted.ok()) {
    host_.log.info(what + " is deleted");
    return true;
  }
  Error& error = deleted.error();
  if (error.skipped()) return true;
  if (error.cancelled() || error.status == TQP_E_BUG) return std::move(error);
  stands(std::move(error).in(what + " still stands"));
  return false;
}

void Purge::stands(Error error) {
  if (standing_) {
    standing_->message += "; " + error.message;
  } else {
    standing_ = std::move(error);
  }
}

}  // namespace cb_edr
