// SPDX-License-Identifier: Apache-2.0
#include "feed_api.hpp"

#include <algorithm>
#include <tqp/json_writer.hpp>
#include <utility>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::JsonReader;
using tqp::Result;

constexpr uint64_t kWholeFeedTimeoutMs = 900'000;
constexpr uint64_t kWholeFeedBytesMost = uint64_t{4} << 30;
constexpr CloudCall kReadReports{"read the feed's reports", "org.feeds READ"};

void write_members(const FeedInfo& feed, tqp::JsonWriter* json) {
  json->member("name", feed.name);
  json->member("provider_url", feed.provider_url);
  json->member("summary", feed.summary);
  json->member("category", feed.category);
  json->member("alertable", true);
}

bool is_same(const FeedInfo& there, const FeedInfo& wanted) {
  return there.name == wanted.name && there.summary == wanted.summary;
}

}  // namespace

FeedApi::FeedApi(const tqp::Http& http, const tqp::Run& run, std::string_view api_host,
                 std::string_view org_key)
    : client_(http, run, api_host) {
  const std::string base = "https://" + client_.host() + "/threathunter/";
  feeds_ = base + "feedmgr/v2/orgs/" + std::string(org_key) + "/feeds";
  watchlists_ = base + "watchlistmgr/v3/orgs/" + std::string(org_key) + "/watchlists";
}

std::string FeedApi::reports_url(std::string_view feed_id) const {
  return feeds_ + "/" + std::string(feed_id) + "/reports";
}

std::string FeedApi::report_url(std::string_view feed_id, std::string_view report_id) const {
  return reports_url(feed_id) + "/" + std::string(report_id);
}

Result<std::vector<FeedInfo>> FeedApi::feeds() const {
  auto feeds = client_.read(client_.get(feeds_), {"read the feeds", "org.feeds READ"},
                            [](JsonReader& reader) { return read_feeds(reader); });
  if (!feeds.ok() && (feeds.error().http_status == 400 || feeds.error().http_status == 404)) {
    feeds.error().status = TQP_E_CONFIG;
    feeds.error().field = "/org_key";
    feeds.error().message += "; check the Organization Key and the API FQDN";
  }
  return feeds;
}

Result<std::string> FeedApi::create_feed(const FeedInfo& feed) const {
  constexpr std::string_view kWhat = "create a feed";
  tqp::JsonWriter json;
  json.begin_object().key("feedinfo").begin_object();
  write_members(feed, &json);
  json.end_object().key("reports").begin_array().end_array().end_object();
  FeedInfo made;
  const auto says_made = [&](JsonReader& reader) -> Result<bool> {
    TQP_ASSIGN(made, read_feed(reader));
    return !made.id.empty() && is_same(made, feed);
  };
  TQP_ASSIGN(const tqp::Acknowledgement yes,
             client_.written(client_.post(feeds_).text(std::string(json.view())),
                             {kWhat, "org.feeds CREATE", true}, says_made));
  if (yes.ok()) return std::move(made.id);
  const auto look = [&] {
    return any_feed([&](const FeedInfo& there) {
      if (is_same(there, feed)) made.id = there.id;
      return is_same(there, feed);
    });
  };
  TQP_TRY(client_.settle(kWhat, yes, client_.look_again(look)));
  return std::move(made.id);
}

Result<void> FeedApi::update_feed(const FeedInfo& feed) const {
  constexpr std::string_view kWhat = "change the feed's description";
  tqp::JsonWriter json;
  json.begin_object().member("id", feed.id);
  write_members(feed, &json);
  json.end_object();
  const auto is_changed = [&](const FeedInfo& there) {
    return there.id == feed.id && is_same(there, feed);
  };
  const auto says_changed = [&](JsonReader& reader) -> Result<bool> {
    TQP_ASSIGN(const FeedInfo there, read_feed(reader));
    return is_changed(there);
  };
  TQP_ASSIGN(const tqp::Acknowledgement yes,
             client_.written(
                 client_.put(feeds_ + "/" + feed.id + "/feedinfo").text(std::string(json.view())),
                 {kWhat, "org.feeds UPDATE"}, says_changed));
  if (yes.ok()) return {};
  return client_.settle(kWhat, yes, client_.look_again([&] { return any_feed(is_changed); }));
}

Result<bool> FeedApi::any_feed(const std::function<bool(const FeedInfo&)>& is) const {
  TQP_ASSIGN(const std::vector<FeedInfo> all, feeds());
  return std::any_of(all.begin(), all.end(), is);
}

Result<void> FeedApi::erase(const tqp::Request& request, const CloudCall& call,
                            const std::function<Result<bool>()>& gone) const {
  auto yes = client_.erased(request, call);
  if (yes.ok() && yes->ok()) return {};
  if (yes.ok()) return client_.settle(call.what, *yes, client_.look_again(gone));
  if (yes.error().http_status != 400) return std::move(yes.error());
  // An older edition of the service said 400 of an id that it does not know.
  const auto absent = gone();
  if (absent.ok() && *absent) return {};
  return std::move(yes.error());
}

Result<void> FeedApi::delete_feed(std::string_view feed_id) const {
  return erase(client_.del(feeds_ + "/" + std::string(feed_id)),
               {"delete the feed", "org.feeds DELETE"}, [&]() -> Result<bool> {
                 TQP_ASSIGN(const bool there,
                            any_feed([&](const FeedInfo& feed) { return feed.id == feed_id; }));
                 return !there;
               });
}

// The whole feed in one answer.
tqp::Request FeedApi::whole_feed(std::string_view feed_id) const {
  tqp::Request request = client_.get(reports_url(feed_id));
  request.timeout_ms(kWholeFeedTimeoutMs).max_response_bytes(kWholeFeedBytesMost);
  return request;
}

Result<std::vector<ReportHead>> FeedApi::reports(std::string_view feed_id) const {
  return client_.read(whole_feed(feed_id), kReadReports,
                      [](JsonReader& reader) { return read_reports(reader); });
}

Result<void> FeedApi::whole_reports(std::string_view feed_id, const VisitReport& visit) const {
  return client_.read(whole_feed(feed_id), kReadReports,
                      [&](JsonReader& reader) { return read_whole_reports(reader, visit); });
}

Result<std::optional<ReportHead>> FeedApi::report(std::string_view feed_id,
                                                  std::string_view report_id) const {
  const CloudCall call{"read a report", "org.feeds READ"};
  TQP_ASSIGN(tqp::Call answer, client_.exchange(client_.get(report_url(feed_id, report_id)), call));
  if (answer.status() == 404 && !is_web_page(answer)) return std::optional<ReportHead>();
  if (!answer.success()) return client_.refusal(answer, call);
  JsonReader reader(answer, {64, CloudClient::kLongestText});
  auto head = read_report(reader);
  if (head.ok() && head->id != report_id)
    head = Error{TQP_E_TRANSIENT, "the answer is another document"};
  if (head.ok()) return std::optional<ReportHead>(std::move(*head));
  if (head.error().cancelled()) return std::move(head.error());
  return client_.in_context(std::move(head.error()), call);
}

Result<std::optional<Ioc>> FeedApi::ioc(std::string_view feed_id, std::string_view report_id,
                                        std::string_view ioc_id) const {
  return client_.read(client_.get(report_url(feed_id, report_id)),
                      {"read a report", "org.feeds READ"},
                      [&](JsonReader& reader) { return read_ioc(reader, ioc_id); });
}

Result<std::optional<Ioc>> FeedApi::ioc_with(std::string_view feed_id, std::string_view report_id,
                                             std::string_view field, std::string_view value) const {
  auto found =
      client_.read(client_.get(report_url(feed_id, report_id)), {"read a report", "org.feeds READ"},
                   [&](JsonReader& reader) { return read_ioc(reader, field, value); });
  if (!found.ok() && found.error().http_status == 404) return std::optional<Ioc>();
  return found;
}

Result<tqp::Acknowledgement> FeedApi::replace_reports(std::string_view feed_id,
                                                      const tqp::Body& body) const {
  return client_.written(client_.post(reports_url(feed_id)).body(body),
                         {"replace the feed's reports", "org.feeds UPDATE"}, says_success);
}

Result<tqp::Acknowledgement> FeedApi::put_report(std::string_view feed_id, const ReportHead& head,
                                                 const tqp::Body& body) const {
  return client_.written(
      client_.put(report_url(feed_id, head.id)).body(body), {kWriteReport, "org.feeds UPDATE"},
      [&](JsonReader& reader) { return says_stored(reader, head.id, head.timestamp_s); });
}

Result<void> FeedApi::delete_report(std::string_view feed_id, std::string_view report_id) const {
  return erase(client_.del(report_url(feed_id, report_id)), {"delete a report", "org.feeds DELETE"},
               [&]() -> Result<bool> {
                 TQP_ASSIGN(const auto there, report(feed_id, report_id));
                 return !there.has_value();
               });
}

Result<std::vector<WatchlistInfo>> FeedApi::watchlists() const {
  return client_.read(client_.get(watchlists_), {"read the watchlists", "org.watchlists READ"},
                      [](JsonReader& reader) { return read_watchlists(reader); });
}

Result<std::string> FeedApi::find_watchlist(std::string_view feed_id) const {
  TQP_ASSIGN(const std::vector<WatchlistInfo> all, watchlists());
  for (const WatchlistInfo& watchlist : all)
    if (watchlist.feed_id == feed_id) return watchlist.id;
  return std::string();
}

Result<std::string> FeedApi::create_watchlist(std::string_view feed_id,
                                              std::string_view name) const {
  constexpr std::string_view kWhat = "create a watchlist";
  tqp::JsonWriter json;
  json.begin_object();
  json.member("name", name);
  json.member("description", kWatchlistDescription);
  json.member("tags_enabled", true).member("alerts_enabled", true);
  json.key("classifier").begin_object().member("key", "feed_id").member("value", feed_id);
  json.end_object().end_object();
  WatchlistInfo made;
  const auto says_made = [&](JsonReader& reader) -> Result<bool> {
    TQP_ASSIGN(made, read_watchlist(reader));
    return !made.id.empty() && made.feed_id == feed_id;
  };
  TQP_ASSIGN(const tqp::Acknowledgement yes,
             client_.written(client_.post(watchlists_).text(std::string(json.view())),
                             {kWhat, "org.watchlists CREATE", true}, says_made));
  if (yes.ok()) return std::move(made.id);
  const auto look = [&]() -> Result<bool> {
    TQP_ASSIGN(made.id, find_watchlist(feed_id));
    return !made.id.empty();
  };
  TQP_TRY(client_.settle(kWhat, yes, client_.look_again(look)));
  return std::move(made.id);
}

Result<void> FeedApi::delete_watchlist(std::string_view watchlist_id) const {
  return erase(client_.del(watchlists_ + "/" + std::string(watchlist_id)),
               {"delete the watchlist", "org.watchlists DELETE"}, [&]() -> Result<bool> {
                 TQP_ASSIGN(const std::vector<WatchlistInfo> all, watchlists());
                 return std::none_of(all.begin(), all.end(), [&](const WatchlistInfo& watchlist) {
                   return watchlist.id == watchlist_id;
                 });
               });
}

}  // namespace cb_edr
