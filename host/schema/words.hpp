// SPDX-License-Identifier: Apache-2.0
// Words for people: what a value is and what a schema allows. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"

namespace tq {

// `"abc"`, `11`, `a list`: short, printable, URL passwords masked. A secret's value is not told.
std::string found_words(const Json& value, bool secret);

// `a whole number from 1 to 10`, `one of "a", "b" or "c"`, `a text such as "ABCD1234"`.
std::string allowed_words(const Json& root, const Json& schema);

// The key that a person most likely meant, or "": near in spelling, or one that continues it.
std::string nearest_key(const std::string& key, const std::vector<std::string>& known);

// `a, b or c`
std::string either(const std::vector<std::string>& choices);

std::string in_quotes(std::string_view text);

}  // namespace tq
