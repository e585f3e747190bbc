// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/cbc_service.hpp"

#include <algorithm>

#include "lab/cbc/documents.hpp"
#include "lab/cbc/refusal.hpp"

namespace lab::cbc {
namespace {

constexpr std::size_t kOrgSegments = 5;  // threathunter, feedmgr, v2, orgs, {org_key}
constexpr std::size_t kBytesPerMb = 1024 * 1024;

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> result;
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    result.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return result;
}

bool is_feed_manager(const std::vector<std::string>& path) {
  return path.size() > kOrgSegments && path[1] == "feedmgr" && path[2] == "v2";
}

bool is_watchlist_manager(const std::vector<std::string>& path) {
  return path.size() > kOrgSegments && path[1] == "watchlistmgr" && path[2] == "v3";
}

bool is_healthcheck(const std::vector<std::string>& path) {
  return path.size() == 3 && path[0] == "threathunter" && path[2] == "healthcheck" &&
         (path[1] == "feedmgr" || path[1] == "watchlistmgr");
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

Response answered(const StoredReport& report) {
  std::string body;
  append_answered(report, body);
  return text(std::move(body));
}

[[noreturn]] void wrong_method(const Request& request) {
  throw Refusal(405, Shape::kEmpty, request.method + " is not known at " + request.path);
}

[[noreturn]] void no_such_report(const std::string& id) {
  throw Refusal(404, Shape::kEmpty, "there is no report " + id);
}

Reports by_id(std::vector<StoredReport> list) {
  Reports reports;
  for (StoredReport& report : list) {
    std::string id = report.id;
    reports.emplace(std::move(id), std::move(report));
  }
  return reports;
}

// What is wrong with a document comes in another shape from each call.
Shape shape_of(const Request& request) {
  if (request.method == "PUT") return Shape::kErrorMessage;
  return request.path.ends_with("/reports") ? Shape::kCodeAndMessage : Shape::kMessage;
}

std::string needed_permission(const std::string& method, const std::vector<std::string>& path) {
  const bool feeds = is_feed_manager(path);
  std::string operation = "READ";
  if (method == "POST") operation = path.size() == kOrgSegments + 1 ? "CREATE" : "UPDATE";
  if (method == "PUT") operation = "UPDATE";
  if (method == "DELETE") operation = "DELETE";
  return (feeds ? "org.feeds:" : "org.watchlists:") + operation;
}

}  // namespace

CbcService::CbcService(const CbcOptions& options)
    : options_(options),
      access_(options.api_secret + '/' + options.api_id, options.permissions),
      rate_(options.rate, std::chrono::seconds(options.rate_window_seconds)) {}

Response CbcService::handle(const Request& request) try {
  return answer(request);
} catch (const Refusal& refusal) {
  return as_response(refusal);
} catch (const Invalid& invalid) {
  return as_response(Refusal(400, shape_of(request), invalid.what()));
}

Response CbcService::answer(const Request& request) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto wait = rate_.take(RateLimit::Clock::now())) {
      Response response = as_response(Refusal(429, Shape::kMessage, "too many requests"));
      response.headers.emplace_back("Retry-After", std::to_string(wait->count()));
      return response;
    }
  }
  const Path path = segments(request.path);
  if (is_healthcheck(path) && request.method == "GET") return no_content();
  admit(request, path);
  const Path rest(path.begin() + static_cast<Path::difference_type>(kOrgSegments), path.end());
  if (is_feed_manager(path)) return feed_manager(request, rest);
  const std::lock_guard lock(mutex_);
  return watchlists_.handle(request, rest);
}

// Everything that is decided before the call itself is looked at.
void CbcService::admit(const Request& request, const Path& path) {
  const bool known = path.size() > kOrgSegments && path[0] == "threathunter" && path[3] == "orgs" &&
                     (is_feed_manager(path) || is_watchlist_manager(path));
  if (!known) throw Refusal(404, Shape::kHtml, "there is no call " + request.path);
  require(request, path);
  if (options_.max_body_mb > 0 && request.body.size() > options_.max_body_mb * kBytesPerMb) {
    throw Refusal(413, Shape::kHtml, "a body of " + std::to_string(request.body.size()) + " bytes");
  }
  if (options_.gateway_timeout_ms > 0 &&
      request.body_seconds * 1000 > options_.gateway_timeout_ms) {
    throw Refusal(504, Shape::kHtml, "the body took too long");
  }
  const bool has_body = request.method == "POST" || request.method == "PUT";
  const std::string type = request.header("Content-Type").value_or("");
  if (has_body && type != "application/json" && !type.starts_with("application/json;")) {
    throw Invalid("the Content-Type is not application/json: \"" + type + '"');
  }
}

void CbcService::require(const Request& request, const Path& path) {
  const std::lock_guard lock(mutex_);
  if (!access_.token_is(request.header("X-Auth-Token"))) {
    throw Refusal(401, Shape::kCodeAndMessage, "the X-Auth-Token is not known");
  }
  if (path[4] != options_.org_key) {
    throw Refusal(403, Shape::kMessage, "the key does not belong to the organisation " + path[4]);
  }
  const std::string permission = needed_permission(request.method, path);
  if (!access_.allows(permission)) {
    throw Refusal(403, Shape::kEmpty, "the key lacks " + permission);
  }
}

Response CbcService::feed_manager(const Request& request, const Path& path) {
  if (path[0] != "feeds") throw Refusal(404, Shape::kHtml, "there is no call " + request.path);
  if (path.size() == 1) return feeds_call(request);
  if (path.size() == 2 && path[1] == "public" && request.method == "POST") {
    throw Refusal(403, Shape::kMessage, "public feeds are the vendor's");
  }
  if (path.size() == 2) return feed_call(request, path[1]);
  if (path.size() == 3 && path[2] == "feedinfo") return feedinfo_call(request, path[1]);
  if (path.size() == 3 && path[2] == "reports") return reports_call(request, path[1]);
  if (path.size() == 4 && path[2] == "reports") return report_call(request, path[1], path[3]);
  throw Refusal(404, Shape::kHtml, "there is no call " + request.path);
}

Feed& CbcService::feed(const std::string& id) {
  Feed* const found = feeds_.find(id);
  if (found == nullptr) throw Refusal(404, Shape::kMessage, "there is no feed " + id);
  return *found;
}

// Answers what it held before, while the fault "stale_reads" lasts.
const Reports& CbcService::readable(const Feed& feed) {
  static const Reports kNone;
  if (stale_reads_ == 0) return feed.reports;
  --stale_reads_;
  const auto found = stale_.find(feed.info.id);
  return found == stale_.end() ? kNone : found->second;
}

// Also between two writes that would leave room in the end: there is no transaction.
void CbcService::require_room(std::size_t reports) const {
  if (reports > max_reports_)
    throw Invalid("a feed holds at most " + std::to_string(max_reports_) + " reports");
}

bool CbcService::write_fails_in_ok() {
  if (errors_in_ok_ == 0) return false;
  --errors_in_ok_;
  return true;
}

Response CbcService::feeds_call(const Request& request) {
  if (request.method == "POST") return create_feed(request.body);
  if (request.method != "GET") wrong_method(request);
  const std::lock_guard lock(mutex_);
  Json results = Json::array();
  for (const auto& [id, each] : feeds_.all()) results.push_back(each.info.json(options_.org_key));
  return Response::json(200, {{"results", results}});
}

Response CbcService::create_feed(const std::string& body) {
  std::string feedinfo;
  Reports reports = by_id(ReportReader().feed(body, feedinfo));
  FeedInfo info = new_feedinfo(parse_object(feedinfo));
  const std::lock_guard lock(mutex_);
  require_room(reports.size());
  const std::string id = feeds_.add(std::move(info), std::move(reports));
  return Response::json(200, feed(id).info.json(options_.org_key));
}

Response CbcService::feed_call(const Request& request, const std::string& feed_id) {
  const std::lock_guard lock(mutex_);
  const Feed& found = feed(feed_id);
  if (request.method == "GET") {
    const std::string before =
        "{\"feedinfo\":" + found.info.json(options_.org_key).dump() + ",\"reports\":";
    return text(answered_list(before, readable(found)));
  }
  if (request.method != "DELETE") wrong_method(request);
  feeds_.remove(feed_id);
  return no_content();
}

Response CbcService::feedinfo_call(const Request& request, const std::string& feed_id) {
  const std::lock_guard lock(mutex_);
  Feed& found = feed(feed_id);
  if (request.method == "PUT") {
    found.info = changed_feedinfo(parse_object(request.body), found.info);
  } else if (request.method != "GET") {
    wrong_method(request);
  }
  return Response::json(200, found.info.json(options_.org_key));
}

Response CbcService::reports_call(const Request& request, const std::string& feed_id) {
  if (request.method == "POST") return replace_reports(request, feed_id);
  if (request.method != "GET") wrong_method(request);
  const std::lock_guard lock(mutex_);
  return text(answered_list("{\"results\":", readable(feed(feed_id))));
}

Response CbcService::replace_reports(const Request& request, const std::string& feed_id) {
  {
    const std::lock_guard lock(mutex_);
    feed(feed_id);
    if (write_fails_in_ok()) return Response::json(200, {{"errorMessage", "could not be stored"}});
  }
  Reports reports = by_id(ReportReader().bulk(request.body));  // takes its time: not under the lock
  const std::lock_guard lock(mutex_);
  require_room(reports.size());
  feed(feed_id).reports.swap(reports);
  return Response::json(200, {{"success", true}});
}

Response CbcService::report_call(const Request& request, const std::string& feed_id,
                                 const std::string& report_id) {
  if (request.method == "PUT") return put_report(request, feed_id, report_id);
  const std::lock_guard lock(mutex_);
  Feed& found = feed(feed_id);
  if (request.method == "DELETE") {
    if (found.reports.erase(report_id) == 0) no_such_report(report_id);
    return no_content();
  }
  if (request.method != "GET") wrong_method(request);
  const Reports& reports = readable(found);
  const auto report = reports.find(report_id);
  if (report == reports.end()) no_such_report(report_id);
  return answered(report->second);
}

Response CbcService::put_report(const Request& request, const std::string& feed_id,
                                const std::string& report_id) {
  StoredReport report = ReportReader().single(request.body);
  if (report.id != report_id)
    throw Invalid("the report's id differs from the path's: \"" + report.id + '"');
  const std::lock_guard lock(mutex_);
  Reports& reports = feed(feed_id).reports;
  if (write_fails_in_ok()) return Response::json(200, {{"errorMessage", "could not be stored"}});
  const auto stored = reports.find(report_id);
  if (stored == reports.end()) {
    require_room(reports.size() + 1);
    return answered(reports.emplace(report_id, std::move(report)).first->second);
  }
  const bool changed = stored->second.text != report.text;
  if (changed && !options_.lenient_timestamps && report.timestamp <= stored->second.timestamp) {
    throw Invalid("the changed report's timestamp " + std::to_string(report.timestamp) +
                  " is not above the stored " + std::to_string(stored->second.timestamp));
  }
  stored->second = std::move(report);
  return answered(stored->second);
}

std::string CbcService::route(const Request& request) const {
  Path path = segments(request.path);
  if (!is_feed_manager(path) && !is_watchlist_manager(path)) return Service::route(request);
  path[4] = "{org}";
  if (path.size() > 6)
    path[6] = path[5] == "feeds" ? "{feed}" : path[5] == "reports" ? "{report}" : "{id}";
  if (path.size() > 8) path[8] = path[7] == "reports" ? "{report}" : "{ioc}";
  std::string result;
  for (const std::string& segment : path) result += '/' + segment;
  return result;
}

}  // namespace lab::cbc

namespace lab {

std::unique_ptr<Service> make_cbc(const CbcOptions& options) {
  return std::make_unique<cbc::CbcService>(options);
}

}  // namespace lab
