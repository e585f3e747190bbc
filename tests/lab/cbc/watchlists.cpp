// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/watchlists.hpp"

#include <chrono>

#include "lab/cbc/documents.hpp"
#include "lab/cbc/refusal.hpp"

namespace lab::cbc {
namespace {

std::int64_t now_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

[[noreturn]] void not_found(const std::string& what) {
  throw Refusal(404, Shape::kCodeAndMessage, "there is no " + what);
}

[[noreturn]] void wrong_method(const Request& request) {
  throw Refusal(405, Shape::kEmpty, request.method + " is not known at " + request.path);
}

void check_members(const Json& document) {
  const auto given = [&document](const char* name) {
    return document.contains(name) && !document[name].is_null();
  };
  for (const char* name : {"name", "description"}) {
    if (given(name) && !document[name].is_string())
      throw Invalid(std::string(name) + " must be a string");
  }
  for (const char* name : {"tags_enabled", "alerts_enabled"}) {
    if (given(name) && !document[name].is_boolean()) {
      throw Invalid(std::string(name) + " must be true or false");
    }
  }
  if (given("classifier") && given("report_ids")) {
    throw Invalid("either \"classifier\" or \"report_ids\", not both");
  }
}

}  // namespace

Json& Watchlists::find(const std::string& id) {
  const auto found = watchlists_.find(id);
  if (found == watchlists_.end()) not_found("watchlist " + id);
  return found->second;
}

// Feed ids hold no hyphen, report ids may.
const StoredReport& Watchlists::find_report(const std::string& feed_and_report) {
  const std::size_t hyphen = feed_and_report.find('-');
  Feed* feed = feeds_.find(feed_and_report.substr(0, hyphen));
  if (feed == nullptr || hyphen == std::string::npos) not_found("feed report " + feed_and_report);
  const auto found = feed->reports.find(feed_and_report.substr(hyphen + 1));
  if (found == feed->reports.end()) not_found("feed report " + feed_and_report);
  return found->second;
}

Response Watchlists::create(const Json& document) {
  check_members(document);
  if (required_text(document, "name").empty()) throw Invalid("an empty name");
  const Json classifier = document.value("classifier", Json(nullptr));
  const Json report_ids = document.value("report_ids", Json(nullptr));
  if (classifier.is_null() == report_ids.is_null())
    throw Invalid("\"classifier\" or \"report_ids\" is needed");
  if (!classifier.is_null()) {
    if (!classifier.is_object()) throw Invalid("\"classifier\" must be an object");
    if (required_text(classifier, "key") != "feed_id")
      throw Invalid("classifier.key must be \"feed_id\"");
    const std::string feed = required_text(classifier, "value");
    if (feeds_.find(feed) == nullptr) throw Invalid("classifier.value names no feed: " + feed);
  } else if (!report_ids.is_array()) {
    throw Invalid("\"report_ids\" must be an array");
  }
  const std::string id = made_id("watchlist", ++made_);
  const Json watchlist = {{"name", document["name"]},
                          {"description", document.value("description", Json(nullptr))},
                          {"id", id},
                          {"tags_enabled", flag_or(document, "tags_enabled", true)},
                          {"alerts_enabled", flag_or(document, "alerts_enabled", false)},
                          {"create_timestamp", now_seconds()},
                          {"last_update_timestamp", now_seconds()},
                          {"report_ids", report_ids},
                          {"classifier", classifier}};
  watchlists_[id] = watchlist;
  return Response::json(200, watchlist);
}

Response Watchlists::update(Json& watchlist, const Json& document) {
  check_members(document);
  for (const char* name :
       {"name", "description", "tags_enabled", "alerts_enabled", "report_ids", "classifier"}) {
    if (document.contains(name) && !document[name].is_null()) watchlist[name] = document[name];
  }
  watchlist["last_update_timestamp"] = now_seconds();
  return Response::json(200, watchlist);
}

Response Watchlists::one(const Request& request, const std::string& id) {
  Json& watchlist = find(id);
  if (request.method == "GET") return Response::json(200, watchlist);
  if (request.method == "PUT") return update(watchlist, parse_object(request.body));
  if (request.method != "DELETE") wrong_method(request);
  watchlists_.erase(id);
  return no_content();
}

Response Watchlists::toggle(const Request& request, const std::string& id,
                            const std::string& which) {
  if (which != "alert" && which != "tag") not_found("call " + request.path);
  Json& watchlist = find(id);
  if (request.method != "PUT" && request.method != "DELETE") wrong_method(request);
  const bool on = request.method == "PUT";
  watchlist[which == "alert" ? "alerts_enabled" : "tags_enabled"] = on;
  return on ? Response::json(200, {{which, true}}) : no_content();
}

Response Watchlists::ignore(const Request& request, const std::string& key) {
  if (request.method == "PUT") ignored_.insert(key);
  if (request.method == "GET" || request.method == "PUT") {
    return Response::json(200, {{"ignored", ignored_.contains(key)}});
  }
  if (request.method != "DELETE") wrong_method(request);
  ignored_.erase(key);
  return no_content();
}

Response Watchlists::severity(const Request& request, const std::string& report) {
  if (request.method == "DELETE") {
    severities_.erase(report);
    return no_content();
  }
  if (request.method == "PUT") {
    const Json document = parse_object(request.body);
    if (required_text(document, "report_id") != report)
      throw Invalid("report_id differs from the path");
    const Json value = document.value("severity", Json(0));
    if (!value.is_number_integer() || value < 1 || value > 10)
      throw Invalid("severity must be 1..10");
    severities_[report] = value.get<int>();
  } else if (request.method != "GET") {
    wrong_method(request);
  }
  const auto found = severities_.find(report);
  if (found == severities_.end()) not_found("custom severity of " + report);
  return Response::json(200, {{"report_id", report}, {"severity", found->second}});
}

Response Watchlists::report_call(const Request& request, const std::vector<std::string>& path) {
  if (path.size() == 2 && path[1] == "severity" && request.method == "GET") {
    Json results = Json::array();
    for (const auto& [report, value] : severities_) {
      results.push_back({{"report_id", report}, {"severity", value}});
    }
    return Response::json(200, {{"results", results}});
  }
  if (path.size() == 3 && path[2] == "ignore") {
    find_report(path[1]);
    return ignore(request, path[1]);
  }
  if (path.size() == 3 && path[2] == "severity") {
    find_report(path[1]);
    return severity(request, path[1]);
  }
  if (path.size() == 5 && path[2] == "iocs" && path[4] == "ignore") {
    const Json report = Json::parse(find_report(path[1]).text);
    for (const Json& ioc : report["iocs_v2"]) {
      if (ioc["id"] == path[3]) return ignore(request, path[1] + '/' + path[3]);
    }
    not_found("IOC " + path[3] + " in " + path[1]);
  }
  not_found("call " + request.path);
}

Response Watchlists::handle(const Request& request, const std::vector<std::string>& path) {
  if (!path.empty() && path[0] == "reports") return report_call(request, path);
  if (path.empty() || path[0] != "watchlists" || path.size() > 3) not_found("call " + request.path);
  if (path.size() == 3) return toggle(request, path[1], path[2]);
  if (path.size() == 2) return one(request, path[1]);
  if (request.method == "POST") return create(parse_object(request.body));
  if (request.method != "GET") wrong_method(request);
  Json results = Json::array();
  for (const auto& [id, watchlist] : watchlists_) results.push_back(watchlist);
  return Response::json(200, {{"results", results}});
}

Json Watchlists::dump() const {
  Json watchlists = Json::array();
  for (const auto& [id, watchlist] : watchlists_) watchlists.push_back(watchlist);
  return {{"watchlists", watchlists}, {"ignored", ignored_}, {"severities", severities_}};
}

}  // namespace lab::cbc
