// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "cli/command.hpp"
#include "cli/version.hpp"

namespace tq {
namespace {

// The options that stand before the command.
struct Globals {
  std::string config, plugins_dir, state_dir;
  std::string log_level = "info";
  std::string log_format = "text";
};

using Action = std::function<Exit(const CommandContext&)>;

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option("--config", globals.config, "the host's configuration file")->type_name("FILE");
  app.add_option("--plugins-dir", globals.plugins_dir, "where plugins are dropped")
      ->type_name("DIR");
  app.add_option("--state-dir", globals.state_dir, "where state, run records and copies live")
      ->type_name("DIR");
  app.add_option("--log-level", globals.log_level, "what goes to the log")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option("--log-format", globals.log_format, "how a log line looks: text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
}

// What the options of all commands are read into; lives as long as the parser.
struct Arguments {
  bool json = false;
  std::string name;
  std::string format = "json-schema";
  std::vector<std::string> names;
  RunOptions run;
  std::string historical;
  StateOptions state;
};

void add_inventory(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* list = app.add_subcommand(
      "list", "plugins found, files refused with the reason, configured instances");
  list->add_flag("--json", args.json, "as JSON");
  list->footer("example: tqhost list --json");
  list->callback(
      [&] { action = [&](const CommandContext& c) { return list_command(c, args.json); }; });

  CLI::App* describe =
      app.add_subcommand("describe", "one plugin: version, ABI, services, grants, settings");
  describe->add_option("PLUGIN", args.name, "its id, as list shows it")->required();
  describe->add_flag("--json", args.json, "as JSON");
  describe->footer("example: tqhost describe cb_edr");
  describe->callback([&] {
    action = [&](const CommandContext& c) { return describe_command(c, args.name, args.json); };
  });

  CLI::App* schema = app.add_subcommand("schema", "a plugin's settings, for other programs");
  schema->add_option("PLUGIN", args.name, "its id")->required();
  schema->add_option("--format", args.format, "json-schema")->capture_default_str();
  schema->footer("example: tqhost schema cb_edr --format json-schema");
  schema->callback([&] {
    action = [&](const CommandContext& c) { return schema_command(c, args.name, args.format); };
  });

  CLI::App* config = app.add_subcommand("config", "the configuration")->require_subcommand(1);
  config->footer("example: tqhost config show cb-prod");
  CLI::App* show =
      config->add_subcommand("show", "resolved and masked, each value with its origin");
  show->add_option("INSTANCE", args.name, "only this instance");
  show->add_flag("--json", args.json, "as JSON");
  show->footer("example: tqhost config show cb-prod");
  show->callback([&] {
    action = [&](const CommandContext& c) { return config_show_command(c, args.name, args.json); };
  });
}

void add_runs(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* check = app.add_subcommand(
      "check",
      "validates the configuration and tests every connection; changes nothing at a remote");
  check->add_option("INSTANCE", args.names, "all enabled instances if none is named");
  check->footer("example: tqhost check cb-prod");
  check->callback(
      [&] { action = [&](const CommandContext& c) { return check_command(c, args.names); }; });

  CLI::App* run = app.add_subcommand("run-once", "runs instances once, side by side");
  run->add_option("INSTANCE", args.run.instances, "all enabled instances if none is named");
  run->add_flag("--dry-run", args.run.dry_run, "shows what would change, and changes nothing");
  run->add_flag("--full", args.run.full,
                "sends everything, and deletes even if that is more than half");
  run->add_flag(
      "--adopt", args.run.adopt,
      "takes over what has the configured name at the remote, and replaces what it holds");
  run->add_flag("--strict", args.run.strict, "a disabled instance is refused (exit 4)");
  run->add_flag("--no-differential", args.run.no_differential,
                "sends everything and records nothing; for tests only");
  run->add_option("--historical", args.historical,
                  "start date, for plugins that search from a date")
      ->type_name("DATE");
  run->footer("example: tqhost run-once cb-prod --dry-run");
  run->callback([&] {
    if (!args.historical.empty()) args.run.historical = args.historical;
    action = [&](const CommandContext& c) { return run_once_command(c, args.run); };
  });
}

void add_state(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* state =
      app.add_subcommand("state", "what an instance remembers")->require_subcommand(1);
  state->footer("example: tqhost state ls cb-prod");
  const auto add = [&](const char* name, const char* help, const char* argument,
                       const char* argument_help, const char* example) {
    CLI::App* command = state->add_subcommand(name, help);
    command->add_option("INSTANCE", args.state.instance, "the instance")->required();
    if (argument != nullptr)
      command->add_option(argument, args.state.argument, argument_help)->required();
    command->footer(std::string("example: tqhost state ") + example);
    command->callback([&args, &action, name] {
      args.state.action = name;
      action = [&args](const CommandContext& c) { return state_command(c, args.state); };
    });
    return command;
  };
  add("ls", "its keys, with the size of each value", nullptr, nullptr, "ls cb-prod");
  add("get", "one value", "KEY", "the key, as ls shows it", "get cb-prod feed/id");
  add("export", "everything, as JSON lines on standard output", nullptr, nullptr,
      "export cb-prod > cb-prod.jsonl");
  add("import", "replaces everything by an export, all or nothing", "FILE", "what export wrote",
      "import cb-prod cb-prod.jsonl");
  add("backup", "a consistent copy of the database, also while the instance runs", "FILE",
      "a new file", "backup cb-prod cb-prod.db");
  add("reset", "forgets everything, as before the first run", nullptr, nullptr,
      "reset cb-prod --yes")
      ->add_flag("--yes", args.state.yes, "needed: what is forgotten cannot be had back");
}

Level level_of(const std::string& name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warning") return Level::kWarning;
  return name == "error" ? Level::kError : Level::kInfo;
}

}  // namespace

int run_command_line(int argc, char** argv, Environment environment, std::ostream& out,
                     std::ostream& err) {
  CLI::App app("tqhost: loads threat-intelligence connectors and runs them", "tqhost");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text());
  app.footer("example: tqhost --config /etc/tqhost/tqhost.json run-once cb-prod");
  Globals globals;
  Arguments args;
  Action action;
  add_globals(app, globals);
  add_inventory(app, args, action);
  add_runs(app, args, action);
  add_state(app, args, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error, out, err);
    return status == 0 ? 0 : static_cast<int>(Exit::kUsage);
  }

  CommandContext context{{}, level_of(globals.log_level), globals.log_format == "json", out, err};
  context.sources.environment = std::move(environment);
  if (!globals.config.empty()) context.sources.file = globals.config;
  if (!globals.plugins_dir.empty()) context.sources.plugins_dir = globals.plugins_dir;
  if (!globals.state_dir.empty()) context.sources.state_dir = globals.state_dir;
  return static_cast<int>(action(context));
}

}  // namespace tq
