// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/command.hpp"
#include "schema/show.hpp"

namespace tq {

Exit config_show_command(const CommandContext& context, const std::string& instance, bool json) {
  const auto config = load_config(context);
  if (!config) return fail(context, config.error());
  if (!instance.empty())
    if (const auto known = find_instance(*config, instance); !known)
      return fail(context, known.error());
  // A configuration is shown also when its plugins are not there.
  const auto registry = load_registry(*config);
  const SchemaLookup schema_of = [&](const std::string& id) -> std::shared_ptr<const PluginSchema> {
    const FoundPlugin* plugin = registry ? registry->find(id) : nullptr;
    if (plugin == nullptr) return nullptr;
    auto schema = PluginSchema::parse(plugin->schema, id + "'s schema");
    return schema ? schema.take() : nullptr;
  };
  context.out << show_config(*config, instance, json, schema_of);
  return Exit::kDone;
}

}  // namespace tq
