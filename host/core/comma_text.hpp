// SPDX-License-Identifier: Apache-2.0
// Comma text: how people write a list in a form, a variable, a prompt or an old configuration.
// Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tq {

// Like split_list, but an entry in double quotes may have commas, and "" is a quote in it, as in
// CSV: `"a, b", c` -> {"a, b","c"}. Quotes that do not enclose a whole entry are part of it.
std::vector<std::string> split_comma_text(std::string_view text);

// Such text for entries, in quotes where it takes them.
std::string comma_text(const std::vector<std::string>& entries);

}  // namespace tq
