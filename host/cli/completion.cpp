// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "core/text.hpp"

namespace tq {

std::string takes_words(const CompletedArgument& argument) {
  switch (argument.takes) {
    case Takes::kNothing:
      return "";
    case Takes::kText:
      return "text";
    case Takes::kFile:
      return "file";
    case Takes::kFolder:
      return "folder";
    case Takes::kPlugin:
      return "plugin";
    case Takes::kInstance:
      return "instance";
    case Takes::kKey:
      return "key";
    case Takes::kChoice:
      return "choice " + join(argument.choices, " ");
  }
  return "";
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace tq
