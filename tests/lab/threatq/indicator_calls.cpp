// SPDX-License-Identifier: Apache-2.0
// Single indicators: created, listed, read, changed, deleted.
#include <algorithm>

#include "lab/threatq/handlers.hpp"
#include "lab/threatq/indicator_text.hpp"
#include "lab/threatq/ingest.hpp"
#include "lab/threatq/search.hpp"
#include "lab/threatq/sort_order.hpp"
#include "lab/threatq/wildcard.hpp"

namespace lab::threatq {
namespace {

constexpr const char* kDetails = "attributes,sources,score,status,type,tags,comments,adversaries";

Response taken(State& state, const std::vector<Ingested>& all) {
  const RowWriter writer = row_writer(state, RowForm::single(""));
  bool created = false;
  std::string body = "{\"total\":" + std::to_string(all.size()) + ",\"data\":";
  append_array(all, body, [&](const Ingested& one, std::string& to) {
    writer.append(one.row, to);
    to.pop_back();
    to += one.existing ? ",\"existing\":\"Y\"}" : ",\"existing\":\"N\"}";
    created = created || !one.existing;
  });
  return text_response(body + '}', created ? 201 : 200);
}

// What the query parameters of a list ask for.
struct Wanted {
  std::optional<std::string> value;
  std::optional<std::size_t> type_id, status_id, id, above_id;

  explicit Wanted(const Call& call)
      : value(call.request.parameter("value")),
        type_id(call.number("type_id")),
        status_id(call.number("status_id")) {
    if (call.text("id").starts_with('>')) {
      above_id = after_greater(call.text("id"));
    } else {
      id = call.number("id");
    }
  }

  bool fits(const State& state, Row row) const {
    const IndicatorStore& store = state.store;
    return (!id || store.id(row) == *id) && (!above_id || store.id(row) > *above_id) &&
           (!type_id || state.catalogue.types()[store.type(row)].id == *type_id) &&
           (!status_id || state.catalogue.statuses()[store.status(row)].id == *status_id) &&
           (!value || wildcard_match(*value, store.value(row)));
  }
};

// PUT takes its members from the query as well.
Json put_members(const Call& call) {
  Json members = call.object();
  for (const auto& [name, value] : call.request.query) {
    if (name == "with") continue;
    const bool is_id = name == "type_id" || name == "status_id";
    members[name] = is_id ? Json(call.number(name).value()) : Json(value);
  }
  return members;
}

}  // namespace

Response create_indicators(State& state, const Call& call) {
  const Json body = call.json();
  const Json items = body.is_array() ? body : Json::array({body});
  return taken(state, ingest(state, *call.who, items, false));
}

Response consume_indicators(State& state, const Call& call) {
  const std::string normalise = call.request.parameter("normalize").value_or("N");
  const Json body = call.json();
  if (!body.is_array()) throw Refusal(400, "the body must be a list of indicators");
  return taken(state, ingest(state, *call.who, body, normalise == "Y"));
}

Response list_indicators(State& state, const Call& call) {
  const Wanted wanted(call);
  std::vector<Row> rows;
  for (Row row = 0; row < state.store.rows(); ++row)
    if (state.store.alive(row) && wanted.fits(state, row)) rows.push_back(row);
  SortOrder::parse(call.text("sort")).apply(state.store, rows);
  const std::size_t begin = std::min(call.number("offset").value_or(0), rows.size());
  // Without a limit all come, and one client relies on it.
  const std::size_t count =
      std::min(call.number("limit").value_or(rows.size()), rows.size() - begin);
  const RowWriter writer = row_writer(state, RowForm::single(call.text("with")));
  const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
  const std::vector<Row> page(first, first + static_cast<std::ptrdiff_t>(count));
  std::string body = "{\"total\":" + std::to_string(rows.size()) + ",\"data\":";
  append_array(page, body, [&](Row row, std::string& to) { writer.append(row, to); });
  return text_response(body + '}');
}

Response get_indicator(State& state, const Call& call) {
  return data(indicator_json(state, indicator_row(state, call), call.text("with")));
}

Response get_indicator_details(State& state, const Call& call) {
  return data(indicator_json(state, indicator_row(state, call), kDetails));
}

Response change_indicator(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  const Json members = put_members(call);
  const auto type = read_type(members, state.catalogue);
  const auto status = read_status(members, state.catalogue);
  for (const char* name : {"value", "description"})
    if (members.contains(name) && (!members[name].is_string() || members[name] == ""))
      invalid(name, "a text is needed");
  std::vector<Source> sources;
  for (const Json& source : members.value("sources", Json::array()))
    sources.push_back(read_source(source));
  const TypeIndex new_type = type.value_or(state.store.type(row));
  const std::string value =
      members.value("value", Json(std::string(state.store.value(row)))).get<std::string>();
  if (const auto other = state.store.find(new_type, value); other && *other != row)
    invalid("value", "another indicator has this value and type");
  if (type) state.store.set_type(row, *type);
  if (status) state.store.set_status(row, *status);
  if (members.contains("value")) state.store.set_value(row, value);
  if (members.contains("description")) {
    state.contexts.edit(row).description = members["description"].get<std::string>();
    state.store.update(row);
  }
  for (const Source& source : sources)
    if (state.contexts.add_source(state.contexts.edit(row), source)) state.store.touch(row);
  const std::string with = call.text("with");
  return data(indicator_json(state, row, with.empty() ? "type,status" : with));
}

Response delete_indicator(State& state, const Call& call) {
  remove_indicator(state, indicator_row(state, call));
  return no_content();
}

Response set_score(State& state, const Call& call) {
  const Row row = indicator_row(state, call);
  const Json body = call.object();
  if (!body.contains("manual_score")) invalid("manual_score", "is missing");
  const Json& score = body["manual_score"];
  if (!score.is_null() && (!score.is_number_unsigned() || score > 10U))
    invalid("manual_score", "must be 0 to 10, or null");
  state.store.set_manual_score(
      row, score.is_null() ? std::nullopt : std::optional<int>(score.get<int>()));
  return data(indicator_json(state, row, "score")["score"]);
}

}  // namespace lab::threatq
