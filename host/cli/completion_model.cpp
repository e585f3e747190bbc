// SPDX-License-Identifier: Apache-2.0
#include "cli/completion_model.hpp"

#include "core/text.hpp"

namespace tq {
namespace {

// "LEVEL:{debug,info}" -> {"debug", "info"}
std::vector<std::string> choices_of(const std::string& type) {
  const size_t open = type.find('{');
  const size_t close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return split_list(std::string_view(type).substr(open + 1, close - open - 1));
}

Takes takes_of(const std::string& word, bool has_choices) {
  if (has_choices) return Takes::kChoice;
  if (word == "FILE") return Takes::kFile;
  if (word == "DIR") return Takes::kFolder;
  if (word == "PLUGIN") return Takes::kPlugin;
  if (word == "INSTANCE") return Takes::kInstance;
  return word == "KEY=VALUE" ? Takes::kKey : Takes::kText;
}

CompletedArgument completed(const CLI::Option& option) {
  CompletedArgument out;
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  out.help = option.get_description();
  if (option.get_items_expected_max() == 0) return out;
  const std::string type = option.get_type_name();
  out.choices = choices_of(type);
  // An argument's name says what it is; an option's is followed by a word that does.
  const std::string word =
      out.names.empty() ? option.get_name(true) : type.substr(0, type.find(':'));
  out.takes = takes_of(word, !out.choices.empty());
  out.many = option.get_items_expected_max() > 1;
  return out;
}

void collect(const CLI::App& app, const std::string& path, std::vector<CompletedCommand>* out) {
  CompletedCommand command;
  command.path = path;
  command.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    CompletedArgument argument = completed(*option);
    (argument.names.empty() ? command.arguments : command.options).push_back(std::move(argument));
  }
  std::vector<const CLI::App*> inner;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!sub->get_group().empty()) inner.push_back(sub);
  for (const CLI::App* sub : inner) command.subcommands.push_back(sub->get_name());
  out->push_back(std::move(command));
  for (const CLI::App* sub : inner)
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
}

}  // namespace

std::vector<CompletedCommand> completed_commands(const CLI::App& app) {
  std::vector<CompletedCommand> out;
  collect(app, "", &out);
  return out;
}

}  // namespace tq
