// SPDX-License-Identifier: Apache-2.0
// What one value is by one schema, without a look at what is inside it. A keyword that the schema
// does not have allows everything. Pure functions; any thread.
#pragma once

#include <string>

#include "core/json.hpp"

namespace tq {

// By the meaning of JSON: the order of members says nothing.
bool same_json(const Json& a, const Json& b);

bool has_allowed_type(const Json& schema, const Json& value);   // type
bool has_allowed_value(const Json& schema, const Json& value);  // const, enum

// minimum, maximum, their exclusive kin, multipleOf. REQUIRES: `number` is one.
bool is_in_range(const Json& schema, const Json& number);

// x-host, x-url, x-https, x-file, format.
bool has_form(const Json& schema, const std::string& text);

// Code points, as minLength and maxLength count.
size_t characters(const std::string& text);

}  // namespace tq
