// SPDX-License-Identifier: Apache-2.0
// What a shell has to know of the command line to complete it, taken from the parser itself.
// Values; one thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tq {

enum class Takes { kNothing, kText, kFile, kFolder, kPlugin, kInstance, kKey, kChoice };

struct CompletedArgument {
  std::vector<std::string> names;  // "--config", "-n"; an argument without dashes has none
  std::string help;
  Takes takes = Takes::kNothing;
  std::vector<std::string> choices;
  bool many = false;  // may be given more than once
};

struct CompletedCommand {
  std::string path;  // "state ls"; empty: before any command
  std::string help;
  std::vector<CompletedArgument> options, arguments;
  std::vector<std::string> subcommands;
};

// The root first, each command before its subcommands. What the help does not show is left out.
std::vector<CompletedCommand> completed_commands(const CLI::App& app);

}  // namespace tq
