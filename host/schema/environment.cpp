// SPDX-License-Identifier: Apache-2.0
#include "schema/environment.hpp"

#include <cstring>
#include <map>

#include "core/ends.hpp"
#include "core/text.hpp"
#include "schema/subschema.hpp"
#include "schema/words.hpp"

namespace tq {
namespace {

constexpr std::string_view kPrefix = "TQHOST_";
constexpr std::string_view kInstance = "TQHOST_INSTANCE_";
constexpr std::string_view kConfig = "CONFIG_";

using Path = std::vector<std::string>;
using Keys = std::map<std::string, Path>;  // variable, without prefix -> where its value goes

// The keys of an object that hold one value, down through its objects.
void collect(const Json& root, const Json& schema_or_ref, const Path& path, Keys* keys) {
  const Json* schema = follow_ref(root, schema_or_ref);
  const Json* properties = schema == nullptr ? nullptr : keyword(*schema, "properties");
  if (properties != nullptr) {
    for (const auto& [key, property] : properties->items()) {
      Path deeper = path;
      deeper.push_back(key);
      collect(root, property, deeper, keys);
    }
    return;
  }
  // Instances, and what their plugins' schemas say, come under names of their own.
  if (path.empty() || path.back() == "instances" || path.back() == "config") return;
  keys->emplace(variable_name(join(path, "_")), path);
}

Keys keys_of(const Json& root, const Json& schema) {
  Keys keys;
  collect(root, schema, {}, &keys);
  return keys;
}

struct Named {
  std::string prefix;  // "CB_PROD_"
  Path path;           // {"instances", "0"}
  const Json* value;
};

std::vector<Named> named_instances(const Json& tree) {
  std::vector<Named> out;
  const Json* instances = json_at(tree, "/instances");
  if (instances == nullptr || !instances->is_array()) return out;
  for (size_t i = 0; i < instances->size(); ++i)
    if (const std::string name = text_at((*instances)[i], "name"); !name.empty())
      out.push_back(
          {variable_name(name) + "_", {"instances", std::to_string(i)}, &(*instances)[i]});
  return out;
}

// The setting that "API_ID" means: one that is there under any spelling, else the lower-case one.
std::string setting_of(const Json& instance, std::string_view variable) {
  if (const Json* config = json_at(instance, "/config"); config != nullptr && config->is_object())
    for (const auto& [key, value] : config->items())
      if (variable_name(key) == variable) return key;
  return to_lower(variable);
}

// Every place that "CB_PROD_CONFIG_API_ID" can mean. More than one, when the names of two instances
// differ only in what a variable cannot show.
std::vector<Path> places_of(std::string_view variable, const std::vector<Named>& instances,
                            const Keys& keys) {
  std::vector<Path> out;
  for (const Named& instance : instances) {
    if (variable.rfind(instance.prefix, 0) != 0) continue;
    const std::string rest(variable.substr(instance.prefix.size()));
    Path path = instance.path;
    if (const auto key = keys.find(rest); key != keys.end()) {
      path.insert(path.end(), key->second.begin(), key->second.end());
    } else if (rest.rfind(kConfig, 0) == 0 && rest.size() > kConfig.size()) {
      path.push_back("config");
      path.push_back(setting_of(*instance.value, std::string_view(rest).substr(kConfig.size())));
    } else {
      continue;
    }
    out.push_back(std::move(path));
  }
  return out;
}

std::string unknown(const std::string& variable, const Keys& host_keys, const Keys& instance_keys,
                    const std::vector<Named>& instances) {
  std::vector<std::string> known;
  for (const auto& [key, path] : host_keys) known.push_back(std::string(kPrefix) + key);
  for (const Named& instance : instances)
    for (const auto& [key, path] : instance_keys)
      known.push_back(std::string(kInstance) + instance.prefix + key);
  const std::string near = nearest_key(variable, known);
  return "the environment variable " + printable(variable, 100) + " names nothing and is ignored" +
         (near.empty() ? std::string() : "; did you mean " + near + "?");
}

}  // namespace

Environment take_environment(char** environ) {
  Environment out;
  if (environ == nullptr) return out;
  for (char** at = environ; *at != nullptr; ++at) {
    char* const equals = std::strchr(*at, '=');
    if (equals == nullptr) continue;
    out.emplace(std::string(*at, equals), equals + 1);  // the first of two wins, as in getenv
    wipe(equals + 1, std::strlen(equals + 1));
  }
  *environ = nullptr;
  return out;
}

std::string variable(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string variable_name(std::string_view key) {
  std::string out(key);
  for (char& c : out) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (lower) c = static_cast<char>(c - 'a' + 'A');
    if (!lower && !kept) c = '_';
  }
  return out;
}

std::vector<std::string> apply_environment(const Environment& environment, const Json& host_schema,
                                           ConfigTree* tree) {
  const Keys host_keys = keys_of(host_schema, host_schema);
  const Json* instance_schema = json_at(host_schema, "/properties/instances/items");
  Keys instance_keys = instance_schema == nullptr ? Keys() : keys_of(host_schema, *instance_schema);
  instance_keys.erase("NAME");  // it is what the variable goes by
  std::vector<std::string> warnings;
  for (const auto& [variable, value] : environment) {
    // An empty variable is as good as none.
    if (variable.rfind(kPrefix, 0) != 0 || value.empty()) continue;
    // Anew for each: a value that was set may have moved the others.
    const std::vector<Named> instances = named_instances(tree->root());
    std::vector<Path> places;
    if (const auto key = host_keys.find(variable.substr(kPrefix.size())); key != host_keys.end()) {
      places.push_back(key->second);
    } else if (variable.rfind(kInstance, 0) == 0) {
      places =
          places_of(std::string_view(variable).substr(kInstance.size()), instances, instance_keys);
    }
    if (places.empty()) warnings.push_back(unknown(variable, host_keys, instance_keys, instances));
    if (places.size() > 1)
      warnings.push_back("the environment variable " + printable(variable, 100) +
                         " can mean more than one instance and is ignored");
    if (places.size() == 1)
      tree->set(places.front(), std::string(cut_ends(value)), "environment " + variable);
  }
  return warnings;
}

}  // namespace tq
