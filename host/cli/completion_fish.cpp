// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

// $__tqhost_commands holds every command by its path, $__tqhost_valued every option that takes a
// value, as "PATH|OPTION"; $__tqhost_named those of them that name a file before any command.
constexpr const char* kFunctions = R"script(
# Goes through what is typed: the command that it has come to, or the options that name files.
function __tqhost_walk
    set -l words (commandline -opc)
    set -e words[1]
    set -l at ''
    set -l named
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if string match -q -- '-*' $word
            set -l option (string split -m 1 = -- $word)[1]
            set -l takes 0
            if test $option = $word; and set -q words[1]; and contains -- "$at|$word" $__tqhost_valued
                set takes 1
            end
            if contains -- "$at|$option" $__tqhost_named
                set -a named $word
                test $takes = 1; and set -a named $words[1]
            end
            test $takes = 1; and set -e words[1]
        else if contains -- (string trim "$at $word") $__tqhost_commands
            set at (string trim "$at $word")
        end
    end
    if test "$argv[1]" = named
        test (count $named) -gt 0; and printf '%s\n' $named
    else
        echo $at
    end
end

function __tqhost_at
    test (__tqhost_walk at) = "$argv[1]"
end

# Names that only tqhost knows.
function __tqhost_words
    set -l typed (commandline -opc)
    $typed[1] (__tqhost_walk named) complete $argv[1] 2>/dev/null
end

complete -c tqhost -f
)script";

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// What offers the values: nothing, an option of `complete`, or words.
std::string values(const CompletedArgument& argument, const std::vector<std::string>& keys) {
  switch (argument.takes) {
    case Takes::kNothing:
    case Takes::kText:
      return "";
    case Takes::kFile:
      return " -F";
    case Takes::kFolder:
      return " -a '(__fish_complete_directories)'";
    case Takes::kPlugin:
      return " -a '(__tqhost_words plugins)'";
    case Takes::kInstance:
      return " -a '(__tqhost_words instances)'";
    case Takes::kKey:
      return " -a " + quoted(join(keys, "= ") + "=");
    case Takes::kChoice:
      return " -a " + quoted(join(argument.choices, " "));
  }
  return "";
}

std::string option_line(const CompletedArgument& option, const std::vector<std::string>& keys) {
  std::string out;
  for (const std::string& name : option.names)
    out += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
  out += " -d " + quoted(option.help);
  if (option.takes == Takes::kNothing) return out;
  // -r alone would offer files.
  return out + (option.takes == Takes::kFile ? " -r" : " -x") + values(option, keys);
}

std::string lines_of(const CompletionSource& source, const CompletedCommand& command) {
  const std::string at = "complete -c tqhost -n " + quoted("__tqhost_at \"" + command.path + "\"");
  std::string out;
  for (const std::string& name : command.subcommands)
    for (const CompletedCommand& sub : source.commands)
      if (sub.path == (command.path.empty() ? name : command.path + " " + name))
        out.append(at).append(" -a ").append(name).append(" -d ").append(quoted(sub.help)) += '\n';
  for (const CompletedArgument& argument : command.arguments)
    if (const std::string offered = values(argument, source.keys); !offered.empty())
      out += at + offered + "\n";
  for (const CompletedArgument& option : command.options)
    out += at + option_line(option, source.keys) + "\n";
  return out;
}

}  // namespace

std::string fish_completion(const CompletionSource& source) {
  std::string out = "# Completion of tqhost for fish. Written by: " + source.made_by +
                    "\n# Use: put it as tqhost.fish into ~/.config/fish/completions/\n\n";
  std::string commands, valued, named;
  for (const CompletedCommand& command : source.commands) {
    if (!command.path.empty()) commands += " " + quoted(command.path);
    for (const CompletedArgument& option : command.options)
      for (const std::string& name : option.names) {
        const std::string place = " " + quoted(command.path + "|" + name);
        if (option.takes != Takes::kNothing) valued += place;
        if (command.path.empty() &&
            (option.takes == Takes::kFile || option.takes == Takes::kFolder))
          named += place;
      }
  }
  out += "set -g __tqhost_commands" + commands + "\nset -g __tqhost_valued" + valued +
         "\nset -g __tqhost_named" + named + "\n" + kFunctions;
  for (const CompletedCommand& command : source.commands) out += lines_of(source, command);
  return out;
}

}  // namespace tq
