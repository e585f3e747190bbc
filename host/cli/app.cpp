// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include <iostream>
#include <sstream>

#include "cli/app_commands.hpp"
#include "core/nearest.hpp"
#include "core/shown.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

Level level_of(const std::string& name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warning") return Level::kWarning;
  return name == "error" ? Level::kError : Level::kInfo;
}

// `tqhost rnu-once`: the parser only misses a command, and knows nothing of the word in its place.
std::string unknown_command(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) known.push_back(command->get_name());
  const std::vector<std::string> words = at->remaining();
  if (known.empty() || words.empty() || words.front().front() == '-') return {};
  const std::string near = nearest(words.front(), known);
  return "tqhost: \"" + printable(words.front()) + "\" is no command" +
         (near.empty() ? "; there are: " + join(known, ", ") : "; did you mean " + near + "?");
}

// What the parser says of a wrong call, with each argument in one line.
int tell(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words,
         std::ostream& out, std::ostream& err) {
  std::ostringstream result, message;
  const int status = app.exit(error, result, message);
  std::string text = message.str();
  for (const std::string& word : words)
    if (const std::string safe = shown(word); safe != word)
      for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at))
        text.replace(at, word.size(), safe);
  out << result.str();
  err << text;
  return status;
}

}  // namespace

int run_command_line(int argc, char** argv, Environment environment, std::ostream& out,
                     std::ostream& err) {
  Globals globals;
  Arguments args;
  Action action;
  const auto app = make_app(globals, args, action);
  const std::vector<std::string> words(argv, argv + argc);
  try {
    app->parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (const std::string message = unknown_command(*app); !message.empty()) {
      err << message << '\n';
    } else {
      tell(*app, error, words, out, err);
    }
    return static_cast<int>(Exit::kUsage);
  } catch (const CLI::ParseError& error) {
    const int status = tell(*app, error, words, out, err);
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
