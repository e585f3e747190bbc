// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

// `_tqhost_command PATH` and `_tqhost_takes PATH OPTION` are tables; this reads them.
constexpr const char* kWalk = R"script(
# Names that only tqhost knows, with the files that this command line names.
_tqhost_words() {
  "${COMP_WORDS[0]/#\~/$HOME}" "${globals[@]/#\~/$HOME}" complete "$1" 2>/dev/null
}

_tqhost() {
  local cur=${COMP_WORDS[COMP_CWORD]} path= commands options arguments takes= word i=1 at place=0
  local -a globals=()
  COMPREPLY=()
  _tqhost_command ''
  while ((i < COMP_CWORD)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then # bash cuts KEY=VALUE in three
      ((i + 1 >= COMP_CWORD)) && return
      ((i += 2))
    elif [[ $word == -* ]]; then
      _tqhost_takes "$path" "$word"
      at=$((i + 1))
      if [[ -n $takes ]]; then
        [[ ${COMP_WORDS[at]} == '=' ]] && ((at += 1))
        ((at >= COMP_CWORD)) && break
        [[ -z $path && ( $takes == file || $takes == folder ) ]] && globals+=("$word" "${COMP_WORDS[at]}")
        ((at += 1))
      fi
      takes=
      i=$at
    else
      if [[ " $commands " == *" $word "* ]]; then
        path=${path:+$path }$word
        _tqhost_command "$path"
      else
        ((place += 1))
      fi
      ((i += 1))
    fi
  done

  if [[ $cur == '=' ]]; then
    [[ -z $takes ]] && return
    cur=
  fi
  if [[ -z $takes ]]; then
    if [[ $cur == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
      return
    fi
    if [[ -n $commands ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
      return
    fi
    local -a wanted=($arguments)
    takes=${wanted[place]}
    # The last one may be one of which there are many.
    [[ -z $takes && ${#wanted[@]} -gt 0 && ${wanted[-1]} == *+ ]] && takes=${wanted[-1]}
    takes=${takes%+}
  fi
  case $takes in
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    folder)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      ;;
    plugin | instance) mapfile -t COMPREPLY < <(compgen -W "$(_tqhost_words "${takes}s")" -- "$cur") ;;
    key)
      compopt -o nospace 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -S = -W "$_tqhost_keys" -- "$cur")
      ;;
    choice\ *) mapfile -t COMPREPLY < <(compgen -W "${takes#choice }" -- "$cur") ;;
  esac
}

complete -F _tqhost tqhost
)script";

std::string names_of(const std::vector<CompletedArgument>& options) {
  std::vector<std::string> names;
  for (const CompletedArgument& option : options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return join(names, " ");
}

std::string arguments_of(const CompletedCommand& command) {
  std::vector<std::string> words;
  for (const CompletedArgument& argument : command.arguments) {
    // Choices are a list; only options have them here.
    const std::string takes = takes_words(argument);
    words.push_back(takes.substr(0, takes.find(' ')) + (argument.many ? "+" : ""));
  }
  return join(words, " ");
}

}  // namespace

std::string bash_completion(const CompletionSource& source) {
  std::string out = "# Completion of tqhost for bash. Written by: " + source.made_by +
                    "\n# Use: source this file, or put it into /etc/bash_completion.d/\n\n";
  out += "_tqhost_keys=" + shell_quoted(join(source.keys, " ")) +
         "\n\n_tqhost_command() {\n  case $1 in\n";
  std::string takes = "\n_tqhost_takes() {\n  takes=\n  case \"$1|$2\" in\n";
  for (const CompletedCommand& command : source.commands) {
    out += "    " + shell_quoted(command.path) +
           ") commands=" + shell_quoted(join(command.subcommands, " ")) +
           " options=" + shell_quoted(names_of(command.options)) +
           " arguments=" + shell_quoted(arguments_of(command)) + " ;;\n";
    for (const CompletedArgument& option : command.options)
      for (const std::string& name : option.names)
        if (option.takes != Takes::kNothing)
          takes += "    " + shell_quoted(command.path + "|" + name) +
                   ") takes=" + shell_quoted(takes_words(option)) + " ;;\n";
  }
  return out + "  esac\n}\n" + takes + "  esac\n}\n" + kWalk;
}

}  // namespace tq
