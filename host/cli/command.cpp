// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <ostream>
#include <sstream>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "schedule/schedule.hpp"
#include "worker/offer.hpp"

namespace tq {
namespace {

constexpr size_t kPathBytesMost = 4096;

}  // namespace

Exit fail(const CommandContext& context, const Error& error) {
  std::istringstream lines(error.message);
  for (std::string line; std::getline(lines, line);) context.err << "tqhost: " << line << '\n';
  return exit_of(error.status, /*before_work=*/true, /*dead_letters=*/false);
}

Exit fail_usage(const CommandContext& context, const std::string& message) {
  return fail(context, {Status::kConfig, message});
}

Result<HostConfig> load_config(const CommandContext& context) {
  auto config = load_host_config(context.sources);
  if (config)
    for (const std::string& warning : config->warnings)
      context.err << "tqhost: warning: " << warning << '\n';
  return config;
}

Result<Registry> look_for_plugins(const HostConfig& config, AskLoader ask) {
  return find_plugins(config.plugins_dir, host_offer(),
                      {config.state_dir, LoaderCheck::start, ask == AskLoader::kUnlessItRan});
}

Result<Registry> load_registry(const CommandContext& context, const HostConfig& config,
                               AskLoader ask) {
  auto registry = look_for_plugins(config, ask);
  if (registry)
    for (const std::string& warning : registry->warnings)
      context.err << "tqhost: warning: " << warning << '\n';
  return registry;
}

Result<FoundPlugin> find_plugin(const Registry& registry, const HostConfig& config,
                                const std::string& id) {
  if (const FoundPlugin* plugin = registry.find(id)) return *plugin;
  std::string message =
      "there is no plugin \"" + printable(id) + "\" in " + config.plugins_dir.string();
  for (const RefusedFile& refused : registry.refused)
    if (refused.file.stem() == id)
      return Error{Status::kConfig, message + "; " +
                                        printable(refused.file.string(), kPathBytesMost) +
                                        " was refused: " + refused.reason};
  std::vector<std::string> ids;
  for (const FoundPlugin& plugin : registry.plugins) ids.push_back(plugin.manifest.id);
  message += ids.empty() ? "; no plugin was found there: copy its .so into that folder"
                         : "; there are: " + join(ids, ", ");
  return Error{Status::kConfig, std::move(message)};
}

Result<std::shared_ptr<const PluginSchema>> schema_of(const FoundPlugin& plugin) {
  return PluginSchema::parse(plugin.schema, plugin.manifest.id + "'s schema");
}

Result<void> check_schedule(const InstanceConfig& instance) {
  auto schedule = Schedule::parse(instance.schedule);
  if (schedule) return {};
  return std::move(schedule.error()).in(instance.name + ": schedule");
}

Result<InstanceConfig> find_instance(const HostConfig& config, const std::string& name) {
  if (const InstanceConfig* instance = config.find(name)) return *instance;
  std::vector<std::string> names;
  for (const InstanceConfig& instance : config.instances) names.push_back(instance.name);
  std::string message = "there is no instance \"" + printable(name) + "\"";
  if (names.empty()) {
    message +=
        "; none is configured in " + (config.file.empty() ? "any file" : config.file.string());
  } else if (const std::string near = nearest(name, names); !near.empty()) {
    message += "; did you mean \"" + near + "\"?";
  } else {
    message += "; there are: " + join(names, ", ");
  }
  return Error{Status::kConfig, std::move(message)};
}

}  // namespace tq
