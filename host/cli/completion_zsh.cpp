// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

// Names such as path, commands and options are taken in zsh.
constexpr const char* kWalk = R"script(
# Names that only tqhost knows, with the files that this command line names.
_tqhost_words() {
  local -a found
  found=(${(f)"$(_call_program $1 ${(q)words[1]} ${(q)globals} complete $1 2>/dev/null)"})
  _describe $1 found
}

_tqhost() {
  local at= wanted= word
  local -a subcommands flags arguments globals
  integer i=2 position=1
  _tqhost_command ''
  while ((i < CURRENT)); do
    word=${words[i]}
    if [[ $word == -* ]]; then
      _tqhost_takes "$at" "${word%%=*}"
      if [[ -n $wanted && $word != *=* ]]; then
        ((i + 1 >= CURRENT)) && break
        [[ -z $at && ( $wanted == file || $wanted == folder ) ]] && globals+=($word ${words[i+1]})
        ((i += 1))
      elif [[ -z $at && ( $wanted == file || $wanted == folder ) ]]; then
        globals+=($word)
      fi
      wanted=
    elif [[ -n ${subcommands[(r)$word:*]} ]]; then
      at=${at:+$at }$word
      _tqhost_command "$at"
    else
      ((position += 1))
    fi
    ((i += 1))
  done

  word=${words[CURRENT]}
  if [[ -z $wanted && $word == -*=* ]]; then
    _tqhost_takes "$at" "${word%%=*}"
    compset -P 1 '*='
  elif [[ -z $wanted && $word == -* ]]; then
    _describe option flags
    return
  elif [[ -z $wanted && $#subcommands -gt 0 ]]; then
    _describe command subcommands
    return
  elif [[ -z $wanted ]]; then
    wanted=${arguments[position]}
    # The last one may be one of which there are many.
    [[ -z $wanted && ${arguments[-1]} == *+ ]] && wanted=${arguments[-1]}
    wanted=${wanted%+}
  fi
  case $wanted in
    file) _files ;;
    folder) _files -/ ;;
    plugin | instance) _tqhost_words ${wanted}s ;;
    key) compadd -S = -- $_tqhost_keys ;;
    choice\ *) compadd -- ${=wanted#choice } ;;
  esac
}

if [[ $funcstack[1] == _tqhost ]]; then
  _tqhost "$@"
else
  compdef _tqhost tqhost
fi
)script";

// 'name:help', as _describe wants it.
std::string described(const std::string& name, const std::string& help) {
  return " " + shell_quoted(name + ":" + help);
}

std::string arguments_of(const CompletedCommand& command) {
  std::string out;
  for (const CompletedArgument& argument : command.arguments)
    out += " " + shell_quoted(takes_words(argument) + (argument.many ? "+" : ""));
  return out;
}

const CompletedCommand* find(const CompletionSource& source, const std::string& path) {
  for (const CompletedCommand& command : source.commands)
    if (command.path == path) return &command;
  return nullptr;
}

std::string subcommands_of(const CompletionSource& source, const CompletedCommand& command) {
  std::string out;
  for (const std::string& name : command.subcommands) {
    const auto* sub = find(source, command.path.empty() ? name : command.path + " " + name);
    out += described(name, sub == nullptr ? "" : sub->help);
  }
  return out;
}

}  // namespace

std::string zsh_completion(const CompletionSource& source) {
  std::string out =
      "#compdef tqhost\n# Completion of tqhost for zsh. Written by: " + source.made_by +
      "\n# Use: put it as _tqhost into a folder of $fpath, or source it\n\n";
  out += "typeset -ga _tqhost_keys\n_tqhost_keys=(";
  for (const std::string& key : source.keys) out += " " + shell_quoted(key);
  out += " )\n\n_tqhost_command() {\n  case $1 in\n";
  std::string takes = "\n_tqhost_takes() {\n  wanted=\n  case \"$1|$2\" in\n";
  for (const CompletedCommand& command : source.commands) {
    out += "    " + shell_quoted(command.path) + ")\n      subcommands=(" +
           subcommands_of(source, command) + " )\n      flags=(";
    for (const CompletedArgument& option : command.options)
      for (const std::string& name : option.names) {
        out += described(name, option.help);
        if (option.takes != Takes::kNothing)
          takes += "    " + shell_quoted(command.path + "|" + name) +
                   ") wanted=" + shell_quoted(takes_words(option)) + " ;;\n";
      }
    out += " )\n      arguments=(" + arguments_of(command) + " )\n      ;;\n";
  }
  return out + "  esac\n}\n" + takes + "  esac\n}\n" + kWalk;
}

}  // namespace tq
