// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "world.hpp"

namespace tqp::fake {

using Json = nlohmann::ordered_json;

struct Settings {  // NOLINT(bugprone-exception-escape): moving JSON checks its own invariants
  Json values, schema, manifest;
};

namespace {

Json parse(World& world, const std::string& text, const char* what) {
  Json json = Json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!json.is_discarded()) return json;
  world.violation(std::string("the test's ") + what + " is not JSON");
  return Json::object();
}

void apply_defaults(Json& values, const Json& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end()) return;
  for (const auto& [name, property] : properties->items()) {
    if (!values.contains(name) && property.contains("default")) values[name] = property["default"];
    if (values.contains(name) && values[name].is_object()) apply_defaults(values[name], property);
  }
}

const Json* find(const Json& values, std::string_view pointer) {
  const Json::json_pointer at{std::string(pointer)};
  return values.contains(at) ? &values[at] : nullptr;
}

std::string text_of(const Json& values, const Json& pointer) {
  const Json* const value =
      pointer.is_string() ? find(values, pointer.get<std::string>()) : nullptr;
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// "host:port" of a URL or of a plain host, in small letters.
std::string origin(std::string url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string::npos) url.erase(0, scheme + 3);
  url.erase(std::min(url.find_first_of("/?#"), url.size()));
  for (char& c : url) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return url;
}

// What a read of `pointer` finds; null with a status when it may not or finds nothing.
struct Found {
  const Json* value = nullptr;
  tqp_status status = TQP_OK;
};

template <typename Out>
Found look_up(tqp_host_ctx* ctx, const char* call, tqp_str pointer, const Out& out,
              tqp_error* error) {
  World& world = World::of(ctx);
  if (const auto refused = world.refuse(call, error)) return {nullptr, *refused};
  if (!all_given(pointer, out)) return {nullptr, world.null_argument(call, error)};
  const std::string at(to_view(pointer));
  const auto refuse = [&](const std::string& why) {
    return Found{nullptr, world.bug(error, std::string(call) + ": setting " + at + " " + why)};
  };
  if (at.empty() || at[0] != '/') return refuse("is not a JSON pointer");
  const Json& schema = world.settings->schema;
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    const auto property = properties->find(at.substr(1, at.find('/', 1) - 1));
    if (property == properties->end()) return refuse("is not in the schema");
    if (property->value("writeOnly", false)) {
      const Error denied{TQP_E_DENIED, "setting " + at + " is a secret: name it in an auth entry",
                         at};
      return {nullptr, world.fail(error, denied)};
    }
  }
  const Json* const value = find(world.settings->values, at);
  if (value == nullptr || value->is_null()) return {nullptr, TQP_END};
  return {value, TQP_OK};
}

// Whether the schema lets a setting have several types: then a plugin asks for one after the other.
bool of_several_types(const World& world, std::string_view pointer) {
  const Json::json_pointer type("/properties" + std::string(pointer) + "/type");
  const Json& schema = world.settings->schema;
  return schema.contains(type) && schema[type].is_array();
}

tqp_status wrong_type(tqp_host_ctx* ctx, tqp_str pointer, const Json& value, const char* wanted,
                      tqp_error* error) {
  World& world = World::of(ctx);
  const std::string what =
      "setting " + std::string(to_view(pointer)) + " is " + value.type_name() + ", not " + wanted;
  if (of_several_types(world, to_view(pointer))) return world.fail(error, {TQP_E_BUG, what});
  return world.bug(error, what);
}

tqp_status text(tqp_host_ctx* ctx, tqp_str pointer, tqp_sink out, tqp_error* error) {
  const Found found = look_up(ctx, "config.text", pointer, out, error);
  if (found.value == nullptr) return found.status;
  if (!found.value->is_string()) return wrong_type(ctx, pointer, *found.value, "text", error);
  return put_text(out, found.value->get_ref<const std::string&>());
}

tqp_status integer(tqp_host_ctx* ctx, tqp_str pointer, int64_t* out, tqp_error* error) {
  const Found found = look_up(ctx, "config.integer", pointer, out, error);
  if (found.value == nullptr) return found.status;
  if (!found.value->is_number_integer()) {
    return wrong_type(ctx, pointer, *found.value, "an integer", error);
  }
  *out = found.value->get<int64_t>();
  return TQP_OK;
}

tqp_status boolean(tqp_host_ctx* ctx, tqp_str pointer, int32_t* out, tqp_error* error) {
  const Found found = look_up(ctx, "config.boolean", pointer, out, error);
  if (found.value == nullptr) return found.status;
  if (!found.value->is_boolean()) return wrong_type(ctx, pointer, *found.value, "a boolean", error);
  *out = found.value->get<bool>() ? 1 : 0;
  return TQP_OK;
}

tqp_status count(tqp_host_ctx* ctx, tqp_str pointer, uint32_t* out, tqp_error* error) {
  const Found found = look_up(ctx, "config.count", pointer, out, error);
  if (found.value == nullptr) return found.status;
  if (!found.value->is_structured()) {
    return wrong_type(ctx, pointer, *found.value, "a list or an object", error);
  }
  *out = static_cast<uint32_t>(found.value->size());
  return TQP_OK;
}

tqp_status key(tqp_host_ctx* ctx, tqp_str pointer, uint32_t index, tqp_sink out, tqp_error* error) {
  const Found found = look_up(ctx, "config.key", pointer, out, error);
  if (found.value == nullptr) return found.status;
  if (!found.value->is_object()) return wrong_type(ctx, pointer, *found.value, "an object", error);
  if (index >= found.value->size()) return TQP_END;
  return put_text(out, std::next(found.value->begin(), index).key());
}

}  // namespace

std::shared_ptr<const Settings> read_settings(World& world) {
  auto settings = std::make_shared<Settings>();
  settings->values = parse(world, world.setup().config, "configuration");
  settings->schema = parse(world, world.setup().schema, "schema");
  settings->manifest = parse(world, std::string(to_view(world.plugin->manifest)), "manifest");
  apply_defaults(settings->values, settings->schema);
  return settings;
}

std::vector<std::string> required_services(const tqp_plugin* plugin) {
  const Json manifest = Json::parse(to_view(plugin->manifest), nullptr, false);
  const Json::json_pointer required("/services/required");
  if (manifest.is_discarded() || !manifest.contains(required)) return {};
  return manifest[required].get<std::vector<std::string>>();
}

std::optional<Error> refused_by_manifest(World& world, const Sent& request) {
  const Json& manifest = world.settings->manifest;
  const Json& values = world.settings->values;
  if (manifest.empty()) return std::nullopt;  // a plugin made by the test, without one
  const std::string target = origin(request.url);
  const Json grants = manifest.value(Json::json_pointer("/grants/connect"), Json::array());
  bool granted = false;
  for (const Json& pointer : grants)
    granted = granted || origin(text_of(values, pointer)) == target;
  if (!granted) {
    return Error{TQP_E_DENIED, "a request to " + target + " is not granted: no setting named by " +
                                   "grants.connect holds this host"};
  }
  if (request.auth.empty()) return std::nullopt;
  const auto entries = manifest.find("auth");
  if (entries == manifest.end() || !entries->contains(request.auth)) {
    return Error{TQP_E_BUG, "the manifest has no auth entry \"" + request.auth + "\""};
  }
  const Json bound = (*entries)[request.auth].value("for", Json());
  if (origin(text_of(values, bound)) == target) return std::nullopt;
  return Error{TQP_E_DENIED,
               "auth entry \"" + request.auth + "\" is for another host than " + target};
}

const tqp_config* config_table() {
  static constexpr tqp_config kTable = {sizeof kTable, 0, &text, &integer, &boolean, &count, &key};
  return &kTable;
}

}  // namespace tqp::fake
