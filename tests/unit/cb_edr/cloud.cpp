// SPDX-License-Identifier: Apache-2.0
#include "cloud.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace cb_edr {
namespace {

using tqp::fake::Answer;
using tqp::fake::Sent;
using Json = nlohmann::json;

constexpr std::string_view kFeeds = "/threathunter/feedmgr/v2/orgs/ABCD1234/feeds";
constexpr std::string_view kWatchlists = "/threathunter/watchlistmgr/v3/orgs/ABCD1234/watchlists";
constexpr std::string_view kHost = "https://defense.example.net";

std::string between(const std::string& text, std::string_view begin, char end) {
  const size_t at = text.find(begin);
  if (at == std::string::npos) return {};
  const size_t from = at + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

Json info(const Cloud::Feed& feed) {
  return {{"id", feed.id},           {"name", feed.name},
          {"summary", feed.summary}, {"owner", "ABCD1234"},
          {"access", "private"},     {"provider_url", "https://x.example/"},
          {"category", "something"}, {"reports_count", nullptr}};
}

// Why a report is not as the service wants it, or "".
std::string wrong_with(const Json& report) {
  const std::set<std::string> known = {"id",   "timestamp", "title", "description",
                                       "link", "severity",  "tags",  "iocs_v2"};
  for (const auto& [name, value] : report.items())
    if (known.count(name) == 0 || value.is_null()) return "member " + name;
  const int severity = report.at("severity").get<int>();
  if (severity < 1 || severity > 10) return "severity";
  if (report.at("title").get<std::string>().empty()) return "title";
  const Json& iocs = report.at("iocs_v2");
  if (iocs.empty() || iocs.size() > 1000) return std::to_string(iocs.size()) + " IOCs";
  std::set<std::string> ids;
  for (const Json& ioc : iocs) {
    if (!ids.insert(ioc.at("id").get<std::string>()).second) return "an IOC id twice";
    if (ioc.at("match_type") != "equality" || ioc.at("values").size() != 1) return "match";
    if (ioc.at("values").at(0).get<std::string>().empty()) return "an empty value";
  }
  return {};
}

}  // namespace

Answer Cloud::refuse(int status, const std::string& why) {
  complaints.push_back(std::to_string(status) + " " + why);
  return {status, Json({{"message", why}}).dump()};
}

Answer Cloud::answer(const Sent& request) {
  if (before)
    if (auto fault = before(request)) return *fault;
  Answer answer = handle(request);
  if (!answer.body.empty()) answer.headers.emplace_back("Content-Type", "application/json");
  if (after)
    if (auto fault = after(request)) return *fault;
  return answer;
}

Answer Cloud::handle(const Sent& request) {
  if (request.auth != "cbc") return refuse(401, "no credentials");
  std::string path = request.url;
  if (path.rfind(kHost, 0) != 0) return refuse(404, "another host " + path);
  path.erase(0, kHost.size());
  if (path == kWatchlists) return watchlists_call(request);
  if (path.rfind(std::string(kWatchlists) + "/", 0) == 0)
    return watchlist_call(request, path.substr(kWatchlists.size() + 1));
  if (path == kFeeds) return feeds_call(request);
  if (path.rfind(std::string(kFeeds) + "/", 0) != 0) return refuse(404, path);
  path.erase(0, kFeeds.size() + 1);
  const std::string id = path.substr(0, path.find('/'));
  path.erase(0, id.size());
  const auto found =
      std::find_if(feeds.begin(), feeds.end(), [&](const Feed& feed) { return feed.id == id; });
  if (found == feeds.end()) return {404, R"({"message":"no such feed"})"};
  if (path.empty() && request.method == "DELETE") {
    feeds.erase(found);
    return {204, ""};
  }
  if (path == "/reports") return reports_call(request, *found);
  if (path.rfind("/reports/", 0) == 0) return report_call(request, *found, path.substr(9));
  if (path != "/feedinfo" || request.method != "PUT") return refuse(405, request.method + path);
  const Json document = Json::parse(request.body);
  found->name = document.at("name").get<std::string>();
  found->summary = document.at("summary").get<std::string>();
  return {200, info(*found).dump()};
}

Answer Cloud::feeds_call(const Sent& request) {
  if (request.method == "GET") {
    Json list = Json::array();
    for (const Feed& feed : feeds) list.push_back(info(feed));
    return {200, Json({{"results", list}}).dump()};
  }
  if (request.method != "POST") return refuse(405, request.method);
  const Json document = Json::parse(request.body);
  const Json& feedinfo = document.at("feedinfo");
  if (!document.at("reports").empty()) return refuse(400, "a new feed with reports");
  for (const char* member : {"name", "provider_url", "summary", "category"})
    if (feedinfo.at(member).get<std::string>().empty()) return refuse(400, member);
  Feed feed;
  feed.id = "Feed" + std::to_string(next_id_++);
  feed.name = feedinfo.at("name").get<std::string>();
  feed.summary = feedinfo.at("summary").get<std::string>();
  feeds.push_back(feed);
  return {200, info(feed).dump()};
}

std::optional<std::string> Cloud::read(const std::string& body, std::string* id, Report* report) {
  if (thorough) {
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_discarded()) return "not JSON";
    if (const std::string wrong = wrong_with(json); !wrong.empty()) return wrong;
  }
  *id = between(body, "\"id\":\"", '"');
  report->body = body;
  report->timestamp_s = std::stoll(between(body, "\"timestamp\":", ','));
  report->collection = between(body, "\"title\":\"ThreatQ: ", ',');
  constexpr std::string_view kIoc = "{\"id\":\"tq-";
  for (size_t at = body.find(kIoc); at != std::string::npos; at = body.find(kIoc, at + 1))
    report->ids.push_back(std::strtoull(body.c_str() + at + kIoc.size(), nullptr, 10));
  return std::nullopt;
}

// Why it was not taken, or nothing.
std::optional<std::string> Cloud::store(const std::string& body, const std::string& wanted_id,
                                        std::map<std::string, Report>* to) {
  std::string id;
  Report report;
  if (auto wrong = read(body, &id, &report)) return wrong;
  if (!wanted_id.empty() && id != wanted_id) return "another id than in the path";
  const auto stands = to->find(id);
  if (stands == to->end() && to->size() >= most_reports) return "too many reports";
  if (stands != to->end() && report.body != stands->second.body &&
      report.timestamp_s <= stands->second.timestamp_s)
    return "the timestamp is not newer";
  (*to)[id] = std::move(report);
  return std::nullopt;
}

void Cloud::changed() {
  if (on_effect) on_effect();
}

Answer Cloud::reports_call(const Sent& request, Feed& feed) {
  if (request.method == "GET") {
    std::string out = "{\"results\":[";
    for (const auto& [id, report] : feed.reports)
      out.append(out.back() == '[' ? "" : ",").append(report.body);
    return {200, out + "]}"};
  }
  if (request.method != "POST") return refuse(405, request.method);
  // The documents are cut out as they are: each begins as Report::head() writes it.
  constexpr std::string_view kBegin = "{\"id\":\"", kIoc = "{\"id\":\"tq-";
  std::map<std::string, Report> standing = feed.reports, all;  // the first only for timestamps
  std::vector<size_t> begins;
  for (size_t at = request.body.find(kBegin); at != std::string::npos;
       at = request.body.find(kBegin, at + 1))
    if (request.body.compare(at, kIoc.size(), kIoc) != 0) begins.push_back(at);
  if (request.body.rfind("{\"reports\":[", 0) != 0) return refuse(400, "no reports");
  for (size_t i = 0; i < begins.size(); ++i) {
    const size_t end = (i + 1 < begins.size() ? begins[i + 1] : request.body.size() - 1) - 1;
    const std::string body = request.body.substr(begins[i], end - begins[i]);
    const size_t most = std::exchange(most_reports, SIZE_MAX);
    auto wrong = store(body, "", &standing);
    most_reports = most;
    if (wrong) return refuse(400, *wrong);
    if (auto twice = store(body, "", &all)) return refuse(400, "twice: " + *twice);
  }
  feed.reports = std::move(all);
  changed();
  return {200, R"({"success":true})"};
}

Answer Cloud::report_call(const Sent& request, Feed& feed, const std::string& id) {
  const auto stands = feed.reports.find(id);
  if (request.method == "PUT") {
    if (auto wrong = store(request.body, id, &feed.reports)) return refuse(400, *wrong);
    changed();
    return {200, request.body};
  }
  if (stands == feed.reports.end()) return {404, ""};
  if (request.method == "GET") return {200, stands->second.body};
  if (request.method != "DELETE") return refuse(405, request.method);
  feed.reports.erase(stands);
  changed();
  return {204, ""};
}

Answer Cloud::watchlists_call(const Sent& request) {
  if (request.method == "GET") {
    Json list = Json::array();
    for (const Watchlist& watchlist : watchlists)
      list.push_back({{"id", watchlist.id},
                      {"name", "w"},
                      {"description", watchlist.description},
                      {"classifier", {{"key", "feed_id"}, {"value", watchlist.feed_id}}}});
    list.push_back({{"id", "Other"}, {"report_ids", {"a", "b"}}, {"classifier", nullptr}});
    return {200, Json({{"results", list}}).dump()};
  }
  if (request.method != "POST") return refuse(405, request.method);
  const Json document = Json::parse(request.body);
  const std::string id = "Watch" + std::to_string(next_id_++);
  watchlists.push_back({id, document.at("classifier").at("value").get<std::string>(),
                        document.at("description").get<std::string>()});
  return {200, Json({{"id", id},
                     {"classifier", document.at("classifier")},
                     {"description", document.at("description")}})
                   .dump()};
}

Answer Cloud::watchlist_call(const Sent& request, const std::string& id) {
  if (request.method != "DELETE") return refuse(405, request.method);
  const auto erased =
      std::erase_if(watchlists, [&](const Watchlist& watchlist) { return watchlist.id == id; });
  return {erased > 0 ? 204 : 404, ""};
}

Cloud::Feed* Cloud::feed(const std::string& name) {
  for (Feed& feed : feeds)
    if (feed.name == name) return &feed;
  return nullptr;
}

Content Cloud::content(const std::string& feed_name) {
  Content out;
  if (const Feed* const found = feed(feed_name))
    for (const auto& [id, report] : found->reports)
      for (const uint64_t indicator : report.ids) out.emplace(report.collection, indicator);
  return out;
}

void Cloud::add_reports(Feed& feed, size_t reports) {
  for (size_t i = 0; i < reports; ++i) {
    const std::string id = "other-" + std::to_string(i);
    Report report;
    report.timestamp_s = 5;
    report.collection = "somebody's";
    report.body =
        R"({"id":")" + id +
        R"(","timestamp":5,"title":"t","description":"d (revision ","severity":1,"link":null,)" +
        R"("iocs_v2":[{"id":"x","match_type":"query","values":["a:b"]}]})";
    feed.reports.emplace(id, report);
  }
}

Cloud::Feed& Cloud::add_feed(const std::string& name, const std::string& summary, size_t reports) {
  Feed feed;
  feed.id = "Other" + std::to_string(next_id_++);
  feed.name = name;
  feed.summary = summary;
  add_reports(feed, reports);
  feeds.push_back(std::move(feed));
  return feeds.back();
}

}  // namespace cb_edr
