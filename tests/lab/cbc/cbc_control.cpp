// SPDX-License-Identifier: Apache-2.0
// The service's side of the control routes: what it holds, what its users would change, and its own
// faults.
#include "lab/cbc/cbc_service.hpp"
#include "lab/cbc/documents.hpp"
#include "lab/cbc/refusal.hpp"
#include "lab/frame/large_text.hpp"

namespace lab::cbc {
namespace {

constexpr std::size_t kOtherBytes = 64 * 1024;  // about what a dump holds beside reports

Response changed(Json what) { return Response::json(200, {{"changed", std::move(what)}}); }

Json member_object(const Json& what, const char* name) {
  if (!what[name].is_object()) throw Invalid(std::string("\"") + name + "\" must be an object");
  return what[name];
}

}  // namespace

// ?feed=ID narrows to one feed, ?summary=1 gives counts and digests only.
std::string CbcService::dump(const Request& request) {
  const std::lock_guard lock(mutex_);
  std::vector<const Feed*> feeds;
  for (const auto& [id, each] : feeds_.all()) {
    if (request.parameter("feed").value_or(id) == id) feeds.push_back(&each);
  }
  if (request.parameter("summary") == "1") return summary(feeds).dump();
  std::size_t bytes = 0;
  for (const Feed* each : feeds) bytes += text_bytes(each->reports);
  std::string result = "{\"feeds\":[";
  reserve_large(result, bytes + kOtherBytes);
  for (const Feed* each : feeds) {
    if (each != feeds.front()) result += ',';
    result += "{\"feedinfo\":" + each->info.json(options_.org_key).dump() + ",\"reports\":";
    append_sent_list(each->reports, result);
    result += '}';
  }
  std::string rest = watchlists_.dump().dump();
  rest.front() = ',';
  return result + ']' + rest;
}

Response CbcService::change(const Json& what) try {
  if (!what.is_object() || what.size() != 1) throw Invalid("one member: the change");
  const std::string name = what.begin().key();
  if (name == "add_feed") return create_feed(what[name].dump());
  const std::lock_guard lock(mutex_);
  if (name == "delete_feed") {
    const std::string id = required_text(what, "delete_feed");
    feed(id);
    feeds_.remove(id);
    return changed({{"feed", id}});
  }
  if (name == "add_report" || name == "delete_report") {
    const Json argument = member_object(what, name.c_str());
    allow_only(argument, {"feed", "report"});
    Feed& target = feed(required_text(argument, "feed"));
    if (name == "delete_report") {
      const std::string id = required_text(argument, "report");
      if (target.reports.erase(id) == 0) throw Invalid("there is no report " + id);
      return changed({{"report", id}});
    }
    StoredReport report = ReportReader().single(argument.value("report", Json(nullptr)).dump());
    const std::string id = report.id;
    if (!target.reports.contains(id)) require_room(target.reports.size() + 1);
    target.reports[id] = std::move(report);
    return changed({{"report", id}});
  }
  if (name == "max_reports") {
    const Json& most = what[name];
    if (!most.is_number_unsigned() || most < 1U || most > kMaxReports)
      throw Invalid("\"max_reports\" must be 1 to " + std::to_string(kMaxReports));
    max_reports_ = most.get<std::size_t>();
    return changed({{"max_reports", max_reports_}});
  }
  throw Invalid("unknown change \"" + name +
                "\"; known: add_feed, delete_feed, add_report, delete_report, max_reports");
} catch (const std::runtime_error& error) {  // Invalid and Refusal
  return Response::json(400, {{"error", error.what()}});
}

// {"revoke_token": true}, {"remove_permission": "org.feeds:UPDATE"}, {"error_in_ok": N}: the next N
// report writes are answered 200 with "errorMessage" and have no effect, {"stale_reads": N}: the
// next N reads of reports show what is held now.
bool CbcService::fault(const Json& what) {
  if (!what.is_object() || what.size() != 1) return false;
  const std::string name = what.begin().key();
  const Json& value = what.begin().value();
  const std::lock_guard lock(mutex_);
  if (name == "revoke_token" && value == true) {
    access_.revoke();
    return true;
  }
  if (name == "remove_permission" && value.is_string())
    return access_.remove(value.get<std::string>());
  if (name == "error_in_ok" && value.is_number_unsigned()) {
    errors_in_ok_ = value.get<unsigned>();
    return true;
  }
  if (name == "stale_reads" && value.is_number_unsigned()) {
    stale_reads_ = value.get<unsigned>();
    stale_.clear();
    for (const auto& [id, each] : feeds_.all()) stale_[id] = each.reports;
    return true;
  }
  return false;
}

}  // namespace lab::cbc
