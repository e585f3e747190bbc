// SPDX-License-Identifier: Apache-2.0
// The commands around run-forever, as the command line knows them.
#include "cli/app_commands.hpp"

namespace tq {

namespace {

void add_dead_letters(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* letters =
      app.add_subcommand("deadletter", "what remotes refused")->require_subcommand(1);
  letters->footer("example: tqhost deadletter ls cb-prod");
  const auto add = [&](const char* name, const char* help, const std::string& example) {
    CLI::App* command = letters->add_subcommand(name, help);
    command->add_option("INSTANCE", args.name, "the instance")->required();
    command->footer("example: tqhost deadletter " + example);
    command->callback([&args, &action, name] {
      action = [&args, name](const CommandContext& c) {
        return deadletter_command(c, name, args.name, args.names, args.all, args.json);
      };
    });
    return command;
  };
  const auto with_ids = [&](CLI::App* command) {
    command->add_option("ID", args.names, "which, as ls shows them");
    command->add_flag("--all", args.all, "all of them");
    return command;
  };
  const auto with_json = [&](CLI::App* command) {
    command->add_flag("--json", args.json, "as JSON");
    return command;
  };
  with_json(add("ls", "a line each, newest first", "ls cb-prod"));
  with_json(with_ids(add("show", "all that is known of them", "show cb-prod 3")));
  with_ids(add("retry", "lets the next run offer them again", "retry cb-prod --all"));
  with_ids(add("drop", "forgets them", "drop cb-prod 3"));
}

}  // namespace

void add_supervisor(CLI::App& app, Arguments& args, Action& action) {
  CLI::App* forever = app.add_subcommand(
      "run-forever", "runs every enabled instance on its schedule, until it is asked to end");
  forever->add_option("--pid-file", args.name, "keeps the process id there")->type_name("FILE");
  forever->footer("example: tqhost run-forever");
  forever->callback(
      [&] { action = [&](const CommandContext& c) { return run_forever_command(c, args.name); }; });

  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("INSTANCE", args.control.instance, "the instance")->required();
    command->footer(std::string("example: tqhost ") + name + " cb-prod");
    command->callback([&args, &action, name] {
      args.control.command = name;
      action = [&args](const CommandContext& c) { return control_command(c, args.control); };
    });
    return command;
  };
  add("start", "lets an instance run that was stopped, was paused or has failed");
  add("stop", "ends its run in order and lets it run no more, until start")
      ->add_option("--wait", args.control.wait_s, "how long to wait for its end, in seconds")
      ->type_name("SECONDS")
      ->capture_default_str();
  add("restart", "ends its run in order and begins a new one");
  CLI::App* trigger = add("trigger", "begins a run now, whatever the schedule says");
  trigger->add_flag("--full", args.control.full,
                    "sends everything, and deletes even if that is more than half");
  trigger->add_flag(
      "--adopt", args.control.adopt,
      "takes over what has the configured name at the remote, and replaces what it holds");
  trigger->add_flag("--dry-run", args.control.dry_run,
                    "writes to its log what would change, and changes nothing");
  CLI::App* reload = app.add_subcommand(
      "reload", "the supervisor reads the configuration again; says what is wrong with it");
  reload->footer("example: tqhost reload");
  reload->callback([&] { action = [](const CommandContext& c) { return reload_command(c); }; });
  add_dead_letters(app, args, action);
  add("pause", "lets its run go on and begins no other, until start")
      ->add_option("--for", args.control.pause_for,
                   "how long: 30m, 12h, 7d; then it goes on by itself")
      ->type_name("DURATION");
}

}  // namespace tq
