// SPDX-License-Identifier: Apache-2.0
// /api/connectors: reading and the toggle are the vendor's; POST, and PUT of other members, are our
// own form of what is not public.
#include "lab/threatq/connector_fields.hpp"
#include "lab/threatq/handlers.hpp"
#include "lab/threatq/row_form.hpp"

namespace lab::threatq {
namespace {

Json& connector_of(State& state, const Call& call) {
  Json* record = state.connectors.find(call.id(0));
  if (record == nullptr) not_found("connector " + call.parts[0]);
  return *record;
}

Json shown(const State& state, const Json& kept, const Call& call) {
  Json record = state.connectors.shown(kept);
  for (const std::string& name : comma_list(call.text("with"))) {
    if (name == "category") {
      record["category"] = {{"id", record["category_id"]}, {"name", "Labs"}};
    } else if (name == "tlp") {
      record["tlp"] = nullptr;
    }
  }
  return record;
}

}  // namespace

Response list_connectors(State& state, const Call& call) {
  const auto name = call.request.parameter("name");
  const std::size_t offset = call.number("offset").value_or(0);
  const std::size_t limit = call.number("limit").value_or(state.connectors.all().size());
  Json page = Json::array();
  std::size_t total = 0;
  for (const auto& [id, record] : state.connectors.all()) {
    if (name && record["name"] != *name) continue;
    if (total++ >= offset && page.size() < limit) page.push_back(shown(state, record, call));
  }
  return Response::json(200, {{"total", total}, {"data", std::move(page)}});
}

Response get_connector(State& state, const Call& call) {
  return data(shown(state, connector_of(state, call), call));
}

Response create_connector(State& state, const Call& call) {
  return data(state.connectors.shown(state.connectors.add(call.object())), 201);
}

Response change_connector(State& state, const Call& call) {
  Json& record = connector_of(state, call);
  state.connectors.change(record, call.object());
  return data(state.connectors.shown(record));
}

Response toggle_notifications(State& state, const Call& call) {
  Json& record = connector_of(state, call);
  const Json body = call.object();
  const Json wish = body.value("is_notifiable", Json());
  if (!is_flag(wish)) invalid("is_notifiable", "must be \"0\" or \"1\"");
  record["is_notifiable"] = wish == true || wish == 1 || wish == "1" ? "1" : "0";
  return data(state.connectors.shown(record));
}

// A private OAuth client of the record, the same one each time. The call is our own form.
Response give_oauth_client(State& state, const Call& call) {
  if (!state.options.private_oauth) not_found("call POST " + call.request.path);
  Json& record = connector_of(state, call);
  const Account& client = state.accounts.client_of_connector(call.id(0), call.who->role);
  record["gate_oauth2_client_id"] = client.id;
  return data({{"client_id", client.name}, {"client_secret", client.secret}}, 201);
}

}  // namespace lab::threatq
