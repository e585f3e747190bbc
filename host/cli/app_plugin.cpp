// SPDX-License-Identifier: Apache-2.0
// The commands about a plugin's files, as the command line knows them.
#include "cli/app_commands.hpp"

namespace tq {

void add_plugin(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* plugin = app.add_subcommand("plugin", "the files of a plugin, and which one is used")
                         ->require_subcommand(1);
  plugin->footer("example: tqhost plugin history cb_edr");

  CLI::App* history =
      plugin->add_subcommand("history", "its files and kept copies, and how they started");
  history->add_option("PLUGIN", args.plugin.plugin, "its id, as list shows it")->required();
  history->add_flag("--json", args.plugin.json, "as JSON");
  history->footer("example: tqhost plugin history cb_edr");
  history->callback([&] {
    action = [&](const CommandContext& c) { return plugin_history_command(c, args.plugin); };
  });

  CLI::App* use = plugin->add_subcommand(
      "use", "pins it to one file, whatever is dropped; newest takes the pin back");
  use->add_option("PLUGIN", args.plugin.plugin, "its id, as list shows it")->required();
  use->add_option("DIGEST", args.plugin.digest, "how history's digest begins, or newest")
      ->required();
  use->footer("example: tqhost plugin use cb_edr 3f9a0c51b2d4");
  use->callback([&] {
    action = [&](const CommandContext& c) { return plugin_use_command(c, args.plugin); };
  });
}

}  // namespace tq
