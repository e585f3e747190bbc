// SPDX-License-Identifier: Apache-2.0
// The INI files of the connectors that tqhost replaces. Values are taken as they stand: "%", ";",
// "#" and quotes are part of them. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tq {

struct IniEntry {
  std::string section;  // as written; empty: before any
  std::string key;      // as written; compared without case
  std::string value;    // trimmed; "\n" where it goes on in an indented line
  size_t line = 0;      // of the key, from 1
};

// Lines are "[section]", "key = value" or "key: value" (whichever comes first), and comments, which
// begin with "#" or ";". An indented line goes on with the value before it. Order is kept, and so
// are doubles. E_CONFIG: anything else, or text that is not UTF-8, by file and line; a line is
// never quoted, for it may hold a secret.
Result<std::vector<IniEntry>> parse_ini(std::string_view text, std::string_view name);

}  // namespace tq
