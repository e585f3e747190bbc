// SPDX-License-Identifier: Apache-2.0
#include "schema/subschema.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "schema/pattern.hpp"

namespace tq {
namespace {

constexpr int kMostRefs = 32;
// A value is looked at once for each schema that applies to it; "allOf" of references to "allOf" of
// references... grows without bound.
constexpr uint64_t kMostSchemasOfAValue = 10'000;

const char* const kSame[] = {"not", "if", "then", "else"};
const char* const kSameLists[] = {"allOf", "anyOf", "oneOf"};
const char* const kInside[] = {"additionalItems", "contains", "additionalProperties",
                               "propertyNames"};
const char* const kMaps[] = {"definitions", "properties", "patternProperties", "dependencies"};

// "%25" -> "%": a reference is a URI fragment.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 3 <= text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What "#/a/b" names, or null.
const Json* target_of(const Json& root, const std::string& ref) {
  if (ref.rfind('#', 0) != 0) return nullptr;
  return json_at(root, percent_decode(std::string_view(ref).substr(1)));
}

// The schemas that apply to the same value as this one.
std::vector<const Json*> same_value(const Json& root, const Json& schema) {
  std::vector<const Json*> out;
  if (const Json* ref = keyword(schema, "$ref"); ref != nullptr && ref->is_string()) {
    if (const Json* target = target_of(root, ref->get<std::string>())) out.push_back(target);
    return out;
  }
  for (const char* name : kSame)
    if (const Json* member = keyword(schema, name)) out.push_back(member);
  for (const char* name : kSameLists)
    if (const Json* list = keyword(schema, name); list != nullptr && list->is_array())
      for (const Json& member : *list) out.push_back(&member);
  if (const Json* map = keyword(schema, "dependencies"); map != nullptr && map->is_object())
    for (const Json& member : *map)
      if (!member.is_array()) out.push_back(&member);
  return out;
}

// How many schemas a value passes at each schema; finds circles on the way.
class Costs {
 public:
  explicit Costs(const Json& root) : root_(root) {}

  // 0: it leads back to itself.
  uint64_t of(const Json& schema) {
    const auto [at, is_new] = known_.try_emplace(&schema, 0);
    if (!is_new) return at->second;
    uint64_t sum = 1;
    for (const Json* next : same_value(root_, schema)) {
      const uint64_t cost = of(*next);
      if (cost == 0) return 0;
      sum = std::min(sum + cost, kMostSchemasOfAValue + 1);
    }
    return known_[&schema] = sum;
  }

 private:
  const Json& root_;
  std::map<const Json*, uint64_t> known_;  // 0 while it is being looked at
};

std::string place_of(const std::string& pointer) {
  return pointer.empty() ? "the schema" : pointer;
}

void check_pattern(const std::string& pattern, const std::string& place,
                   std::vector<std::string>* defects) {
  if (!is_pattern(pattern))
    defects->push_back(place + " is no regular expression: " + printable(pattern));
}

void check_patterns(const Json& schema, const std::string& pointer,
                    std::vector<std::string>* defects) {
  if (const Json* pattern = keyword(schema, "pattern"); pattern != nullptr && pattern->is_string())
    check_pattern(pattern->get<std::string>(), pointer + "/pattern", defects);
  if (const Json* map = keyword(schema, "patternProperties"); map != nullptr && map->is_object())
    for (const auto& [pattern, member] : map->items())
      check_pattern(pattern, pointer_join(pointer + "/patternProperties", pattern), defects);
}

void check_keywords(const Json& schema, const std::string& pointer,
                    const std::vector<std::string>& known, std::vector<std::string>* defects) {
  if (!schema.is_object()) return;
  for (const auto& [name, member] : schema.items()) {
    if (name.rfind("x-", 0) != 0 || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    const std::string near = nearest(name, known);
    defects->push_back(
        pointer_join(pointer, name) + " is not a known keyword; " +
        (near.empty() ? "known are " + join(known, ", ") : "did you mean \"" + near + "\"?"));
  }
}

void check_ref(const Json& root, const Json& schema, const std::string& pointer,
               std::vector<std::string>* defects) {
  const Json* ref = keyword(schema, "$ref");
  if (ref == nullptr || !ref->is_string()) return;
  const std::string target = ref->get<std::string>();
  if (target.rfind('#', 0) != 0) {
    defects->push_back(pointer + "/$ref leads to another document (" + printable(target) +
                       "); only \"#/...\" is followed");
  } else if (target_of(root, target) == nullptr) {
    defects->push_back(pointer + "/$ref leads nowhere: " + printable(target));
  }
}

}  // namespace

const Json* keyword(const Json& schema, const char* name) {
  if (!schema.is_object()) return nullptr;
  const auto member = schema.find(name);
  return member == schema.end() ? nullptr : &*member;
}

bool flag(const Json& schema, const char* name) {
  const Json* member = keyword(schema, name);
  return member != nullptr && member->is_boolean() && member->get<bool>();
}

void for_each_subschema(const Json& schema, const std::string& pointer,
                        const std::function<void(const Json&, const std::string&)>& visit) {
  visit(schema, pointer);
  const auto each = [&](const Json& list, const std::string& place) {
    for (size_t i = 0; i < list.size(); ++i)
      for_each_subschema(list[i], pointer_join(place, std::to_string(i)), visit);
  };
  const auto one = [&](const char* name) {
    const Json* member = keyword(schema, name);
    if (member != nullptr) for_each_subschema(*member, pointer_join(pointer, name), visit);
  };
  for (const char* name : kSame) one(name);
  for (const char* name : kInside) one(name);
  for (const char* name : kSameLists)
    if (const Json* list = keyword(schema, name); list != nullptr && list->is_array())
      each(*list, pointer_join(pointer, name));
  for (const char* name : kMaps)
    if (const Json* map = keyword(schema, name); map != nullptr && map->is_object())
      for (const auto& [key, member] : map->items())
        if (!member.is_array())
          for_each_subschema(member, pointer_join(pointer_join(pointer, name), key), visit);
  if (const Json* items = keyword(schema, "items")) {
    if (items->is_array()) {
      each(*items, pointer + "/items");
    } else {
      for_each_subschema(*items, pointer + "/items", visit);
    }
  }
}

const Json* follow_ref(const Json& root, const Json& schema) {
  const Json* at = &schema;
  for (int i = 0; i < kMostRefs; ++i) {
    const Json* ref = keyword(*at, "$ref");
    if (ref == nullptr || !ref->is_string()) return at;
    at = target_of(root, ref->get<std::string>());
    if (at == nullptr) return nullptr;
  }
  return nullptr;
}

std::vector<std::string> schema_defects(const Json& root, const std::vector<std::string>& known) {
  std::vector<std::string> defects;
  for_each_subschema(root, "", [&](const Json& schema, const std::string& pointer) {
    check_keywords(schema, pointer, known, &defects);
    check_patterns(schema, pointer, &defects);
    check_ref(root, schema, pointer, &defects);
  });
  if (!defects.empty()) return defects;
  Costs costs(root);
  for_each_subschema(root, "", [&](const Json& schema, const std::string& pointer) {
    const uint64_t cost = costs.of(schema);
    if (cost == 0) defects.push_back(place_of(pointer) + " refers to itself without end");
    if (cost > kMostSchemasOfAValue)
      defects.push_back(place_of(pointer) + " applies too many schemas to one value");
  });
  return defects;
}

}  // namespace tq
