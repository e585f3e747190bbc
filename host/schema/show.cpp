// SPDX-License-Identifier: Apache-2.0
#include "schema/show.hpp"

#include <algorithm>

#include "core/shown.hpp"
#include "schema/subschema.hpp"

namespace tq {
namespace {

constexpr const char* kMask = "***";
constexpr size_t kWidestPointer = 40;
constexpr size_t kWidestValue = 48;

using Origins = std::map<std::string, std::string>;

void mask_texts(Json& value) {
  if (value.is_string()) value = kMask;
  if (value.is_structured())
    for (Json& member : value) mask_texts(member);
}

// Masks what the schema calls secret, and every text that it does not know: a secret under a
// misspelt key is still a secret.
void mask_config(const Json& root, const Json& schema_or_ref, Json& value) {
  const Json* schema = follow_ref(root, schema_or_ref);
  if (schema == nullptr || (flag(*schema, "writeOnly") && value.is_string()))
    return mask_texts(value);
  const Json* properties = keyword(*schema, "properties");
  const Json* items = keyword(*schema, "items");
  if (value.is_array() && items != nullptr && items->is_object())
    for (Json& entry : value) mask_config(root, *items, entry);
  if (!value.is_object() || flag(*schema, "writeOnly")) return;
  for (const auto& [key, member] : value.items()) {
    if (properties != nullptr && properties->contains(key)) {
      mask_config(root, *properties->find(key), member);
    } else {
      mask_texts(member);
    }
  }
}

// The instance's settings as they are run with, and where each comes from.
Json settings_of(const InstanceConfig& instance, const std::string& pointer,
                 const SchemaLookup& schema_of, Origins* origins) {
  const auto schema = schema_of(instance.plugin);
  if (schema == nullptr) {
    Json out = instance.config;
    mask_texts(out);
    return out;
  }
  PluginSettings settings;
  // Shown as far as it goes: what is wrong with it, check and run-once tell.
  static_cast<void>(schema->apply(instance.config, &settings));
  for (const auto& [at, by_default] : settings.defaulted) (*origins)[pointer + at] = "default";
  mask_config(schema->json(), schema->json(), settings.values);
  return settings.values;
}

class Shower {
 public:
  Shower(const HostConfig& config, const SchemaLookup& schema_of)
      : config_(config), values_(config.resolved), origins_(config.origins) {
    for (size_t i = 0; i < config.instances.size(); ++i) {
      const std::string pointer = "/instances/" + std::to_string(i);
      values_["instances"][i]["config"] =
          settings_of(config.instances[i], pointer + "/config", schema_of, &origins_);
    }
  }

  // Leaves only the instance, as the root.
  void keep(const std::string& instance) {
    size_t index = 0;
    while (config_.instances[index].name != instance) ++index;
    const std::string pointer = "/instances/" + std::to_string(index);
    values_ = Json(values_["instances"][index]);
    Origins kept;
    for (const auto& [at, origin] : origins_)
      if (at.rfind(pointer + "/", 0) == 0) kept[at.substr(pointer.size())] = origin;
    origins_ = std::move(kept);
  }

  std::string json() const {
    Json out;
    out["file"] = config_.file.empty() ? Json(nullptr) : Json(config_.file.string());
    out["values"] = values_;
    out["origins"] = Json::object();
    for_each_leaf(values_, "", [&](const std::string& pointer, const Json&) {
      out["origins"][pointer] = origin(pointer);
    });
    return pretty_json(out);
  }

  std::string text() const {
    std::string out =
        "file: " + (config_.file.empty() ? std::string("none") : shown(config_.file.string())) +
        "\n";
    for_each_leaf(values_, "", [&](const std::string& pointer, const Json& value) {
      const bool masked = value == kMask;
      out += padded(shown(pointer), kWidestPointer) + "  " +
             padded(masked ? kMask : dump_json(value), kWidestValue) + "  " +
             shown(origin(pointer)) + "\n";
    });
    return out;
  }

 private:
  template <typename Visit>
  static void for_each_leaf(const Json& value, const std::string& pointer, const Visit& visit) {
    const bool list_of_objects = value.is_array() && !value.empty() && value[0].is_object();
    if (value.is_object() && !value.empty()) {
      for (const auto& [key, member] : value.items())
        for_each_leaf(member, pointer_join(pointer, key), visit);
    } else if (list_of_objects) {
      for (size_t i = 0; i < value.size(); ++i)
        for_each_leaf(value[i], pointer_join(pointer, std::to_string(i)), visit);
    } else {
      visit(pointer, value);
    }
  }

  static std::string padded(std::string text, size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
  }

  // Files beside the main one by their short names.
  std::string origin(std::string pointer) const {
    auto found = origins_.find(pointer);
    while (found == origins_.end() && !pointer.empty()) {
      pointer.erase(pointer.rfind('/'));
      found = origins_.find(pointer);
    }
    if (found == origins_.end()) return "-";
    const auto& file = config_.file.empty() ? config_.intended_file : config_.file;
    const std::string folder = file.parent_path().string() + "/";
    return folder.size() > 1 && found->second.rfind(folder, 0) == 0
               ? found->second.substr(folder.size())
               : found->second;
  }

  const HostConfig& config_;
  Json values_;
  Origins origins_;
};

}  // namespace

std::string show_config(const HostConfig& config, const std::string& instance, bool json,
                        const SchemaLookup& schema_of) {
  Shower shower(config, schema_of);
  if (!instance.empty()) shower.keep(instance);
  return json ? shower.json() : shower.text();
}

}  // namespace tq
