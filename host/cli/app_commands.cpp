// SPDX-License-Identifier: Apache-2.0
#include "cli/app_commands.hpp"

#include "cli/version.hpp"

namespace tq {
namespace {

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

  CLI::App* schema = app.add_subcommand("schema", "settings, for people and other programs");
  schema->add_option("PLUGIN", args.name, "a plugin's id, or host for the host file's settings")
      ->required();
  schema->add_option("--format", args.format, "what for")
      ->check(CLI::IsMember({"json-schema", "threatq-ui", "markdown", "env", "completion"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  schema->add_option("--shell", args.shell, "of --format completion")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL")
      ->capture_default_str();
  schema->footer("example: tqhost schema cb_edr --format markdown");
  schema->callback([&] {
    action = [&](const CommandContext& c) {
      return schema_command(c, args.name, args.format, args.shell);
    };
  });

  // For completion scripts only, which ask while somebody types.
  CLI::App* complete = app.add_subcommand("complete", "names, a line each")->group("");
  complete->add_option("KIND", args.name, "plugins or instances")
      ->check(CLI::IsMember({"plugins", "instances"}))
      ->required();
  complete->callback(
      [&] { action = [&](const CommandContext& c) { return complete_command(c, args.name); }; });

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
  run->add_flag("--external-proxy", args.run.external_proxy,
                "the internet side goes through the proxy that is set in ThreatQ's UI");
  run->add_flag("--debugger", args.run.debugger, "each worker waits until a debugger is attached");
  run->add_option("--historical", args.historical,
                  "start date, for plugins that search from a date")
      ->type_name("DATE");
  run->footer("example: tqhost run-once cb-prod --dry-run");
  run->callback([&] {
    if (!args.historical.empty()) args.run.historical = args.historical;
    action = [&](const CommandContext& c) { return run_once_command(c, args.run); };
  });

  CLI::App* verify = app.add_subcommand(
      "verify", "what stands at the remote against what the state says; changes nothing there");
  verify->add_option("INSTANCE", args.verify.instances,
                     "all enabled instances that can be verified if none is named");
  verify->add_flag("--repair", args.verify.repair,
                   "then runs, and writes again what is missing or different");
  verify->add_flag("--json", args.verify.json, "as JSON");
  verify->footer("example: tqhost verify cb-prod");
  verify->callback(
      [&] { action = [&](const CommandContext& c) { return verify_command(c, args.verify); }; });
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

void add_operator(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* configure = app.add_subcommand(
      "configure", "asks for what an instance needs, tries it, registers it in ThreatQ");
  configure->add_option("INSTANCE", args.configure.instance, "its name, new or known")->required();
  configure->add_option("--plugin", args.configure.plugin, "the plugin's id; for a new instance")
      ->type_name("PLUGIN");
  configure
      ->add_option("--set", args.configure.settings, "a value, instead of a prompt; repeatable")
      ->type_name("KEY=VALUE");
  configure->add_option("--from", args.configure.from, "a JSON file of values")->type_name("FILE");
  configure->footer(
      "example: tqhost configure cb-prod --plugin cb_edr --set threatq.host=tq.example.com");
  configure->callback([&] {
    action = [&](const CommandContext& c) { return configure_command(c, args.configure); };
  });

  CLI::App* why = app.add_subcommand("why", "one indicator: what was done with it, by which rule");
  why->add_option("INSTANCE", args.why.instance, "the instance")->required();
  why->add_option("VALUE", args.why.value, "the indicator's value")->required();
  why->add_option("--type", args.why.type, "its type in ThreatQ, when it is known")
      ->type_name("TYPE");
  why->footer("example: tqhost why cb-prod www.example.com");
  why->callback(
      [&] { action = [&](const CommandContext& c) { return why_command(c, args.why); }; });

  CLI::App* status =
      app.add_subcommand("status", "how the last runs went, and what needs a person");
  status->add_option("INSTANCE", args.name, "only this instance");
  status->add_flag("--json", args.json, "as JSON");
  status->footer("example: tqhost status cb-prod");
  status->callback([&] {
    action = [&](const CommandContext& c) { return status_command(c, args.name, args.json); };
  });

  CLI::App* logs = app.add_subcommand("logs", "the end of an instance's log");
  logs->add_option("INSTANCE", args.logs.instance, "the instance")->required();
  logs->add_flag("-f,--follow", args.logs.follow, "goes on with what is written from now on");
  logs->add_option("-n,--lines", args.logs.lines, "how many lines")->capture_default_str();
  logs->footer("example: tqhost logs -f cb-prod");
  logs->callback(
      [&] { action = [&](const CommandContext& c) { return logs_command(c, args.logs); }; });

  CLI::App* instance =
      app.add_subcommand("instance", "instances as a whole")->require_subcommand(1);
  instance->footer("example: tqhost instance remove cb-prod");
  CLI::App* remove = instance->add_subcommand(
      "remove", "forgets an instance: state, secrets, and the configuration that configure wrote");
  remove->add_option("INSTANCE", args.remove.instance, "the instance")->required();
  remove->add_flag("--purge-remote", args.remove.purge_remote,
                   "first deletes what the instance made at the remote");
  remove->add_flag("--yes", args.remove.yes, "does not ask");
  remove->footer("example: tqhost instance remove cb-prod --purge-remote --yes");
  remove->callback([&] {
    action = [&](const CommandContext& c) { return instance_remove_command(c, args.remove); };
  });
}

void add_secret(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* secret = app.add_subcommand("secret", "secrets at rest")->require_subcommand(1);
  secret->footer("example: tqhost secret set tq");
  const auto add = [&](const char* name, const char* help, const char* example) {
    CLI::App* command = secret->add_subcommand(name, help);
    command->footer(std::string("example: tqhost secret ") + example);
    command->callback([&args, &action, name] {
      args.secret.action = name;
      action = [&args](const CommandContext& c) { return secret_command(c, args.secret); };
    });
    return command;
  };
  add("set", "keeps one sealed; typed at the terminal, or from standard input", "set tq")
      ->add_option("NAME", args.secret.name, "what the configuration calls it: {\"secret\": NAME}")
      ->required();
  add("check", "opens every one, and looks for those that the configuration names", "check");
  add("rotate", "seals everything anew with a new key", "rotate");
}

}  // namespace

std::unique_ptr<CLI::App> make_app(Globals& globals, Arguments& args, Action& action) {
  auto app = std::make_unique<CLI::App>(
      "tqhost: loads threat-intelligence connectors and runs them", "tqhost");
  app->require_subcommand(1);
  app->fallthrough();  // the options of all commands may stand behind the command, too
  app->set_version_flag("--version", version_text());
  app->footer("example: tqhost --config /etc/tqhost/tqhost.json run-once cb-prod");
  add_globals(*app, globals);
  add_inventory(*app, args, action);
  add_operator(*app, args, action);
  add_plugin(*app, args, action);
  add_runs(*app, args, action);
  add_supervisor(*app, args, action);
  add_secret(*app, args, action);
  add_state(*app, args, action);
  return app;
}

}  // namespace tq
