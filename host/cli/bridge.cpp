// SPDX-License-Identifier: Apache-2.0
#include "cli/bridge.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

#include "cli/version.hpp"
#include "core/text.hpp"
#include "schema/bridge_ini.hpp"
#include "schema/secret_ref.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

// The guide's file, and that of the versions after it.
constexpr std::array kFiles = {
    "/etc/cb/integrations/cb_threatconnect_bridge/cb_threatconnect_bridge.conf",
    "/etc/cb/integrations/threatconnect/connector.conf",
};

struct Command {
  std::string_view name;
  size_t values = 0;  // that stand behind it
  bool reads_file = true;
};
constexpr std::array<Command, 6> kCommands = {{{"start"},
                                               {"stop", 0, false},
                                               {"restart"},
                                               {"status", 0, false},
                                               {"version", 0, false},
                                               {"write", 1}}};

Result<Command> find_command(const std::vector<std::string>& words) {
  if (words.empty()) return Error{Status::kConfig, "a command is missing"};
  const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                  [&](const Command& one) { return one.name == words.front(); });
  if (found == kCommands.end())
    return Error{Status::kConfig, "\"" + printable(words.front(), 60) + "\" is no command"};
  if (words.size() < 1 + found->values)
    return Error{Status::kConfig, std::string(found->name) + " needs a file's name"};
  if (words.size() > 1 + found->values)
    return Error{Status::kConfig, "\"" + printable(words[1 + found->values], 60) +
                                      "\" is more than " + std::string(found->name) + " takes"};
  return *found;
}

// The guide's when none is there, for the message.
fs::path config_file(const GuideOptions& options) {
  if (options.config) return *options.config;
  std::error_code error;
  for (const char* file : kFiles)
    if (fs::exists(file, error)) return file;
  return kFiles.front();
}

Result<void> read_config(const CommandContext& context, const GuideOptions& options) {
  const fs::path file = config_file(options);
  TQ_ASSIGN(const BridgeIni ini, read_bridge_ini(file));
  for (const std::string& warning : ini.warnings)
    context.err << "tqhost: warning: " << warning << '\n';
  // The original read a file of any mode; an upgrade must not stop at it.
  if (ini.config.contains("secret_key"))
    if (const auto checked = check_private(file, "holds a secret"); !checked)
      context.err << "tqhost: warning: " << checked.error().message << '\n';
  return {};
}

// The one place that says what is not here yet.
Exit not_here_yet(const CommandContext& context, std::string_view command) {
  return fail_usage(context,
                    std::string(command) +
                        " needs the plugin threatconnect, which this version of tqhost does "
                        "not have; nothing was done");
}

}  // namespace

Exit bridge_command(const CommandContext& context, const GuideOptions& options,
                    std::string_view program) {
  const auto command = find_command(options.words);
  if (!command) {
    context.err << guide_usage(OptionSet::kBridge, program) << '\n';
    return fail(context, command.error());
  }
  if (command->name == "version") {
    context.out << version_text() << '\n';
    return Exit::kDone;
  }
  if (command->reads_file)
    if (const auto config = read_config(context, options); !config)
      return fail(context, config.error());
  return not_here_yet(context, command->name);
}

}  // namespace tq
