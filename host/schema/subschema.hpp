// SPDX-License-Identifier: Apache-2.0
// Ways through a schema: its subschemas, its references, and what is wrong with it before any value
// is looked at. Pure functions; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace tq {

// Calls `visit` for the schema and each schema inside it, with its JSON pointer. Members that are
// data (enum, default, x-example...) are not looked into.
void for_each_subschema(const Json& schema, const std::string& pointer,
                        const std::function<void(const Json&, const std::string&)>& visit);

// The schema behind a chain of "$ref": "#/..."; null when it leads nowhere.
const Json* follow_ref(const Json& root, const Json& schema);

// A keyword's value, or null. `schema` may be anything.
const Json* keyword(const Json& schema, const char* name);
bool flag(const Json& schema, const char* name);

// References to elsewhere or in a circle, patterns that are none, x- keywords that are not `known`;
// a line each, without the name of the schema.
std::vector<std::string> schema_defects(const Json& root, const std::vector<std::string>& known);

}  // namespace tq
