// SPDX-License-Identifier: Apache-2.0
// Searches of the older kinds, and changes of many indicators at once.
#include <algorithm>

#include "lab/threatq/handlers.hpp"
#include "lab/threatq/indicator_text.hpp"
#include "lab/threatq/query_match.hpp"
#include "lab/threatq/search.hpp"
#include "lab/threatq/wildcard.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kDefaultFound = 10;

// One condition of the advanced search.
class Condition {
 public:
  // One that is not known says nothing: every indicator fits it.
  Condition(const Json& json, State& state) {
    if (!json.is_object()) invalid("indicators", "a condition must be an object");
    const Json field = json.value("field", Json()), how = json.value("operator", Json());
    const Json value = json.value("value", Json());
    if (field == "indicator_type" && how == "is" && value.is_number_unsigned()) {
      type_ = state.catalogue.type(value.get<std::uint64_t>());
      if (!type_) invalid("indicators", "there is no indicator type " + value.dump());
    } else if (field == "indicator_value" && how == "is" && value.is_string()) {
      is_ = value.get<std::string>();
    } else if (field == "indicator_value" && how == "like" && value.is_string()) {
      like_ = value.get<std::string>();
      if (like_->find('%') == std::string::npos) like_ = '%' + *like_ + '%';
    } else {
      state.unknown.note({"indicators." + field.dump() + ' ' + how.dump()});
    }
  }

  bool fits(const IndicatorStore& store, Row row) const {
    if (type_) return store.type(row) == *type_;
    if (is_) return store.value(row) == *is_;
    return !like_ || wildcard_match(*like_, store.value(row));
  }

 private:
  std::optional<TypeIndex> type_;
  std::optional<std::string> is_, like_;
};

using AllConditions = std::vector<Condition>;

std::vector<AllConditions> read_groups(const Json& body, State& state) {
  const Json groups = body.value("indicators", Json());
  if (!groups.is_array() || groups.empty())
    invalid("indicators", "a list of lists of conditions is needed");
  std::vector<AllConditions> result;
  for (const Json& group : groups) {
    if (!group.is_array() || group.empty()) invalid("indicators", "an inner list is needed");
    AllConditions& all = result.emplace_back();
    for (const Json& condition : group) all.emplace_back(condition, state);
  }
  return result;
}

// One query of a bulk call; one that says nothing, or nothing that is known, would mean everything
// and is refused.
std::vector<Row> bulk_rows(State& state, const Json& query) {
  if (!query.is_object()) throw Refusal(400, "a bulk change needs criteria or filters");
  const ParsedQuery parsed = read_query(state, query, now());
  if (says_nothing(parsed.query)) {
    std::string why = "a bulk change needs criteria or filters that do not fit everything";
    for (const std::string& name : parsed.unknown) why += "; not known is " + name;
    throw Refusal(400, why);
  }
  return matching_rows(parsed.query, state.store, state.contexts);
}

Response job(State& state, std::size_t objects) {
  return data({{"id", ++state.jobs}, {"status", "pending"}, {"objects", objects}});
}

}  // namespace

Response search_everything(State& state, const Call& call) {
  const std::string word = call.text("query");
  if (word.empty()) invalid("query", "is missing");
  const std::size_t limit = call.number("limit").value_or(kDefaultFound);
  Json items = Json::array();
  const std::string pattern = '%' + word + '%';
  for (Row row = 0; row < state.store.rows() && items.size() < limit; ++row) {
    if (!state.store.alive(row) || !wildcard_match(pattern, state.store.value(row))) continue;
    items.push_back({{"id", state.store.id(row)},
                     {"value", std::string(state.store.value(row))},
                     {"object", "indicator"}});
  }
  for (const auto& [collection, name] :
       {std::pair("events", "event"), std::pair("adversaries", "adversary"),
        std::pair("attachments", "attachment")}) {
    const std::string identity = state.catalogue.kind(collection)->identity;
    for (const auto& [id, object] : state.objects.all(collection)) {
      const std::string value = object[identity].get<std::string>();
      if (items.size() < limit && wildcard_match(pattern, value))
        items.push_back({{"id", id}, {"value", value}, {"object", name}});
    }
  }
  return data_list(std::move(items));
}

Response search_advanced(State& state, const Call& call) {
  const std::vector<AllConditions> groups = read_groups(call.object(), state);
  const auto fits = [&](Row row) {
    return std::any_of(groups.begin(), groups.end(), [&](const AllConditions& all) {
      return std::all_of(all.begin(), all.end(),
                         [&](const Condition& one) { return one.fits(state.store, row); });
    });
  };
  const std::size_t offset = call.number("offset").value_or(0);
  const std::size_t limit = call.number("limit").value_or(kDefaultFound);
  check_limit(state, limit);
  std::vector<Row> page;
  std::size_t total = 0;
  for (Row row = 0; row < state.store.rows(); ++row) {
    if (!state.store.alive(row) || !fits(row)) continue;
    if (total++ >= offset && page.size() < limit) page.push_back(row);
  }
  const RowWriter writer = row_writer(state, RowForm::single("type,status"));
  std::string body = "{\"total\":" + std::to_string(total) + ",\"data\":";
  append_array(page, body, [&](Row row, std::string& to) { writer.append(row, to); });
  return text_response(body + '}');
}

// The vendor does these in the background; here they are done when the answer comes.
Response bulk_status(State& state, const Call& call) {
  const Json body = call.object();
  const Json query = body.value("query", Json()), statuses = body.value("statuses", Json());
  if (!query.is_object() || !statuses.is_object())
    throw Refusal(400, "\"query\" and \"statuses\" must be objects");
  const Json id = statuses.value("indicator", Json());
  const auto status = id.is_number_unsigned() ? state.catalogue.status(id.get<std::uint64_t>())
                                              : std::optional<StatusIndex>();
  if (!status) invalid("statuses", "the id of a status is needed");
  const std::vector<Row> rows = bulk_rows(state, query.value("indicator", Json()));
  for (const Row row : rows) state.store.set_status(row, *status);
  return job(state, rows.size());
}

Response bulk_delete(State& state, const Call& call) {
  const Json body = call.json();
  if (!body.is_array() || body.empty()) throw Refusal(400, "the body must be a list of queries");
  std::vector<Row> rows;
  for (const Json& query : body) {
    const std::vector<Row> more = bulk_rows(state, query);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  for (const Row row : rows) remove_indicator(state, row);
  return job(state, rows.size());
}

}  // namespace lab::threatq
