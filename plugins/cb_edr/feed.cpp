// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>
#include <array>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

constexpr std::string_view kCategory = "external_threat_intel";
constexpr std::string_view kAnyMark = "[tqhost:";
constexpr std::string_view kNewFeedInDryRun = "new";

Error config_error(std::string message) {
  Error error{TQP_E_CONFIG, std::move(message)};
  error.field = "/feed_name";
  return error;
}

}  // namespace

Feed::Feed(const tqp::Host& host, const Settings& settings)
    : run_(host.run),
      log_(host.log),
      api_(host.http, host.run, settings.api_host, settings.org_key),
      name_(settings.feed_name),
      create_watchlist_(settings.create_watchlist) {}

Result<void> Feed::find(Ledger& ledger) {
  TQP_ASSIGN(std::vector<FeedInfo> feeds, api_.feeds());
  const std::string our_mark = ledger.get(Ledger::kMark);
  const auto is_ours = [&](const FeedInfo& feed) {
    return !our_mark.empty() && feed.summary.find(our_mark) != std::string::npos;
  };
  std::vector<FeedInfo> named;
  for (FeedInfo& feed : feeds)
    if (feed.name == name_) named.push_back(std::move(feed));
  // Names are not unique at the service. A creation whose answer was lost may have made ours twice:
  // the first is as good.
  std::stable_sort(named.begin(), named.end(), [&](const FeedInfo& a, const FeedInfo& b) {
    return is_ours(a) != is_ours(b) ? is_ours(a) : a.id < b.id;
  });
  if (named.empty()) {
    unknown_content_ = true;
    return {};
  }
  if (!is_ours(named.front()) && named.size() > 1)
    return config_error("there are " + std::to_string(named.size()) + " feeds named \"" + name_ +
                        "\" and none of them is this instance's; rename or delete the others, or "
                        "set another feed_name");
  exists_ = true;
  marked_ = is_ours(named.front());
  if (marked_) {
    info_ = std::move(named.front());
    if (ledger.get(Ledger::kFeedId) == info_.id) return {};
    return learn_content();  // the run that made it was cut off, or it was made anew
  }
  return claim(std::move(named.front()), ledger);
}

Result<void> Feed::claim(FeedInfo found, const Ledger&) {
  info_ = std::move(found);
  TQP_TRY(learn_content());
  const bool somebodys = info_.summary.find(kAnyMark) != std::string::npos;
  if (run_.adopt() || (remote_.empty() && !somebodys)) return {};
  const std::string content =
      somebodys ? "belongs to another instance of tqhost"
                : "holds " + std::to_string(remote_.size()) + " reports of somebody else";
  return config_error("the feed \"" + name_ + "\" exists and " + content +
                      "; set another feed_name, or run once with --adopt to take it over, which "
                      "replaces its reports");
}

Result<void> Feed::learn_content() {
  unknown_content_ = true;
  TQP_ASSIGN(const std::vector<ReportHead> reports, api_.reports(info_.id));
  for (const ReportHead& report : reports) remote_[report.id] = report.timestamp_s;
  return {};
}

Result<std::string> Feed::mark(Ledger& ledger) const {
  std::string mark = ledger.get(Ledger::kMark);
  if (!mark.empty()) return mark;
  std::array<unsigned char, 8> bytes{};
  TQP_TRY(run_.random(bytes.data(), bytes.size()));
  mark = std::string(kAnyMark) + std::string(run_.instance()) + ":" +
         hex(bytes.data(), bytes.size()) + "]";
  TQP_TRY(ledger.set(Ledger::kMark, mark));
  TQP_TRY(ledger.commit());
  return mark;
}

Result<void> Feed::ensure(Ledger& ledger, std::string_view provider_url) {
  TQP_ASSIGN(const std::string our_mark, mark(ledger));
  if (!exists_ || !marked_) {
    info_.name = name_;
    info_.provider_url = provider_url;
    info_.summary = "Indicators of the ThreatQ Threat Library, exported by tqhost " + our_mark;
    info_.category = kCategory;
    if (exists_) {
      if (auto updated = api_.update_feed(info_); !updated.ok() && !updated.error().skipped())
        return updated;
    } else if (auto created = api_.create_feed(info_); created.ok()) {
      info_.id = *created;
    } else if (created.error().skipped()) {
      info_.id = kNewFeedInDryRun;
    } else {
      return std::move(created.error());
    }
    made_ = true;
  }
  exists_ = marked_ = true;
  if (run_.dry()) return {};
  TQP_TRY(ledger.set(Ledger::kFeedId, info_.id));
  return ledger.commit();
}

Result<bool> Feed::has_foreign_reports(const std::set<std::string>& ours) const {
  if (!exists_ || info_.id == kNewFeedInDryRun) return false;
  TQP_ASSIGN(const std::vector<ReportHead> reports, api_.reports(info_.id));
  return std::any_of(reports.begin(), reports.end(),
                     [&](const ReportHead& report) { return ours.count(report.id) == 0; });
}

Result<void> Feed::subscribe(Ledger& ledger) const {
  if (!create_watchlist_) {
    if (made_ && !run_.dry())
      log_.info("Feed \"" + name_ +
                "\" is in place; subscribe a watchlist to it, or set create_watchlist");
    return {};
  }
  if (!ledger.get(Ledger::kWatchlist).empty()) return {};
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
