// SPDX-License-Identifier: Apache-2.0
// What a plugin's schema says of the setting at a JSON pointer, whether it has a value or not. Pure
// function.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace tq {

struct Declared {
  bool known = false;           // the schema has such a setting
  bool secret = false;          // it, or what it stands in, is writeOnly
  std::set<std::string> types;  // JSON schema's names; empty: any
};

// REQUIRES: `pointer` begins with '/'.
Declared declared_at(const Json& schema, std::string_view pointer);

}  // namespace tq
