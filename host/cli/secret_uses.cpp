// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_uses.hpp"

#include "cli/command.hpp"
#include "schema/own_secrets.hpp"

namespace tq {
namespace {

class Finder {
 public:
  Finder(const HostConfig& config, const Registry& registry)
      : config_(config), registry_(registry) {}

  SecretUses find() {
    if (config_.threatq) add(*config_.threatq);
    for (size_t i = 0; i < config_.instances.size(); ++i) {
      const InstanceConfig& instance = config_.instances[i];
      if (instance.threatq) add(*instance.threatq);
      add_settings(instance, "/instances/" + std::to_string(i) + "/config");
      // No file names these: the pair that ThreatQ gave.
      out_.names.insert(oauth_id_secret(instance.name));
      out_.names.insert(oauth_key_secret(instance.name));
      out_.names.insert(oauth_owner_secret(instance.name));
    }
    return std::move(out_);
  }

 private:
  // Only the name of a reference may be shown: other texts here are secrets.
  void add(const SecretRef& ref) {
    if (!ref.value.is_object() || ref.value.size() != 1) return;
    const auto name = ref.value.find("secret");
    if (name == ref.value.end() || !name->is_string()) return;
    out_.named.emplace(ref.place, ref);
    out_.names.insert(name->get<std::string>());
  }

  void add(const ThreatqConfig& threatq) {
    for (const SecretRef* ref : {&threatq.password, &threatq.oauth_id, &threatq.oauth_secret})
      add(*ref);
  }

  void add_settings(const InstanceConfig& instance, const std::string& root) {
    const FoundPlugin* const plugin = registry_.find(instance.plugin);
    if (plugin == nullptr) {
      out_.unknown.push_back(instance.name);
      return;
    }
    const auto schema = schema_of(*plugin);
    if (!schema) {
      out_.unknown.push_back(instance.name);
      return;
    }
    PluginSettings settings;
    // What is wrong with the settings, check and run-once tell.
    static_cast<void>((*schema)->apply(instance.config, &settings));
    for (const std::string& pointer : settings.secrets) {
      const Json* const value = json_at(settings.values, pointer);
      if (value == nullptr) continue;
      std::string place = place_of(instance, root + pointer);
      const SecretRef ref{*value, place.append(": ").append(pointer)};
      add(ref);
      if (auto allowed = check_setting_reference(ref, config_); !allowed)
        out_.problems.push_back(std::move(allowed.error()));
    }
  }

  std::string place_of(const InstanceConfig& instance, const std::string& pointer) const {
    const auto found = config_.origins.find(pointer);
    return found == config_.origins.end() ? instance.file : found->second;
  }

  const HostConfig& config_;
  const Registry& registry_;
  SecretUses out_;
};

}  // namespace

SecretUses find_secret_uses(const HostConfig& config, const Registry& registry) {
  return Finder(config, registry).find();
}

}  // namespace tq
