// SPDX-License-Identifier: Apache-2.0
#include "worker/refusal.hpp"

#include "core/text.hpp"

namespace tq {
namespace {

// In a sentence a name may stand in quotes or brackets, and before a comma or a full stop.
bool names_whole(std::string_view text, std::string_view name) {
  constexpr std::string_view kBefore = " \t\r\n\"(", kAfter = "\").,:;";
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (at > 0 && kBefore.find(text[at - 1]) == std::string_view::npos) continue;
    const std::string_view behind = text.substr(at + name.size());
    if (at > 0 && text[at - 1] == '"' && behind.substr(0, 1) != "\"") continue;  // a part of a name
    const size_t end = behind.find_first_not_of(kAfter);
    if (end == std::string_view::npos || kBlanks.find(behind[end]) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

bool is_about(const DeadLetter& letter, std::string_view asked, std::string_view explanation) {
  const std::string_view name = trim(letter.value);
  if (name.empty()) return false;
  return equal_no_case(name, trim(asked)) || names_whole(explanation, name);
}

}  // namespace tq
