// SPDX-License-Identifier: Apache-2.0
// The commands as the command line knows them: names, options, help. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/commands/plugin.hpp"
#include "cli/control.hpp"
#include "cli/deadletter.hpp"

namespace tq {

// What the options of all commands are read into; lives as long as the parser.
struct Arguments {
  bool json = false;
  std::string name;
  std::string format = "json-schema", shell = "bash";
  std::vector<std::string> names;
  bool all = false;
  ConfigureOptions configure;
  ControlOptions control;
  LogsOptions logs;
  PluginOptions plugin;
  RemoveOptions remove;
  RunOptions run;
  SecretOptions secret;
  StateOptions state;
  VerifyOptions verify;
  WhyOptions why;
  std::string historical;
};

// The options that all commands have, before or behind the command.
struct Globals {
  std::string config, plugins_dir, state_dir;
  std::string log_level = "info";
  std::string log_format = "text";
};

using Action = std::function<Exit(const CommandContext&)>;

// The files of a plugin.
void add_plugin(CLI::App& app, Arguments& args, Action& action);

// run-forever and the words to it.
void add_supervisor(CLI::App& app, Arguments& args, Action& action);

// The whole command line. Parsing sets `action` to what it asks for; all three outlive the parser.
std::unique_ptr<CLI::App> make_app(Globals& globals, Arguments& args, Action& action);

}  // namespace tq
