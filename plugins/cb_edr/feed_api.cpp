// SPDX-License-Identifier: Apache-2.0
#include "feed_api.hpp"

#include <algorithm>
#include <charconv>
#include <tqp/json_writer.hpp>
#include <utility>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::JsonReader;
using tqp::Result;

constexpr uint64_t kTimeoutMs = 120'000;  // the service's gateway gives up after about 60 s
constexpr uint64_t kWholeFeedTimeoutMs = 900'000;
constexpr uint64_t kWholeFeedBytesMost = uint64_t{4} << 30;
constexpr size_t kLongestText = size_t{16} << 20;  // in other people's reports
constexpr size_t kRefusalBytesMost = 16 * 1024;
constexpr int kAttempts = 4;
constexpr uint64_t kFirstPauseMs = 1000;
constexpr uint64_t kDefaultRetryAfterMs = 60'000;

uint64_t retry_after_ms(std::string_view header) {
  uint64_t seconds = 0;
  const auto [rest, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc() || rest != header.data() + header.size()) return kDefaultRetryAfterMs;
  return seconds * 1000;
}

// Whether to send it again after such an answer, as the vendor's clients do.
bool again(int32_t http_status, bool post, bool makes_new) {
  switch (http_status) {
    case 409:  // somebody else writes at this moment
      return true;
    case 500:  // it may have had its effect
      return !makes_new;
    case 429:
      // What may be sent twice the host has sent again already. After a 429 it holds the next
      // request back until the service's time is over.
      return post;
    case 503:  // a gateway may say so after the effect
      return post && !makes_new;
    default:
      return false;
  }
}

// A body may also have no byte at all, which only its reader can tell.
struct Counted {
  tqp::Call& call;
  bool empty = true;

  Result<size_t> read(char* buffer, size_t capacity) {
    auto got = call.read(buffer, capacity);
    if (!got.ok() || *got > 0) empty = false;
    return got;
  }
};

void write_members(const FeedInfo& feed, tqp::JsonWriter* json) {
  json->member("name", feed.name);
  json->member("provider_url", feed.provider_url);
  json->member("summary", feed.summary);
  json->member("category", feed.category);
  json->member("alertable", true);
}

}  // namespace

FeedApi::FeedApi(const tqp::Http& http, const tqp::Run& run, std::string_view api_host,
                 std::string_view org_key)
    : http_(http), run_(run), host_(api_host) {
  const std::string base = "https://" + host_ + "/threathunter/";
  feeds_ = base + "feedmgr/v2/orgs/" + std::string(org_key) + "/feeds";
  watchlists_ = base + "watchlistmgr/v3/orgs/" + std::string(org_key) + "/watchlists";
}

tqp::Request FeedApi::authorised(tqp::Request request) const {
  request.auth("cbc").timeout_ms(kTimeoutMs).header("Accept", "application/json");
  if (request.method() != "GET" && request.method() != "DELETE")
    request.header("Content-Type", "application/json");
  return request;
}

std::string FeedApi::reports_url(std::string_view feed_id) const {
  return feeds_ + "/" + std::string(feed_id) + "/reports";
}

std::string FeedApi::report_url(std::string_view feed_id, std::string_view report_id) const {
  return reports_url(feed_id) + "/" + std::string(report_id);
}

Error FeedApi::in_context(Error error, const Call& call) const {
  return std::move(error).in("cannot " + std::string(call.what) + " of " + host_);
}

Error FeedApi::refusal(tqp::Call& answer, const Call& call) const {
  const int32_t status = answer.status();
  const auto body = answer.text(kRefusalBytesMost);
  std::string reason = body.ok() ? explanation(*body) : std::string();
  if (!reason.empty()) reason = " (\"" + reason + "\")";
  Error error = in_context({TQP_E_TRANSIENT, "HTTP " + std::to_string(status) + reason}, call);
  error.http_status = status;
  switch (status) {
    case 400:
    case 413:
    case 422:
      error.status = TQP_E_DATA;
      break;
    case 401:
      error.status = TQP_E_AUTH;
      error.field = "/api_secret_key";
      error.message = host_ + " refused the API ID and the API Secret Key" + reason +
                      "; check both, and that they belong to this Organization Key and FQDN";
      break;
    case 403:
      error.status = TQP_E_AUTH;
      error.field = "/api_id";
      error.message = "the API key lacks " + std::string(call.permission) + reason +
                      "; add it to the key's custom access level in Carbon Black Cloud (" + host_ +
                      ")";
      break;
    case 429:
      error.status = TQP_E_LIMITED;
      error.retry_after_ms = retry_after_ms(answer.header("Retry-After"));
      break;
    case 404:
    case 408:
    case 409:
      break;
    default:
      if (status < 500) error.status = TQP_E_UNSUPPORTED;
  }
  return error;
}

Result<tqp::Call> FeedApi::send(const tqp::Request& request, const Call& call) const {
  uint64_t pause_ms = kFirstPauseMs;
  for (int attempt = 1;; ++attempt) {
    auto answer = http_.send(request);
    if (!answer.ok()) {
      const tqp_status status = answer.error().status;
      if (status == TQP_SKIPPED || status == TQP_CANCELLED) return answer;
      return in_context(std::move(answer.error()), call);
    }
    if (answer->success()) return answer;
    Error error = refusal(*answer, call);
    if (attempt == kAttempts ||
        !again(error.http_status, request.method() == "POST", call.makes_new))
      return error;
    uint64_t jitter = 0;
    TQP_TRY(run_.random(&jitter, sizeof jitter));
    TQP_TRY(run_.sleep_ms(jitter % pause_ms));
    pause_ms *= 2;
  }
}

template <typename Read>
auto FeedApi::read(const tqp::Request& request, const Call& call, Read read) const {
  using Out = std::invoke_result_t<Read, JsonReader&>;
  auto answer = send(request, call);
  if (!answer.ok()) return Out(std::move(answer.error()));
  JsonReader reader(*answer, {64, kLongestText});
  Out out = read(reader);
  if (!out.ok() && !out.error().cancelled()) return Out(in_context(std::move(out.error()), call));
  return out;
}

Result<void> FeedApi::done(const tqp::Request& request, const Call& call) const {
  TQP_ASSIGN(tqp::Call answer, send(request, call));
  if (answer.status() == 204) return {};
  Counted body{answer};
  JsonReader reader(body);
  auto failure = read_failure(reader);
  if (body.empty) return {};
  if (!failure.ok() && failure.error().cancelled()) return std::move(failure.error());
  if (!failure.ok()) return in_context(std::move(failure.error()), call);
  if (failure->empty()) return {};
  Error error = in_context({TQP_E_TRANSIENT, "\"" + *failure + "\""}, call);
  error.http_status = answer.status();
  return error;
}

Result<std::vector<FeedInfo>> FeedApi::feeds() const {
  auto feeds = read(authorised(tqp::Request::get(feeds_)), {"read the feeds", "org.feeds READ"},
                    [](JsonReader& reader) { return read_feeds(reader); });
  if (!feeds.ok() && (feeds.error().http_status == 400 || feeds.error().http_status == 404)) {
    feeds.error().status = TQP_E_CONFIG;
    feeds.error().field = "/org_key";
    feeds.error().message += "; check the Organization Key and the API FQDN";
  }
  return feeds;
}

Result<std::string> FeedApi::create_feed(const FeedInfo& feed) const {
  tqp::JsonWriter json;
  json.begin_object().key("feedinfo").begin_object();
  write_members(feed, &json);
  json.end_object().key("reports").begin_array().end_array().end_object();
  auto id = read(authorised(tqp::Request::post(feeds_)).text(std::string(json.view())),
                 {"create a feed", "org.feeds CREATE", true},
                 [](JsonReader& reader) { return read_id(reader); });
  if (id.ok() && id->empty())
    return Error{TQP_E_TRANSIENT, host_ + " created a feed and did not tell its id"};
  return id;
}

Result<void> FeedApi::update_feed(const FeedInfo& feed) const {
  tqp::JsonWriter json;
  json.begin_object().member("id", feed.id);
  write_members(feed, &json);
  json.end_object();
  return done(authorised(tqp::Request::put(feeds_ + "/" + feed.id + "/feedinfo"))
                  .text(std::string(json.view())),
              {"change the feed's description", "org.feeds UPDATE"});
}

Result<void> FeedApi::delete_feed(std::string_view feed_id) const {
  auto gone = done(authorised(tqp::Request::del(feeds_ + "/" + std::string(feed_id))),
                   {"delete the feed", "org.feeds DELETE"});
  if (gone.ok() || gone.error().http_status == 404) return {};
  if (gone.error().http_status != 400) return gone;
  // An older edition of the service said 400 of an id that it does not know.
  const auto all = feeds();
  const bool there = !all.ok() || std::any_of(all->begin(), all->end(), [&](const FeedInfo& feed) {
    return feed.id == feed_id;
  });
  return there ? std::move(gone) : Result<void>();
}

Result<std::vector<ReportHead>> FeedApi::reports(std::string_view feed_id) const {
  tqp::Request request = authorised(tqp::Request::get(reports_url(feed_id)));
  request.timeout_ms(kWholeFeedTimeoutMs).max_response_bytes(kWholeFeedBytesMost);
  return read(request, {"read the feed's reports", "org.feeds READ"},
              [](JsonReader& reader) { return read_reports(reader); });
}

Result<ReportHead> FeedApi::report(std::string_view feed_id, std::string_view report_id) const {
  return read(authorised(tqp::Request::get(report_url(feed_id, report_id))),
              {"read a report", "org.feeds READ"},
              [](JsonReader& reader) { return read_report(reader); });
}

Result<std::optional<Ioc>> FeedApi::ioc(std::string_view feed_id, std::string_view report_id,
                                        std::string_view ioc_id) const {
  return read(authorised(tqp::Request::get(report_url(feed_id, report_id))),
              {"read a report", "org.feeds READ"},
              [&](JsonReader& reader) { return read_ioc(reader, ioc_id); });
}

Result<void> FeedApi::replace_reports(std::string_view feed_id, const tqp::Body& body) const {
  return done(authorised(tqp::Request::post(reports_url(feed_id))).body(body),
              {"replace the feed's reports", "org.feeds UPDATE"});
}

Result<void> FeedApi::put_report(std::string_view feed_id, std::string_view report_id,
                                 const tqp::Body& body) const {
  return done(authorised(tqp::Request::put(report_url(feed_id, report_id))).body(body),
              {"write a report", "org.feeds UPDATE"});
}

Result<void> FeedApi::delete_report(std::string_view feed_id, std::string_view report_id) const {
  auto gone = done(authorised(tqp::Request::del(report_url(feed_id, report_id))),
                   {"delete a report", "org.feeds DELETE"});
  if (gone.ok() || gone.error().http_status == 404) return {};
  if (gone.error().http_status != 400) return gone;
  // An older edition of the service said 400 of an id that it does not know.
  const auto there = report(feed_id, report_id);
  if (!there.ok() && there.error().http_status == 404) return {};
  return gone;
}

Result<std::vector<WatchlistInfo>> FeedApi::watchlists() const {
  return read(authorised(tqp::Request::get(watchlists_)),
              {"read the watchlists", "org.watchlists READ"},
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
  tqp::JsonWriter json;
  json.begin_object();
  json.member("name", name);
  json.member("description", kWatchlistDescription);
  json.member("tags_enabled", true).member("alerts_enabled", true);
  json.key("classifier").begin_object().member("key", "feed_id").member("value", feed_id);
  json.end_object().end_object();
  auto id = read(authorised(tqp::Request::post(watchlists_)).text(std::string(json.view())),
                 {"create a watchlist", "org.watchlists CREATE", true},
                 [](JsonReader& reader) { return read_id(reader); });
  if (id.ok() && id->empty())
    return Error{TQP_E_TRANSIENT, host_ + " created a watchlist and did not tell its id"};
  return id;
}

Result<void> FeedApi::delete_watchlist(std::string_view watchlist_id) const {
  auto gone = done(authorised(tqp::Request::del(watchlists_ + "/" + std::string(watchlist_id))),
                   {"delete the watchlist", "org.watchlists DELETE"});
  if (!gone.ok() && gone.error().http_status == 404) return {};
  return gone;
}

}  // namespace cb_edr
