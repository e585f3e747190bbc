// SPDX-License-Identifier: Apache-2.0
#include "services/declared.hpp"

#include <algorithm>
#include <vector>

namespace tq {
namespace {

using Schemas = std::vector<const Json*>;

constexpr int kDeepest = 16;  // of references and alternatives: a schema may refer to itself

std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] == '~' && i + 1 < pointer.size() &&
               (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      tokens.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      tokens.back() += pointer[i];
    }
  }
  return tokens;
}

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// A schema and everything that it refers to or offers as an alternative.
void expand(const Json& root, const Json& schema, int depth, Schemas* out) {
  if (depth > kDeepest) return;
  out->push_back(&schema);
  if (const std::string ref = text_at(schema, "$ref"); !ref.empty() && ref.front() == '#')
    if (const Json* target = json_at(root, std::string_view(ref).substr(1)))
      expand(root, *target, depth + 1, out);
  for (const char* key : {"allOf", "anyOf", "oneOf"})
    if (const Json* branches = member(schema, key); branches != nullptr && branches->is_array())
      for (const Json& branch : *branches) expand(root, branch, depth + 1, out);
  for (const char* key : {"then", "else"})
    if (const Json* branch = member(schema, key)) expand(root, *branch, depth + 1, out);
}

bool is_index(const std::string& token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The schemas of one element or member; `open` when the schema allows members without naming them.
void step(const Json& schema, const std::string& token, Schemas* out, bool* open) {
  const Json* properties = member(schema, "properties");
  const Json* items = member(schema, "items");
  const Json* others = member(schema, "additionalProperties");
  if (properties != nullptr)
    if (const Json* property = member(*properties, token.c_str())) out->push_back(property);
  if (const Json* patterns = member(schema, "patternProperties"))
    for (const Json& property : *patterns) out->push_back(&property);
  if (others != nullptr && others->is_object()) out->push_back(others);
  if (items != nullptr && items->is_object() && is_index(token)) out->push_back(items);
  if (items != nullptr && items->is_array() && is_index(token))
    for (const Json& item : *items) out->push_back(&item);
  const bool closed = others != nullptr && others->is_boolean() && !others->get<bool>();
  const std::string type = text_at(schema, "type");
  const bool object = type == "object" || (type.empty() && schema.is_object() && schema.empty());
  if (object && properties == nullptr && !closed) *open = true;
  if (type == "array" && items == nullptr && is_index(token)) *open = true;
}

bool says_secret(const Json& schema) {
  const Json* flag = member(schema, "writeOnly");
  return flag != nullptr && flag->is_boolean() && flag->get<bool>();
}

void add_types(const Json& schema, std::set<std::string>* types) {
  const Json* type = member(schema, "type");
  if (type == nullptr) return;
  if (type->is_string()) types->insert(type->get<std::string>());
  if (type->is_array())
    for (const Json& name : *type)
      if (name.is_string()) types->insert(name.get<std::string>());
}

}  // namespace

Declared declared_at(const Json& schema, std::string_view pointer) {
  Declared out;
  Schemas here;
  expand(schema, schema, 0, &here);
  for (const std::string& token : tokens_of(pointer)) {
    Schemas next;
    bool open = false;
    for (const Json* at : here) step(*at, token, &next, &open);
    here.clear();
    for (const Json* at : next) expand(schema, *at, 0, &here);
    out.secret = out.secret || std::any_of(here.begin(), here.end(),
                                           [](const Json* at) { return says_secret(*at); });
    if (here.empty()) {
      out.known = open;
      return out;
    }
  }
  out.known = true;
  for (const Json* at : here) add_types(*at, &out.types);
  return out;
}

}  // namespace tq
