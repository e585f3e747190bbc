// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/command.hpp"
#include "core/world.hpp"
#include "schema/show.hpp"
#include "worker/kept_form.hpp"

namespace tq {
namespace {

// Settings that stand in ThreatQ's form, as the last run read them: this command asks nobody.
void put_kept_forms(const CommandContext& context, const std::string& only, HostConfig* config) {
  for (size_t i = 0; i < config->instances.size(); ++i) {
    InstanceConfig& instance = config->instances[i];
    const bool shown = only.empty() || only == instance.name;
    if (instance.config_source != ConfigSource::kThreatq || !shown) continue;
    const auto form = read_kept_form(*config, context.sources.environment, instance.name);
    if (!form) {
      context.err << "tqhost: note: the settings of " << instance.name
                  << " are in its form in ThreatQ, which no run has read yet\n";
      continue;
    }
    for (const auto& [key, value] : form->config.items()) {
      if (instance.config.contains(key)) continue;
      instance.config[key] = value;
      config->origins["/instances/" + std::to_string(i) + pointer_join("/config", key)] =
          "ThreatQ's form, read " + format_time_utc(form->taken_ms);
    }
  }
}

}  // namespace

Exit config_show_command(const CommandContext& context, const std::string& instance, bool json) {
  auto config = load_config(context);
  if (!config) return fail(context, config.error());
  if (!instance.empty())
    if (const auto known = find_instance(*config, instance); !known)
      return fail(context, known.error());
  put_kept_forms(context, instance, &*config);
  // A configuration is shown also when its plugins are not there.
  const auto registry = load_registry(context, *config);
  const SchemaLookup lookup = [&](const std::string& id) -> std::shared_ptr<const PluginSchema> {
    const FoundPlugin* plugin = registry ? registry->find(id) : nullptr;
    if (plugin == nullptr) return nullptr;
    auto schema = schema_of(*plugin);
    return schema ? schema.take() : nullptr;
  };
  context.out << show_config(*config, instance, json, lookup);
  return Exit::kDone;
}

}  // namespace tq
