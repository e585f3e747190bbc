// SPDX-License-Identifier: Apache-2.0
// JSON of the edges: configuration, schemas, small answers, state exports. Pages of indicators do
// not pass here (threatq/ reads them with a streaming parser). Parsing and printing are compiled
// once, in json.cpp.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

// Members keep the order of the text: what people wrote is shown back as they wrote it.
using Json = nlohmann::ordered_json;

enum class Comments { kRefuse, kAllow };  // "//" and "/* */"

// Refuses duplicate keys, bytes after the document, nesting deeper than 64, invalid UTF-8. `name`
// (a file or "the answer of X") opens the message; line and column follow. E_CONFIG.
Result<Json> parse_json(std::string_view text, std::string_view name,
                        Comments comments = Comments::kRefuse);

// A document that remembers where each value stands.
struct JsonDocument {
  Json root;
  std::string name;                     // of the file
  std::map<std::string, size_t> lines;  // JSON pointer -> line, from 1

  // "tqhost.json:12" or, when the place is not known, "tqhost.json".
  std::string place(const std::string& pointer) const;
};
Result<JsonDocument> parse_json_document(std::string_view text, std::string_view name,
                                         Comments comments);

// One line, or indented by two blanks with a final newline. Invalid UTF-8 becomes U+FFFD; what a
// terminal should not get stands there as "\u202e".
std::string dump_json(const Json& json);
std::string pretty_json(const Json& json);

// "/a/b~1c" for the path {"a","b/c"}.
std::string pointer_join(std::string_view parent, std::string_view token);

// The value at a JSON pointer, or null when there is none or the pointer is malformed.
const Json* json_at(const Json& root, std::string_view pointer);

// The member's text, or `fallback` when it is absent or not text.
std::string text_at(const Json& object, const char* key, std::string_view fallback = {});

}  // namespace tq
