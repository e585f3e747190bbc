// SPDX-License-Identifier: Apache-2.0
// complete: names for completion scripts.
#include <ostream>

#include "cli/command.hpp"
#include "worker/offer.hpp"

namespace tq {

Exit complete_command(const CommandContext& context, const std::string& kind) {
  const auto config = load_host_config(context.sources);
  if (!config) return Exit::kDone;
  if (kind == "instances") {
    for (const InstanceConfig& instance : config->instances) context.out << instance.name << '\n';
    return Exit::kDone;
  }
  const auto registry =
      find_plugins(config->plugins_dir, host_offer(), {config->state_dir, {}, false});
  if (!registry) return Exit::kDone;
  for (const FoundPlugin& plugin : registry->plugins) context.out << plugin.manifest.id << '\n';
  return Exit::kDone;
}

}  // namespace tq
