// SPDX-License-Identifier: Apache-2.0
#include "schema/words.hpp"

#include <algorithm>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "schema/forms.hpp"
#include "schema/secret_ref.hpp"
#include "schema/subschema.hpp"

namespace tq {
namespace {

constexpr size_t kMostBytesShown = 60;
constexpr size_t kMostChoicesShown = 12;
constexpr size_t kShortestStem = 3;

std::string number_words(const Json& schema, const std::string& noun) {
  const Json* least = keyword(schema, "minimum");
  const Json* most = keyword(schema, "maximum");
  const Json* above = keyword(schema, "exclusiveMinimum");
  const Json* below = keyword(schema, "exclusiveMaximum");
  std::string out = noun;
  if (least != nullptr && most != nullptr) {
    out += " from " + dump_json(*least) + " to " + dump_json(*most);
  } else {
    if (least != nullptr) out += " of at least " + dump_json(*least);
    if (most != nullptr) out += " of at most " + dump_json(*most);
  }
  if (above != nullptr) out += " above " + dump_json(*above);
  if (below != nullptr) out += " below " + dump_json(*below);
  if (const Json* step = keyword(schema, "multipleOf"))
    out += " that is a multiple of " + dump_json(*step);
  return out;
}

std::string form_words(const Json& schema) {
  if (flag(schema, "x-host")) return "a host (NAME, NAME:PORT, [IPv6]:PORT or a URL)";
  if (flag(schema, "x-url"))
    return "a URL (http:// or https://, without user name, password and blanks)";
  if (flag(schema, "x-file")) return "the absolute path of a file";
  const Json* format = keyword(schema, "format");
  if (format == nullptr) return {};
  if (*format == "uri") return "a URI";
  if (*format == "ipv4") return "an IPv4 address";
  if (*format == "date") return "a date such as 2026-11-23";
  if (*format == "time") return "a time such as 08:30:00Z";
  if (*format == "date-time") return "a time such as 2026-11-23T08:30:00Z";
  return {};
}

std::string text_words(const Json& schema) {
  if (std::string form = form_words(schema); !form.empty()) return form;
  const Json* pattern = keyword(schema, "pattern");
  if (pattern == nullptr) return "a text";
  if (const Json* example = keyword(schema, "x-example"))
    return "a text such as " + found_words(*example, false);
  if (const std::string title = text_at(schema, "title"); !title.empty())
    return "a valid " + title + " (pattern " + text_at(schema, "pattern") + ")";
  return "a text of the pattern " + text_at(schema, "pattern");
}

std::string list_words(const Json& root, const Json& schema) {
  std::string list = flag(schema, "x-comma") ? "a list or comma-separated text" : "a list";
  if (const Json* example = keyword(schema, "x-example"))
    return list + " such as " + dump_json(*example);
  const Json* items = keyword(schema, "items");
  if (items == nullptr || !items->is_object()) return list;
  const std::string entry = allowed_words(root, *items);
  return entry.rfind("a text", 0) == 0 ? list : list + ", each entry " + entry + ",";
}

std::string type_words(const Json& root, const Json& schema, const std::string& type) {
  if (type == "integer") return number_words(schema, "a whole number");
  if (type == "number") return number_words(schema, "a number");
  if (type == "string") return text_words(schema);
  if (type == "boolean") return "true or false";
  if (type == "array") return list_words(root, schema);
  return type == "object" ? "an object" : type;
}

std::vector<std::string> choice_words(const Json& values) {
  std::vector<std::string> out;
  for (const Json& value : values) {
    if (out.size() == kMostChoicesShown) {
      out.push_back("...");
      break;
    }
    out.push_back(value.is_string() ? in_quotes(value.get<std::string>()) : dump_json(value));
  }
  return out;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return '"' + printable(text, kMostBytesShown) + '"';
}

std::string either(const std::vector<std::string>& choices) {
  if (choices.size() < 2) return choices.empty() ? "nothing" : choices.front();
  const std::vector<std::string> all_but_last(choices.begin(), choices.end() - 1);
  return join(all_but_last, ", ") + " or " + choices.back();
}

std::string found_words(const Json& value, bool secret) {
  if (value.is_object()) return value.empty() ? "an empty object" : "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  if (secret && !value.is_null())
    return std::string("a ") + (value.is_string() ? "text" : value.type_name()) +
           " that is not shown";
  if (!value.is_string()) return dump_json(value);
  const std::string text = value.get<std::string>();
  return text.empty() ? "empty" : in_quotes(mask_url_password(text));
}

std::string allowed_words(const Json& root, const Json& schema) {
  const Json* at = follow_ref(root, schema);
  if (at == nullptr || at->is_boolean()) return "something else";
  if (flag(*at, "writeOnly")) return text_words(*at) + " or a reference (" + secret_kinds() + ")";
  if (const Json* value = keyword(*at, "const")) return found_words(*value, false);
  if (const Json* values = keyword(*at, "enum"); values != nullptr && values->is_array()) {
    const auto choices = choice_words(*values);
    return choices.size() < 2 ? either(choices) : "one of " + either(choices);
  }
  std::vector<std::string> words;
  if (const Json* type = keyword(*at, "type"); type != nullptr && type->is_string()) {
    words.push_back(type_words(root, *at, type->get<std::string>()));
  } else if (type != nullptr && type->is_array()) {
    for (const Json& one : *type)
      if (one.is_string()) words.push_back(type_words(root, *at, one.get<std::string>()));
  }
  for (const char* name : {"anyOf", "oneOf"})
    if (const Json* branches = keyword(*at, name);
        words.empty() && branches != nullptr && branches->is_array())
      for (const Json& branch : *branches) words.push_back(allowed_words(root, branch));
  if (words.empty()) return keyword(*at, "pattern") != nullptr ? text_words(*at) : "something else";
  return either(words);
}

std::string nearest_key(const std::string& key, const std::vector<std::string>& known) {
  if (std::string near = nearest(key, known); !near.empty()) return near;
  if (key.size() < kShortestStem) return {};
  for (const std::string& candidate : known)
    if (candidate.rfind(key, 0) == 0 ||
        (candidate.size() >= kShortestStem && key.rfind(candidate, 0) == 0))
      return candidate;
  return {};
}

}  // namespace tq
