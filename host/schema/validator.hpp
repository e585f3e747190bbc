// SPDX-License-Identifier: Apache-2.0
// Validator: the judge whether a value is valid by a draft-07 schema; wraps valijson, whose
// templates are slow to compile and whose schemas abort the process when exceptions are off.
// Immutable; any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {

class Validator {
 public:
  // Where the schema says writeOnly, an object in place of the value passes: a reference. E_CONFIG:
  // no draft-07 schema. `name` opens the message.
  static Result<std::unique_ptr<const Validator>> create(const Json& schema, std::string_view name);
  virtual ~Validator() = default;

  // Empty: valid. Else the deepest problems, in valijson's words, which may quote the schema but
  // never the value.
  virtual std::vector<Problem> validate(const Json& value) const = 0;
};

}  // namespace tq
