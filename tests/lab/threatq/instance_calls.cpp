// SPDX-License-Identifier: Apache-2.0
// What the instance is like: kinds, types, statuses, the caller, the proxy, operations.
#include "lab/threatq/handlers.hpp"

namespace lab::threatq {
namespace {

// Of the items, those of this name and of this page.
Json chosen(const Call& call, const std::vector<Json>& items) {
  const auto name = call.request.parameter("name");
  const std::size_t offset = call.number("offset").value_or(0);
  const std::size_t limit = call.number("limit").value_or(items.size());
  Json found = Json::array();
  std::size_t place = 0;
  for (const Json& item : items) {
    if (name && item["name"] != *name) continue;
    if (place++ >= offset && found.size() < limit) found.push_back(item);
  }
  return {{"total", place}, {"data", std::move(found)}};
}

std::vector<Json> types(const State& state) {
  std::vector<Json> items;
  for (std::size_t i = 0; i < state.catalogue.types().size(); ++i)
    items.push_back(state.catalogue.type_json(static_cast<TypeIndex>(i)));
  return items;
}

std::vector<Json> statuses(const State& state) {
  std::vector<Json> items;
  for (std::size_t i = 0; i < state.catalogue.statuses().size(); ++i)
    items.push_back(state.catalogue.status_json(static_cast<StatusIndex>(i)));
  return items;
}

constexpr std::uint64_t kPluginId = 3;

Json plugin() {
  const Json key = {
      {"id", 3},     {"plugin_id", kPluginId}, {"key", "api_key"},   {"type", "password"},
      {"value", ""}, {"mask", true},           {"options", nullptr}, {"user_editable", 1}};
  return {{"id", kPluginId},
          {"name", "lookup"},
          {"friendly_name", "Lookup"},
          {"package_name", "tq_op_lookup"},
          {"version", "1.0.0"},
          {"author", "the lab"},
          {"description", "Answers nothing."},
          {"enabled", 1},
          {"disable_proxy", 0},
          {"required_threatq_version", "4.34.0"},
          {"logo_path", nullptr},
          {"deleted_at", nullptr},
          {"config", Json::array({key})},
          {"action", Json::array({{{"id", 1}, {"name", "lookup"}}})}};
}

}  // namespace

Response list_objects(State& state, const Call&) {
  Json kinds = Json::array();
  for (const ObjectKind& kind : state.catalogue.kinds())
    kinds.push_back(state.catalogue.kind_json(kind));
  return data_list(std::move(kinds));
}

// Without rights the vendor answers an empty object here, and no error.
Response list_types(State& state, const Call& call) {
  if (call.who->role == Role::kNone) return Response::json(200, Json::object());
  return Response::json(200, chosen(call, types(state)));
}

Response get_type(State& state, const Call& call) {
  const auto index = state.catalogue.type(call.id(0));
  if (!index) not_found("indicator type " + call.parts[0]);
  return data(state.catalogue.type_json(*index));
}

Response list_statuses(State& state, const Call& call) {
  return Response::json(200, chosen(call, statuses(state)));
}

Response get_status(State& state, const Call& call) {
  const auto index = state.catalogue.status(call.id(0));
  if (!index) not_found("indicator status " + call.parts[0]);
  return data(state.catalogue.status_json(*index));
}

Response current_user(State&, const Call& call) {
  const Account& who = *call.who;
  const char* role = who.role == Role::kMaintenance ? "Maintenance"
                     : who.role == Role::kReadOnly  ? "Read Only"
                                                    : "None";
  return data({{"id", who.id},
               {"email", who.is_client ? Json(nullptr) : Json(who.name)},
               {"display_name", who.name.substr(0, who.name.find('@'))},
               {"role", role},
               {"source", {{"type", who.is_client ? "clients" : "users"}, {"name", who.name}}}});
}

// The shape is not public: newer answers are an object, older ones pairs, so that readers take
// both.
Response get_proxy(State& state, const Call&) {
  const Json url = state.proxy.empty() ? Json(nullptr) : Json(state.proxy);
  if (state.faults.answers(state.options.answers) == "new")
    return data({{"http_proxy", url}, {"https_proxy", url}, {"no_proxy", nullptr}});
  return data_list(Json::array({{{"key", "http_proxy"}, {"value", url}},
                                {{"key", "https_proxy"}, {"value", url}},
                                {{"key", "no_proxy"}, {"value", nullptr}}}));
}

// One operation, so that clients find a record of this kind.
Response list_plugins(State&, const Call&) { return data_list(Json::array({plugin()})); }

Response get_plugin(State&, const Call& call) {
  if (call.id(0) != kPluginId) not_found("plugin " + call.parts[0]);
  return data(plugin());
}

Response execute_plugin(State&, const Call& call) {
  if (call.id(0) != kPluginId) not_found("plugin " + call.parts[0]);
  const Json body = call.object();
  if (body.value("action", Json()) != "lookup") invalid("action", "the only action is lookup");
  return data({{"action", "lookup"}, {"id", body.value("id", Json())}, {"result", nullptr}});
}

}  // namespace lab::threatq
