// SPDX-License-Identifier: Apache-2.0
// POST /api/indicators/query and GET /api/indicators/query/hash/{hash}.
#include "lab/threatq/handlers.hpp"
#include "lab/threatq/row_form.hpp"
#include "lab/threatq/search.hpp"

namespace lab::threatq {
namespace {

using Fields = std::optional<std::vector<std::string>>;

Fields fields_of(const Json& body) {
  if (!body.contains("fields")) return std::nullopt;
  const Json& list = body["fields"];
  if (!list.is_array() || list.empty()) invalid("fields", "must be a list of names");
  std::vector<std::string> names;
  for (const Json& name : list) {
    if (!name.is_string()) invalid("fields", "must be a list of names");
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace

Response query_indicators(State& state, const Call& call) {
  const Json body = call.object();
  return search_page(state, call, body, fields_of(body));
}

Response query_by_hash(State& state, const Call& call) {
  const SavedSearch* search = state.saved.with_hash(call.parts[1], *call.who);
  if (search == nullptr) not_found("saved search with this hash");
  if (call.parts[0] != "indicators") return search_objects(state, call, search->api_query());
  Fields fields;
  if (const auto list = call.request.parameter("fields")) fields = comma_list(*list);
  return search_page(state, call, search->api_query(), fields);
}

}  // namespace lab::threatq
