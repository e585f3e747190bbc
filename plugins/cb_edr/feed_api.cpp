// SPDX-License-Identifier: Apache-2.0
#include "feed_api.hpp"

#include <algorithm>
#include <charconv>
#include <tqp/json_reader.hpp>
#include <tqp/json_writer.hpp>
#include <utility>

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::JsonReader;
using tqp::Result;
using tqp::Token;

constexpr uint64_t kTimeoutMs = 120'000;  // the service's gateway gives up after about 60 s
constexpr uint64_t kFeedBytesMost = uint64_t{4}
                                    << 30;  // a feed of 10,000 reports comes in one answer
constexpr int kAttempts = 4;
constexpr uint64_t kFirstPauseMs = 1000;
constexpr uint64_t kDefaultRetryAfterMs = 60'000;
constexpr size_t kShownBytes = 200;

// What a refusal says of itself, from the bodies seen: JSON with message or errorMessage, or a
// gateway's HTML.
std::string explanation(std::string_view body) {
  JsonReader reader(body);
  if (auto first = reader.next(); first.ok() && *first == Token::kBeginObject) {
    while (true) {
      const auto key = reader.next_key();
      if (!key.ok() || !*key) break;
      const std::string name(reader.text());
      const auto value = reader.next();
      if (!value.ok()) break;
      if (*value == Token::kString &&
          (name == "message" || name == "errorMessage" || name == "error_message"))
        return std::string(tqp::utf8_cut(reader.text(), kShownBytes));
      if (!reader.skip(*value).ok()) break;
    }
    return {};
  }
  if (!body.empty() && body.front() != '<') return std::string(tqp::utf8_cut(body, kShownBytes));
  return {};
}

uint64_t retry_after_ms(std::string_view header) {
  uint64_t seconds = 0;
  const auto [rest, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc() || rest != header.data() + header.size()) return kDefaultRetryAfterMs;
  return seconds * 1000;
}

// A 2xx answer whose document has errorMessage is a failure (the vendor's SDK reads it so).
Result<void> read_success(tqp::Call& answer, std::string_view what) {
  if (answer.status() == 204 || answer.header("Content-Length") == "0") return {};
  JsonReader reader(answer);
  Result<Token> first = reader.next();
  if (!first.ok()) {
    // A body that is no JSON says nothing against the status; a cut one does.
    if (first.error().status == TQP_E_DATA) return {};
    return std::move(first.error());
  }
  if (*first != Token::kBeginObject) return {};
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) return reader.finish();
    const bool failure = reader.text() == "errorMessage";
    TQP_ASSIGN(const Token value, reader.next());
    if (failure && value == Token::kString)
      return Error{TQP_E_TRANSIENT, "Carbon Black Cloud could not " + std::string(what) + ": " +
                                        std::string(tqp::utf8_cut(reader.text(), kShownBytes))};
    TQP_TRY(reader.skip(value));
  }
}

// The text members of an object that was begun, as far as `take` wants them; skips the rest.
template <typename Take>
Result<void> read_members(JsonReader& reader, Take take) {
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) return {};
    const std::string name(reader.text());
    TQP_ASSIGN(const Token value, reader.next());
    TQP_TRY(take(name, value));
  }
}

// {"results":[{...},...]}: `item` reads on from behind each element's opening brace.
template <typename Item>
Result<void> read_results(tqp::Call& answer, Item item) {
  JsonReader reader(answer);
  TQP_TRY(reader.expect(Token::kBeginObject));
  bool found = false;
  while (true) {
    TQP_ASSIGN(const bool more, reader.next_key());
    if (!more) break;
    if (reader.text() != "results") {
      TQP_TRY(reader.skip());
      continue;
    }
    found = true;
    TQP_TRY(reader.expect(Token::kBeginArray));
    Token token{};
    while (true) {
      TQP_ASSIGN(const bool another, reader.next_element(token));
      if (!another) break;
      if (token != Token::kBeginObject)
        return Error{TQP_E_TRANSIENT, "an answer lists something that is no object"};
      TQP_TRY(item(reader));
    }
  }
  TQP_TRY(reader.finish());
  if (!found) return Error{TQP_E_TRANSIENT, "an answer has no \"results\""};
  return {};
}

Result<FeedInfo> read_feed(JsonReader& reader) {
  FeedInfo feed;
  TQP_TRY(read_members(reader, [&](std::string_view name, Token value) -> Result<void> {
    if (value != Token::kString) return reader.skip(value);
    if (name == "id") feed.id = reader.text();
    if (name == "name") feed.name = reader.text();
    if (name == "provider_url") feed.provider_url = reader.text();
    if (name == "summary") feed.summary = reader.text();
    if (name == "category") feed.category = reader.text();
    return {};
  }));
  return feed;
}

Result<ReportHead> read_report(JsonReader& reader) {
  ReportHead report;
  TQP_TRY(read_members(reader, [&](std::string_view name, Token value) -> Result<void> {
    if (name == "id" && value == Token::kString) report.id = reader.text();
    if (name == "timestamp" && value == Token::kNumber)
      report.timestamp_s = reader.int64().value_or(0);
    return reader.skip(value);
  }));
  return report;
}

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

Error FeedApi::refusal(tqp::Call& answer, const Call& call) const {
  const int32_t status = answer.status();
  const auto body = answer.text(16 * 1024);
  std::string reason = body.ok() ? explanation(*body) : std::string();
  if (!reason.empty()) reason = " (\"" + reason + "\")";
  Error error{TQP_E_TRANSIENT, "cannot " + std::string(call.what) + " of " + host_ + ": HTTP " +
                                   std::to_string(status) + reason};
  error.http_status = status;
  switch (status) {
    case 400:
      error.status = TQP_E_DATA;
      break;
    case 401:
      error.status = TQP_E_AUTH;
      error.field = "/api_secret_key";
      error.message = host_ + " refused the API ID and the API Secret Key" + reason +
                      "; check both, and that they belong to organization key and host";
      break;
    case 403:
      error.status = TQP_E_AUTH;
      error.field = "/api_id";
      error.message = "the API key lacks " + std::string(call.permission) + reason +
                      "; add it to the key's custom access level in Carbon Black Cloud (" + host_ +
                      ")";
      break;
    case 404:
      error.status = TQP_E_DATA;
      break;
    case 413:
      error.status = TQP_E_DATA;
      break;
    case 429:
      error.status = TQP_E_LIMITED;
      error.retry_after_ms = retry_after_ms(answer.header("Retry-After"));
      break;
    default:
      if (status >= 400 && status < 500 && status != 408 && status != 409)
        error.status = TQP_E_DATA;
  }
  return error;
}

Result<tqp::Call> FeedApi::send(const tqp::Request& request, const Call& call) const {
  uint64_t pause_ms = kFirstPauseMs;
  for (int attempt = 1;; ++attempt) {
    TQP_ASSIGN(tqp::Call answer, http_.send(request));
    if (answer.success()) return answer;
    Error error = refusal(answer, call);
    const bool again = error.http_status == 500 || error.http_status == 503 ||
                       error.http_status == 429 || error.http_status == 409;
    if (!again || attempt == kAttempts) return error;
    uint64_t jitter = 0;
    TQP_TRY(run_.random(&jitter, sizeof jitter));
    // After a 429 the host itself holds everything back until the service's time is over.
    TQP_TRY(run_.sleep_ms(jitter % pause_ms));
    pause_ms *= 2;
  }
}

Result<void> FeedApi::done(const tqp::Request& request, const Call& call) const {
  TQP_ASSIGN(tqp::Call answer, send(request, call));
  return read_success(answer, call.what);
}

Result<std::vector<FeedInfo>> FeedApi::feeds() const {
  TQP_ASSIGN(tqp::Call answer,
             send(authorised(tqp::Request::get(feeds_)), {"read the feeds", "org.feeds READ"}));
  std::vector<FeedInfo> feeds;
  TQP_TRY(read_results(answer, [&](JsonReader& reader) -> Result<void> {
    TQP_ASSIGN(FeedInfo feed, read_feed(reader));
    feeds.push_back(std::move(feed));
    return {};
  }));
  return feeds;
}

Result<std::string> FeedApi::create_feed(const FeedInfo& feed) const {
  tqp::JsonWriter json;
  json.begin_object().key("feedinfo").begin_object();
  write_members(feed, &json);
  json.end_object().key("reports").begin_array().end_array().end_object();
  TQP_ASSIGN(tqp::Call answer,
             send(authorised(tqp::Request::post(feeds_)).text(std::string(json.view())),
                  {"create a feed", "org.feeds CREATE"}));
  JsonReader reader(answer);
  TQP_TRY(reader.expect(Token::kBeginObject));
  TQP_ASSIGN(FeedInfo made, read_feed(reader));
  TQP_TRY(reader.finish());
  if (made.id.empty())
    return Error{TQP_E_TRANSIENT, host_ + " created a feed and did not tell its id"};
  return made.id;
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

Result<std::vector<ReportHead>> FeedApi::reports(std::string_view feed_id) const {
  tqp::Request request =
      authorised(tqp::Request::get(feeds_ + "/" + std::string(feed_id) + "/reports"));
  request.max_response_bytes(kFeedBytesMost);
  TQP_ASSIGN(tqp::Call answer, send(request, {"read the feed's reports", "org.feeds READ"}));
  std::vector<ReportHead> reports;
  TQP_TRY(read_results(answer, [&](JsonReader& reader) -> Result<void> {
    TQP_ASSIGN(ReportHead report, read_report(reader));
    reports.push_back(std::move(report));
    return {};
  }));
  return reports;
}

Result<ReportHead> FeedApi::report(std::string_view feed_id, std::string_view report_id) const {
  const std::string url =
      feeds_ + "/" + std::string(feed_id) + "/reports/" + std::string(report_id);
  TQP_ASSIGN(tqp::Call answer,
             send(authorised(tqp::Request::get(url)), {"read a report", "org.feeds READ"}));
  JsonReader reader(answer);
  TQP_TRY(reader.expect(Token::kBeginObject));
  TQP_ASSIGN(ReportHead head, read_report(reader));
  TQP_TRY(reader.finish());
  return head;
}

Result<void> FeedApi::replace_reports(std::string_view feed_id, const tqp::Body& body) const {
  return done(
      authorised(tqp::Request::post(feeds_ + "/" + std::string(feed_id) + "/reports")).body(body),
      {"replace the feed's reports", "org.feeds UPDATE"});
}

Result<void> FeedApi::put_report(std::string_view feed_id, std::string_view report_id,
                                 const tqp::Body& body) const {
  const std::string url =
      feeds_ + "/" + std::string(feed_id) + "/reports/" + std::string(report_id);
  return done(authorised(tqp::Request::put(url)).body(body),
              {"write a report", "org.feeds UPDATE"});
}

Result<void> FeedApi::delete_report(std::string_view feed_id, std::string_view report_id) const {
  const std::string url =
      feeds_ + "/" + std::string(feed_id) + "/reports/" + std::string(report_id);
  auto gone = done(authorised(tqp::Request::del(url)), {"delete a report", "org.feeds DELETE"});
  if (!gone.ok() && gone.error().http_status == 404) return {};
  return gone;
}

Result<std::string> FeedApi::find_watchlist(std::string_view feed_id) const {
  TQP_ASSIGN(tqp::Call answer, send(authorised(tqp::Request::get(watchlists_)),
                                    {"read the watchlists", "org.watchlists READ"}));
  std::string found;
  TQP_TRY(read_results(answer, [&](JsonReader& reader) -> Result<void> {
    std::string id, subscribed;
    TQP_TRY(read_members(reader, [&](std::string_view name, Token value) -> Result<void> {
      if (name == "id" && value == Token::kString) id = reader.text();
      if (name != "classifier" || value != Token::kBeginObject) return reader.skip(value);
      return read_members(reader, [&](std::string_view member, Token text) -> Result<void> {
        if (member == "value" && text == Token::kString) subscribed = reader.text();
        return reader.skip(text);
      });
    }));
    if (subscribed == feed_id) found = id;
    return {};
  }));
  return found;
}

Result<std::string> FeedApi::create_watchlist(std::string_view feed_id,
                                              std::string_view name) const {
  tqp::JsonWriter json;
  json.begin_object();
  json.member("name", name);
  json.member("description", "Indicators of ThreatQ, exported by tqhost");
  json.member("tags_enabled", true).member("alerts_enabled", true);
  json.key("classifier")
      .begin_object()
      .member("key", "feed_id")
      .member("value", feed_id)
      .end_object();
  json.end_object();
  TQP_ASSIGN(tqp::Call answer,
             send(authorised(tqp::Request::post(watchlists_)).text(std::string(json.view())),
                  {"create a watchlist", "org.watchlists CREATE"}));
  JsonReader reader(answer);
  std::string id;
  TQP_TRY(reader.expect(Token::kBeginObject));
  TQP_TRY(read_members(reader, [&](std::string_view member, Token value) -> Result<void> {
    if (member == "id" && value == Token::kString) id = reader.text();
    return reader.skip(value);
  }));
  TQP_TRY(reader.finish());
  return id;
}

}  // namespace cb_edr
