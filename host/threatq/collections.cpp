// SPDX-License-Identifier: Apache-2.0
#include "threatq/collections.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "threatq/ids.hpp"
#include "threatq/timestamp.hpp"

namespace tq {
namespace {

// An object, or PHP's way to write an empty one.
bool is_object(const Json& json) { return json.is_object() || (json.is_array() && json.empty()); }

// The query of a saved search: "json" is an object or its text; "api_query" inside, or the query
// itself. Null when there is none: an empty query would read everything ThreatQ has.
Json query_of(const Json& record) {
  const auto saved = record.find("json");
  if (saved == record.end()) return nullptr;
  Json json = *saved;
  if (saved->is_string()) {
    auto parsed = parse_json(saved->get_ref<const std::string&>(), "the saved search");
    if (!parsed) return nullptr;
    json = parsed.take();
  }
  if (!json.is_object()) return nullptr;
  if (const auto query = json.find("api_query"); query != json.end())
    return !is_object(*query) ? Json() : query->empty() ? Json::object() : *query;
  return json.contains("criteria") || json.contains("filters") ? json : Json();
}

// The leaf is and-ed to what is there; nothing that the collection's owner wrote is taken away.
void add_leaf(Json* group, Json leaf) {
  if (!group->is_object() || group->empty()) {
    *group = Json{{"+and", Json::array({std::move(leaf)})}};
  } else if (const auto list = group->find("+and"); list != group->end() && list->is_array()) {
    list->push_back(std::move(leaf));
  } else {
    *group = Json{{"+and", Json::array({*group, std::move(leaf)})}};
  }
}

// "at or after" of a time in seconds is "after" the second before.
Json since_leaf(int64_t since_ms) {
  return {{"updated_at", {{"+gt", format_timestamp(std::max<int64_t>(since_ms, 1000) - 1000)}}}};
}

// Of the forms that public clients send, the plainest.
Json value_leaf(const std::string& value) { return {{"value", value}}; }

Json fields_of(uint32_t columns) {
  Json fields = {"id"};
  if ((columns & kColumnValue) != 0) fields.push_back("value");
  if ((columns & kColumnType) != 0) fields.push_back("type");
  if ((columns & kColumnStatus) != 0) fields.push_back("status");
  if ((columns & kColumnScore) != 0) fields.push_back("score");
  if ((columns & kColumnUpdated) != 0) fields.push_back("updated_at");
  if ((columns & kColumnRaw) != 0)  // attributes and sources are no longer sent unless named
    for (const char* field : {"*", "attributes.name", "attributes.value", "sources.name"})
      fields.push_back(field);
  return fields;
}

// Names that may have been meant: those that comma text without quotes cuts this name out of, and
// those that are written much like it.
std::vector<std::string> meant_names(const std::vector<Json>& records, const std::string& name) {
  constexpr size_t kMost = 3, kMostLookedAt = 10'000;
  std::vector<std::string> names, meant;
  std::unordered_set<std::string> known;
  for (const Json& record : records) {
    std::string other = text_at(record, "name");
    if (names.size() == kMostLookedAt) break;
    if (other.empty() || !known.insert(other).second) continue;
    const std::vector<std::string> parts = split_list(other);
    if (parts.size() > 1 && std::find(parts.begin(), parts.end(), trim(name)) != parts.end())
      meant.push_back(other);
    names.push_back(std::move(other));
  }
  for (std::string& near : nearest_few(name, names, kMost))
    if (std::find(meant.begin(), meant.end(), near) == meant.end())
      meant.push_back(std::move(near));
  if (meant.size() > kMost) meant.resize(kMost);
  return meant;
}

Error not_found(const Api& api, const std::vector<Json>& records, const std::string& name) {
  std::string message = "Data collection \"" + printable(name) +
                        "\" was not found. Check the exact name and that it is shared with " +
                        api.shared_with();
  std::vector<std::string> meant = meant_names(records, name);
  for (std::string& one : meant) one = "\"" + printable(one) + "\"";
  if (!meant.empty()) message += ". Near to it are " + join(meant, ", ");
  message += ". In comma text a name that has a comma stands in double quotes";
  return {Status::kConfig, std::move(message)};
}

}  // namespace

Result<SavedSearch> find_collection(Api& api, Log& log, const std::string& name,
                                    const Cancel& cancel) {
  TQ_ASSIGN(const auto records, api.list("/api/search/query", "reading the data collections",
                                         "read data collections", cancel));
  const auto [found, count] = lowest_named(records, name);
  const std::string quoted = "\"" + printable(name) + "\"";
  if (found == nullptr) return not_found(api, records, name);
  if (count > 1)
    log.warning(Event::kConfigNote,
                "several data collections have the same name; the one with the lowest id is read",
                {{"collection", name}, {"id", id_text(*found)}, {"of", std::to_string(count)}});
  Json query = query_of(*found);
  if (query.is_null())
    return Error{Status::kConfig, "Data collection " + quoted +
                                      " holds no query that can be read. Save it again in ThreatQ"};
  return SavedSearch{name, id_text(*found), std::move(query)};
}

std::string search_body(const Json& query, const ReadSpec& spec) {
  Json body = query;
  const auto filters = query.find("filters");
  const char* part = filters != query.end() && !filters->empty() ? "filters" : "criteria";
  if (spec.since_ms) add_leaf(&body[part], since_leaf(*spec.since_ms));
  if (spec.value) add_leaf(&body[part], value_leaf(*spec.value));
  body["fields"] = fields_of(spec.columns);
  return dump_json(body);
}

}  // namespace tq
