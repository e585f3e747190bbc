// SPDX-License-Identifier: Apache-2.0
// /api/search/query: data collections, listed, made, and found by their hash.
#include "lab/threatq/handlers.hpp"
#include "lab/threatq/row_form.hpp"
#include "lab/threatq/search.hpp"

namespace lab::threatq {
namespace {

Json as_json(const State& state, const SavedSearch& search) {
  const bool as_text = state.faults.answers(state.options.answers) != "new";
  return {{"id", search.id},
          {"name", search.name ? Json(*search.name) : Json(nullptr)},
          {"hash", search.hash},
          {"json", as_text ? Json(search.json.dump()) : search.json}};
}

}  // namespace

Response list_saved_searches(State& state, const Call& call) {
  const auto name = call.request.parameter("name");
  const std::size_t offset = call.number("offset").value_or(0);
  const std::size_t limit = call.number("limit").value_or(state.saved.all().size());
  Json page = Json::array();
  std::size_t total = 0;
  for (const SavedSearch& search : state.saved.all()) {
    if (!search.name || !search.visible_to(*call.who)) continue;
    if (name && *name != *search.name) continue;
    if (total++ >= offset && page.size() < limit) page.push_back(as_json(state, search));
  }
  return Response::json(200, {{"total", total}, {"data", std::move(page)}});
}

Response create_saved_search(State& state, const Call& call) {
  const Json body = call.object();
  if (!body.contains("json") || !body["json"].is_object())
    invalid("json", "must be an object with ui_query and api_query");
  const Json name = body.value("name", Json(nullptr));
  if (!name.is_null() && (!name.is_string() || name == ""))
    invalid("name", "must be a text or null");
  const Json& json = body["json"];
  // Older entries are the bare query.
  const Json query = json.value("api_query", json);
  if (!query.is_object()) invalid("json", "api_query must be an object");
  read_query(state, query, now());
  std::optional<std::string> given;
  if (name.is_string()) given = name.get<std::string>();
  return data(as_json(state, state.saved.add(std::move(given), json, call.who->id)), 201);
}

Response get_saved_search(State& state, const Call& call) {
  const SavedSearch* search = state.saved.with_hash(call.parts[0], *call.who);
  if (search == nullptr) not_found("saved search with this hash");
  Json result = as_json(state, *search);
  const auto fields = call.request.parameter("fields");
  if (!fields) return data(std::move(result));
  Json chosen = Json::object();
  for (const std::string& name : comma_list(*fields)) {
    if (result.contains(name)) chosen[name] = result[name];
  }
  return data(std::move(chosen));
}

}  // namespace lab::threatq
