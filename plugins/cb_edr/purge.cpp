// SPDX-License-Identifier: Apache-2.0
#include "purge.hpp"

#include <algorithm>

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
      home_(home_of(settings)),
      may_have_watchlist_(settings.create_watchlist) {
  for (const auto& [key, entry] : ledger.reports())
    reports_.emplace(key.report_id(host.run.instance()), key);
}

Result<void> Purge::run() {
  const bool made_any =
      !ledger_.get(Ledger::kMark).empty() || !ledger_.get(Ledger::kFeedId).empty();
  if (made_any) {
    TQP_TRY(delete_feeds());
  } else {
    host_.log.info("this instance has made nothing in Carbon Black Cloud");
  }
  if (standing_) {
    standing_->message += ". Put that right and repeat it, or delete it in the console";
    return *std::exchange(standing_, std::nullopt);
  }
  TQP_TRY(ledger_.forget_everything());
  return ledger_.commit();
}

Result<void> Purge::delete_feeds() {
  TQP_ASSIGN(std::vector<FeedInfo> feeds, api_.feeds());
  const std::string known_id = ledger_.get(Ledger::kFeedId);
  const bool listed = std::any_of(feeds.begin(), feeds.end(),
                                  [&](const FeedInfo& feed) { return feed.id == known_id; });
  std::set<std::string> watched{known_id};  // a deleted feed's watchlist may still be there
  const std::vector<Owned> ours = owned(std::move(feeds), &watched);
  if (ours.empty() && !listed) TQP_TRY(explain_absence());
  TQP_TRY(delete_watchlists(watched));
  for (const Owned& owned : ours) TQP_TRY(delete_feed(owned));
  return {};
}

std::vector<Purge::Owned> Purge::owned(std::vector<FeedInfo> feeds,
                                       std::set<std::string>* watched) {
  const std::string mark = ledger_.get(Ledger::kMark), known_id = ledger_.get(Ledger::kFeedId);
  std::vector<Owned> ours;
  for (FeedInfo& feed : feeds) {
    const bool marked = has_mark(feed, mark);
    if (marked || lost_mark(feed, known_id)) {
      watched->insert(feed.id);
      ours.push_back({std::move(feed), marked});
    } else if (feed.id == known_id) {
      watched->erase(known_id);
      host_.log.warning(named("feed", feed.name, feed.id) +
                        " carries the mark of another instance, which took it over: it is left, "
                        "and so are its watchlists");
    }
  }
  // A creation whose answer was lost may have made ours twice.
  if (ours.size() > 1)
    host_.log.warning(plural(ours.size(), "feed") +
                      " are this instance's, and not only the one that the state knows");
  return ours;
}

Result<void> Purge::explain_absence() const {
  const std::string known_id = ledger_.get(Ledger::kFeedId), home = ledger_.get(Ledger::kHome);
  if (!known_id.empty() && !home.empty() && home != home_) {
    Error error{TQP_E_CONFIG, "the feed (" + known_id + ") was made in the organisation " + home +
                                  ", and the settings name " + home_ +
                                  " now, which does not have it: nothing was deleted. Set org_key "
                                  "and api_fqdn back and repeat it, or delete the feed in the "
                                  "console and remove the instance without --purge-remote"};
    error.field = "/org_key";
    return error;
  }
  // An older state does not tell where the feed was made.
  if (!known_id.empty() && home.empty()) {
    host_.log.warning(
        "the feed (" + known_id + ") is not in the organisation " + home_ +
        ": it was deleted there, or these are not the settings that it was made with");
  } else {
    host_.log.info("no feed of this instance stands in the organisation " + home_ + " any more");
  }
  return {};
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

Result<void> Purge::delete_feed(const Owned& owned) {
  const FeedInfo& feed = owned.feed;
  const std::string what = named("feed", feed.name, feed.id);
  auto reports = api_.reports(feed.id);
  if (!reports.ok() && reports.error().http_status == 404) return {};
  if (!reports.ok()) {
    TQP_TRY(settle(std::move(reports.error()), what));
    return {};
  }
  std::vector<std::string> ours;
  for (const ReportHead& report : *reports)
    if (is_ours(report, owned)) ours.push_back(report.id);
  if (ours.size() < reports->size())
    return delete_reports(owned, ours, reports->size() - ours.size());
  TQP_ASSIGN(const bool gone, settle(api_.delete_feed(feed.id), what));
  if (!gone) return {};
  TQP_TRY(ledger_.forget_reports());
  return ledger_.commit();
}

bool Purge::is_ours(const ReportHead& report, const Owned& owned) const {
  if (reports_.count(report.id) > 0) return true;
  // A revision says that an instance of tqhost wrote it. In a feed that is being taken over, or
  // whose mark is gone, that may have been another one.
  const bool ours_alone = owned.marked && ledger_.get(Ledger::kAdopting) != Ledger::kYes;
  return ours_alone && report.looks_ours();
}

Result<void> Purge::delete_reports(const Owned& owned, const std::vector<std::string>& ours,
                                   size_t others) {
  for (const std::string& id : ours) {
    TQP_TRY(host_.run.go_on());
    TQP_ASSIGN(const bool gone, settle(api_.delete_report(owned.feed.id, id), "the report " + id));
    if (!gone) return {};  // what refuses one refuses all
    const auto known = reports_.find(id);
    if (known == reports_.end()) continue;
    TQP_TRY(ledger_.erase(known->second));
    TQP_TRY(ledger_.commit());
  }
  std::string why = " stands without this instance's reports, because it holds " +
                    plural(others, "report") + " of somebody else";
  if (ledger_.get(Ledger::kAdopting) == Ledger::kYes)
    why += " (taking it over was begun and not finished)";
  if (!owned.marked) why += " (and its summary has lost this instance's mark)";
  stands({TQP_E_CONFIG, named("feed", owned.feed.name, owned.feed.id) + why});
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
