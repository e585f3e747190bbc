// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

constexpr std::string_view kCategory = "external_threat_intel";
constexpr std::string_view kNewFeedInDryRun = "new";

Error config_error(std::string message) {
  Error error{TQP_E_CONFIG, std::move(message)};
  error.field = "/feed_name";
  return error;
}

}  // namespace

bool has_mark(const FeedInfo& feed, std::string_view mark) {
  return !mark.empty() && feed.summary.find(mark) != std::string::npos;
}

bool lost_mark(const FeedInfo& feed, std::string_view known_id) {
  return !known_id.empty() && feed.id == known_id && !has_mark(feed, kAnyMark);
}

Feed::Feed(const tqp::Host& host, const Settings& settings)
    : run_(host.run),
      log_(host.log),
      api_(host.http, host.run, settings.api_host, settings.org_key),
      name_(settings.feed_name),
      home_(home_of(settings)),
      create_watchlist_(settings.create_watchlist) {}

Result<void> Feed::find(const Ledger& ledger) {
  TQP_ASSIGN(std::vector<FeedInfo> feeds, api_.feeds());
  const std::string mark = ledger.get(Ledger::kMark), known_id = ledger.get(Ledger::kFeedId);
  std::vector<FeedInfo> ours, others;
  for (FeedInfo& feed : feeds) {
    if (has_mark(feed, mark) || lost_mark(feed, known_id)) {
      ours.push_back(std::move(feed));
    } else if (feed.name == name_) {
      others.push_back(std::move(feed));
    }
  }
  if (!ours.empty())
    return choose_ours(std::move(ours), others.empty() ? nullptr : &others.front(), ledger);
  unknown_ = true;
  if (others.empty()) return {};
  if (others.size() > 1)  // the service takes a name twice
    return config_error("there are " + std::to_string(others.size()) + " feeds named \"" + name_ +
                        "\" and none of them is this instance's; rename or delete the others, or "
                        "set another feed_name");
  return claim(std::move(others.front()));
}

Result<void> Feed::choose_ours(std::vector<FeedInfo> ours, const FeedInfo* other,
                               const Ledger& ledger) {
  // A creation whose answer was lost may have made ours twice: the one that is known, or by the
  // wanted name, or any that stays the same from run to run.
  const std::string known_id = ledger.get(Ledger::kFeedId);
  const auto rank = [&](const FeedInfo& feed) {
    return std::tuple(feed.id != known_id, feed.name != name_, feed.id);
  };
  info_ = *std::min_element(ours.begin(), ours.end(), [&](const FeedInfo& a, const FeedInfo& b) {
    return rank(a) < rank(b);
  });
  exists_ = true;
  for (const FeedInfo& feed : ours)
    if (feed.id != info_.id)
      log_.warning(
          "a second feed carries this instance's mark and is not written any more; look at "
          "it in the console, and delete it there",
          {{"feed", feed.name}, {"id", feed.id}, {"written", info_.id}});
  if (info_.name != name_ && other != nullptr)
    return config_error("this instance's feed \"" + info_.name + "\" cannot be renamed to \"" +
                        name_ + "\", because another feed has that name; set another feed_name");
  marked_ = has_mark(info_, ledger.get(Ledger::kMark));
  in_order_ = info_.name == name_ && marked_;
  // --adopt on a feed of ours: whatever stands in it, as after the state was restored from a
  // backup.
  adopting_ = ledger.get(Ledger::kAdopting) == Ledger::kYes || run_.adopt();
  unknown_ = info_.id != known_id || adopting_;
  return {};
}

Result<void> Feed::claim(FeedInfo found) {
  info_ = std::move(found);
  exists_ = true;
  adopting_ = run_.adopt();
  const bool somebodys = has_mark(info_, kAnyMark);
  if (run_.adopt()) return {};
  TQP_TRY(learn());
  if (remote_.empty() && !somebodys) return {};
  const std::string content =
      somebodys ? "belongs to another instance of tqhost"
                : "holds " + std::to_string(remote_.size()) + " reports of somebody else";
  return config_error("the feed \"" + name_ + "\" exists and " + content +
                      "; set another feed_name, or run once with --adopt to take it over, which "
                      "replaces its reports");
}

Result<void> Feed::learn() {
  if (!exists_ || learned_) return {};
  TQP_ASSIGN(std::vector<ReportHead> reports, api_.reports(info_.id));
  for (ReportHead& report : reports) {
    const std::string id = report.id;
    remote_.insert_or_assign(id, std::move(report));
  }
  learned_ = true;
  return {};
}

Result<void> Feed::ensure(Ledger& ledger, std::string_view provider_url) {
  std::string mark = ledger.get(Ledger::kMark);
  if (mark.empty()) {
    std::array<unsigned char, 8> bytes{};
    TQP_TRY(run_.random(bytes.data(), bytes.size()));
    mark = std::string(kAnyMark) + std::string(run_.instance()) + ":" +
           hex(bytes.data(), bytes.size()) + "]";
    TQP_TRY(ledger.set(Ledger::kMark, mark));
  }
  if (adopting_ || !exists_ || !in_order_) {
    TQP_TRY(ledger.set(Ledger::kAdopting, adopting_ ? Ledger::kYes : ""));
    TQP_TRY(ledger.commit());
  }
  if (!exists_ || !in_order_) {
    info_.name = name_;
    if (!provider_url.empty()) info_.provider_url = provider_url;
    info_.summary = "Indicators of the ThreatQ Threat Library, exported by tqhost " + mark;
    info_.category = kCategory;
    TQP_TRY(exists_ ? change() : make());
  }
  const bool known = info_.id == ledger.get(Ledger::kFeedId);
  if (known && ledger.get(Ledger::kHome) == home_) return {};
  TQP_TRY(ledger.set(Ledger::kFeedId, info_.id));
  TQP_TRY(ledger.set(Ledger::kHome, home_));
  if (!known) {  // a watchlist of before subscribes to another feed
    TQP_TRY(ledger.set(Ledger::kWatchlist, ""));
    TQP_TRY(ledger.set(Ledger::kOthers, ""));
  }
  return ledger.commit();
}

Result<void> Feed::make() {
  auto created = api_.create_feed(info_);
  if (!created.ok() && !created.error().skipped()) return std::move(created.error());
  info_.id = created.ok() ? *created : std::string(kNewFeedInDryRun);
  return {};
}

Result<void> Feed::change() {
  auto updated = api_.update_feed(info_);
  if (!updated.ok() && !updated.error().skipped()) return updated;
  return {};
}

Result<std::set<std::string>> Feed::others(const std::set<std::string>& ours,
                                           Ledger& ledger) const {
  std::set<std::string> others;
  const auto look_at = [&](const ReportHead& report) {
    if (ours.count(report.id) == 0 && !made_by_us(report)) others.insert(report.id);
  };
  if (exists_ && learned_)
    for (const auto& [id, report] : remote_) look_at(report);
  if (exists_ && !learned_) {
    TQP_ASSIGN(const std::vector<ReportHead> reports, api_.reports(info_.id));
    for (const ReportHead& report : reports) look_at(report);
  }
  TQP_TRY(ledger.set(Ledger::kOthers, std::to_string(others.size())));
  return others;
}

Result<bool> Feed::still_there() const {
  TQP_ASSIGN(const std::vector<FeedInfo> feeds, api_.feeds());
  return std::any_of(feeds.begin(), feeds.end(),
                     [&](const FeedInfo& feed) { return feed.id == info_.id; });
}

Result<void> Feed::subscribe(Ledger& ledger) const {
  const std::string known = ledger.get(Ledger::kWatchlist);
  if (!create_watchlist_) {
    if (!known.empty() || run_.dry()) return {};
    log_.warning("Feed \"" + name_ +
                 "\" is in place; subscribe a watchlist to it, or set create_watchlist");
    TQP_TRY(ledger.set(Ledger::kWatchlist, Ledger::kTold));
    return ledger.commit();
  }
  if (!known.empty() && known != Ledger::kTold) return {};
  // One that a person made, or that a cut-off run made, serves as well.
  TQP_ASSIGN(std::string watchlist, api_.find_watchlist(info_.id));
  if (watchlist.empty()) {
    auto created = api_.create_watchlist(info_.id, name_);
    if (!created.ok() && created.error().skipped()) return {};
    if (!created.ok()) return std::move(created.error());
    watchlist = *created;
    log_.info("Watchlist \"" + name_ + "\" subscribes to the feed", {{"watchlist", watchlist}});
  }
  TQP_TRY(ledger.set(Ledger::kWatchlist, watchlist));
  return ledger.commit();
}

}  // namespace cb_edr
