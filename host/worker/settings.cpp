// SPDX-License-Identifier: Apache-2.0
#include "worker/settings.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "schema/own_secrets.hpp"

namespace tq {
namespace {

// "tqhost.json:12", where the setting stands; for one that is missing, what it is missing from.
std::string place_of(const HostConfig& config, const InstanceConfig& instance,
                     std::string_view setting) {
  size_t index = 0;
  while (index < config.instances.size() && config.instances[index].name != instance.name) ++index;
  const std::string root = "/instances/" + std::to_string(index);
  for (std::string at = root + "/config" + std::string(setting); at.size() >= root.size();
       at.erase(at.rfind('/'))) {
    const auto found = config.origins.find(at);
    if (found != config.origins.end()) return found->second;
  }
  return instance.file.empty() ? instance.name : instance.file;
}

// The top-level key of a pointer: "/api_id" and "/api_id/0" -> "api_id".
std::string key_of(std::string_view pointer) {
  if (pointer.empty()) return {};
  return std::string(pointer.substr(1, pointer.find('/', 1) - 1));
}

// What the form calls a setting.
std::string label_of(const PluginSchema& schema, const std::string& key) {
  const Json* const property = json_at(schema.json(), "/properties/" + key);
  const std::string title = property == nullptr ? "" : text_at(*property, "title");
  return title.empty() ? key : title;
}

// Whose problem it is: the form's, unless the file has the setting.
bool is_forms(const std::string& key, const InstanceConfig& instance,
              const std::set<std::string>* from_form) {
  return from_form != nullptr && (from_form->count(key) != 0 || !instance.config.contains(key));
}

Error error_of(const std::vector<Problem>& problems, const PluginSchema& schema,
               const HostConfig& config, const InstanceConfig& instance,
               const std::set<std::string>* from_form) {
  const std::string whose =
      from_form == nullptr ? "its configuration" : "its configuration in ThreatQ";
  Error error{Status::kConfig,
              problems.size() == 1
                  ? whose + " has a problem:"
                  : whose + " has " + std::to_string(problems.size()) + " problems:"};
  for (const Problem& problem : problems) {
    const std::string key = key_of(problem.pointer);
    error.message += "\n  ";
    if (!key.empty() && is_forms(key, instance, from_form)) {
      error.message += label_of(schema, key) + " " + problem.message;
    } else {
      error.message += place_of(config, instance, problem.pointer) + ": " +
                       (problem.pointer.empty() ? "the configuration" : problem.pointer) + " " +
                       problem.message;
    }
  }
  error.field = problems.front().pointer;
  return error;
}

// Takes the value at a pointer out of the tree. In a list it leaves null behind, so that the
// others keep their places.
void remove_at(Json& root, const std::string& pointer) {
  const size_t slash = pointer.rfind('/');
  if (slash == std::string::npos) return;
  auto* const value = const_cast<Json*>(json_at(root, pointer));
  auto* const parent = const_cast<Json*>(json_at(root, std::string_view(pointer).substr(0, slash)));
  if (value == nullptr || parent == nullptr) return;
  *value = nullptr;
  if (!parent->is_object()) return;
  for (auto member = parent->begin(); member != parent->end(); ++member)
    if (&*member == value) {
      parent->erase(member);
      return;
    }
}

}  // namespace

std::string setting_label(const PluginSchema& schema, const std::string& pointer) {
  return label_of(schema, key_of(pointer));
}

Result<InstanceSettings> read_settings(const PluginSchema& schema, const InstanceConfig& instance,
                                       const HostConfig& config, const Environment& environment,
                                       const std::set<std::string>* from_form) {
  PluginSettings applied;
  const std::vector<Problem> problems = schema.apply(instance.config, &applied);
  if (!problems.empty()) return error_of(problems, schema, config, instance, from_form);

  InstanceSettings out;
  for (const std::string& pointer : applied.secrets) {
    const Json* const value = json_at(applied.values, pointer);
    if (value == nullptr || value->is_null()) continue;
    const std::string key = key_of(pointer);
    const SecretRef ref{*value, is_forms(key, instance, from_form)
                                    ? "ThreatQ's form: " + label_of(schema, key)
                                    : place_of(config, instance, pointer) + ": " + pointer};
    const auto allowed = check_setting_reference(ref, config);
    auto secret =
        allowed ? resolve_secret(ref, config, environment) : Result<Secret>(allowed.error());
    if (!secret) {
      Error error = std::move(secret.error());
      error.field = pointer;
      return error;
    }
    out.secrets.emplace(pointer, secret.take());
  }
  out.values = std::move(applied.values);
  for (const std::string& pointer : applied.secrets) remove_at(out.values, pointer);
  return out;
}

}  // namespace tq
