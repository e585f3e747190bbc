// SPDX-License-Identifier: Apache-2.0
// Completion scripts of tqhost for bash, zsh and fish. Commands, options and their help stand in
// the script; plugins and instances are asked for while somebody types. Pure functions; one thread.
#pragma once

#include <string>
#include <vector>

#include "cli/completion_model.hpp"

namespace tq {

// What the three are made from.
struct CompletionSource {
  std::vector<CompletedCommand> commands;
  std::vector<std::string> keys;  // of configure --set: "threatq.host", "config.api_id"
  std::string made_by;            // the command that prints the script
};

std::string bash_completion(const CompletionSource& source);
std::string zsh_completion(const CompletionSource& source);
std::string fish_completion(const CompletionSource& source);

// "plugin", "choice debug info": how the scripts of bash and zsh name what an argument takes; empty
// for nothing.
std::string takes_words(const CompletedArgument& argument);

// In single quotes, for bash and zsh.
std::string shell_quoted(const std::string& text);

}  // namespace tq
