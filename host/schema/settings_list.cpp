// SPDX-License-Identifier: Apache-2.0
#include "schema/settings_list.hpp"

#include <algorithm>
#include <limits>

#include "core/comma_text.hpp"
#include "core/text.hpp"
#include "schema/environment.hpp"
#include "schema/subschema.hpp"

namespace tq {
namespace {

constexpr int kDeepestSettings = 32;

bool is_required(const Json& object, const std::string& key) {
  const Json* required = keyword(object, "required");
  return required != nullptr &&
         std::find(required->begin(), required->end(), key) != required->end();
}

double order_of(const Json& schema) {
  const Json* order = keyword(schema, "x-order");
  return order != nullptr && order->is_number() ? order->get<double>()
                                                : std::numeric_limits<double>::max();
}

struct Place {
  std::vector<std::string> path;
  std::string title;
};

void collect(const Json& root, const Json& object, const Place& place, int deep,
             std::vector<Setting>* out) {
  const Json* properties = keyword(object, "properties");
  if (properties == nullptr || deep == 0) return;
  std::vector<Setting> here;
  for (const auto& [key, property] : properties->items()) {
    Setting setting{place.path, follow_ref(root, property), is_required(object, key), place.title};
    if (setting.schema == nullptr) continue;
    setting.path.push_back(key);
    setting.group = text_at(*setting.schema, "x-group", setting.group);
    here.push_back(std::move(setting));
  }
  std::stable_sort(here.begin(), here.end(), [](const Setting& a, const Setting& b) {
    return order_of(*a.schema) < order_of(*b.schema);
  });
  for (Setting& setting : here) {
    if (keyword(*setting.schema, "properties") == nullptr) {
      out->push_back(std::move(setting));
    } else {
      // An object without a title belongs to the one around it.
      const std::string title = text_at(*setting.schema, "title", place.title);
      collect(root, *setting.schema, {setting.path, title}, deep - 1, out);
    }
  }
}

void drop(const std::string& key, std::vector<Setting>* settings) {
  settings->erase(std::remove_if(settings->begin(), settings->end(),
                                 [&](const Setting& one) { return one.path.front() == key; }),
                  settings->end());
}

// A variable holds text; only lists that may be written as text can be in one.
bool fits_variable(const Setting& setting) {
  return text_at(*setting.schema, "type") != "array" || flag(*setting.schema, "x-comma");
}

std::string instance_prefix(const std::string& instance) {
  return "TQHOST_INSTANCE_" + (instance == "<NAME>" ? instance : variable_name(instance)) + "_";
}

}  // namespace

std::vector<Setting> list_settings(const Json& root, const Json& object) {
  std::vector<Setting> out;
  if (const Json* schema = follow_ref(root, object))
    collect(root, *schema, {}, kDeepestSettings, &out);
  return out;
}

std::string dotted(const Setting& setting) { return join(setting.path, "."); }

std::string title_of(const Setting& setting) {
  return text_at(*setting.schema, "title", setting.path.back());
}

std::vector<Setting> list_host_settings(const Json& host_schema) {
  std::vector<Setting> out = list_settings(host_schema, host_schema);
  drop("instances", &out);
  return out;
}

std::vector<Setting> list_instance_settings(const Json& host_schema) {
  const Json* instance = json_at(host_schema, "/properties/instances/items");
  if (instance == nullptr) return {};
  std::vector<Setting> out = list_settings(host_schema, *instance);
  drop("config", &out);
  return out;
}

std::string host_variable(const Setting& setting) {
  return fits_variable(setting) ? "TQHOST_" + variable_name(join(setting.path, "_")) : "";
}

std::string instance_variable(const std::string& instance, const Setting& setting) {
  if (!fits_variable(setting) || setting.path == std::vector<std::string>{"name"}) return "";
  return instance_prefix(instance) + variable_name(join(setting.path, "_"));
}

std::string plugin_variable(const std::string& instance, const Setting& setting) {
  if (!fits_variable(setting) || setting.path.size() != 1) return "";
  return instance_prefix(instance) + "CONFIG_" + variable_name(setting.path.front());
}

std::string plain_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.is_null() ? "" : dump_json(value);
  std::vector<std::string> entries;
  for (const Json& entry : value) entries.push_back(plain_text(entry));
  return comma_text(entries);
}

}  // namespace tq
