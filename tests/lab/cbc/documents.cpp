// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/documents.hpp"

#include <algorithm>
#include <set>

#include "lab/cbc/refusal.hpp"

namespace lab::cbc {
namespace {

FeedInfo read_feedinfo(const Json& document) {
  FeedInfo info;
  info.name = required_text(document, "name");
  if (info.name.empty()) throw Invalid("feedinfo.name is empty");
  info.provider_url = required_text(document, "provider_url");
  info.summary = required_text(document, "summary");
  info.category = required_text(document, "category");
  info.alertable = flag_or(document, "alertable", true);
  info.source_label = document.value("source_label", Json(nullptr));
  if (!info.source_label.is_null() && !info.source_label.is_string()) {
    throw Invalid("\"source_label\" must be a string or null");
  }
  return info;
}

// Public feeds are the vendor's, reserved ones a managing provider's. What else the service makes
// itself (owner, id, reports_count) it takes and does not look at.
void require_private(const Json& document) {
  if (document.contains("access") && document["access"] != "private")
    throw Invalid("\"access\" of an organisation's own feed is private");
}

}  // namespace

Json parse_object(const std::string& text) try {
  std::vector<std::set<std::string>> seen;
  const Json result = Json::parse(text, [&seen](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) seen.emplace_back();
    if (event == Json::parse_event_t::object_end) seen.pop_back();
    if (event == Json::parse_event_t::key &&
        !seen.back().insert(parsed.get<std::string>()).second) {
      throw Invalid("member " + parsed.dump() + " stands twice");
    }
    return true;
  });
  if (!result.is_object()) throw Invalid("not a JSON object");
  return result;
} catch (const Json::exception& error) {
  throw Invalid(std::string("not JSON: ") + error.what());
}

void allow_only(const Json& object, std::initializer_list<std::string_view> members) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(members.begin(), members.end(), name) == members.end()) {
      throw Invalid("unknown member \"" + name + '"');
    }
  }
}

std::string required_text(const Json& object, const char* name) {
  if (!object.contains(name)) throw Invalid(std::string("member \"") + name + "\" is missing");
  if (!object[name].is_string())
    throw Invalid(std::string("member \"") + name + "\" must be a string");
  return object[name].get<std::string>();
}

bool flag_or(const Json& object, const char* name, bool otherwise) {
  if (!object.contains(name)) return otherwise;
  if (!object[name].is_boolean())
    throw Invalid(std::string("member \"") + name + "\" must be true or false");
  return object[name].get<bool>();
}

FeedInfo new_feedinfo(const Json& document) {
  FeedInfo info = read_feedinfo(document);
  require_private(document);
  return info;
}

FeedInfo changed_feedinfo(const Json& document, const FeedInfo& stored) {
  FeedInfo info = read_feedinfo(document);
  require_private(document);
  info.id = stored.id;
  return info;
}

}  // namespace lab::cbc
