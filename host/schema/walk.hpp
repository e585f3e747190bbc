// SPDX-License-Identifier: Apache-2.0
// Walks a value along its schema and says in our own words what is wrong with it. Any thread.
#pragma once

#include <vector>

#include "schema/plugin_schema.hpp"

namespace tq {

struct Finding {
  Problem problem;
  // By x-host, x-url, x-https, x-file, format or the form of a reference to a secret, which a
  // validator of plain draft-07 does not look at.
  bool beyond_schema = false;
};

struct Walk {
  std::vector<Finding> findings;  // in the order of the value
  // A text is too long for a pattern. No validator may see the value: matching would overflow the
  // stack.
  bool choked = false;
};

// All problems. REQUIRES: schema_defects(root) is empty.
Walk walk(const Json& root, const Json& schema, const Json& value, const std::string& pointer);

// No finding but those beyond the schema.
bool fits(const Json& root, const Json& schema, const Json& value);

}  // namespace tq
