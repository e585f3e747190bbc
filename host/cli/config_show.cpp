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
  context.out << show_config(*config, instance, json);
  return Exit::kDone;
}

}  // namespace tq
