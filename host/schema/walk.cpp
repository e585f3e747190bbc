// SPDX-License-Identifier: Apache-2.0
#include "schema/walk.hpp"

#include <algorithm>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "schema/forms.hpp"
#include "schema/pattern.hpp"
#include "schema/scalar.hpp"
#include "schema/secret_ref.hpp"
#include "schema/subschema.hpp"
#include "schema/words.hpp"

namespace tq {
namespace {

// Regular expressions of the standard library recurse for each character: with sanitizers, 4 KiB
// can be more than a stack holds.
constexpr size_t kLongestMatched = 2048;

bool tolerable(const std::vector<Finding>& findings) {
  return std::all_of(findings.begin(), findings.end(),
                     [](const Finding& one) { return one.beyond_schema; });
}

size_t depth(const std::string& pointer) {
  return static_cast<size_t>(std::count(pointer.begin(), pointer.end(), '/'));
}

std::string plural(uint64_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

class Walker {
 public:
  // `choked` is set when a pattern cannot be tried.
  Walker(const Json& root, bool* choked) : root_(root), choked_(choked) {}

  void walk(const Json& schema_or_ref, const Json& value, const std::string& at, bool secret) {
    const Json* found = follow_ref(root_, schema_or_ref);
    if (found == nullptr) return;
    const Json& schema = *found;
    if (schema.is_boolean() && !schema.get<bool>()) return say(at, "is not allowed here");
    if (!schema.is_object()) return;
    secret = secret || flag(schema, "writeOnly");
    // First of all: the judge may not see such a text, whatever else is wrong with it.
    if (value.is_string() && keyword(schema, "pattern") != nullptr &&
        !can_match(value.get_ref<const std::string&>()))
      return say(at,
                 "is too long: at most " + std::to_string(kLongestMatched) + " bytes are allowed");
    if (flag(schema, "writeOnly") && value.is_object()) {
      if (const std::string defect = reference_defect(value); !defect.empty())
        findings_.push_back({{at, defect}, true});
      return;
    }
    if (!has_allowed_type(schema, value)) return refuse(schema, value, at, secret);
    if (!has_allowed_value(schema, value)) return refuse_choice(schema, value, at, secret);
    if (value.is_string()) text(schema, value, at, secret);
    if (value.is_number() && !is_in_range(schema, value)) refuse(schema, value, at, secret);
    if (value.is_array()) list(schema, value, at, secret);
    if (value.is_object()) object(schema, value, at, secret);
    combined(schema, value, at, secret);
  }

  std::vector<Finding> take() { return std::move(findings_); }

 private:
  void say(const std::string& at, std::string message) {
    findings_.push_back({{at, std::move(message)}, false});
  }

  bool can_match(const std::string& text) {
    if (text.size() <= kLongestMatched) return true;
    *choked_ = true;
    return false;
  }

  bool matches(const std::string& pattern, const std::string& text) {
    if (!can_match(text)) return false;
    const auto found = pattern_matches(pattern, text);
    if (!found) *choked_ = true;
    return found.value_or(false);
  }

  std::vector<Finding> look(const Json& schema, const Json& value, const std::string& at,
                            bool secret) {
    Walker inner(root_, choked_);
    inner.walk(schema, value, at, secret);
    return inner.take();
  }

  bool fits(const Json& schema, const Json& value) {
    return tolerable(look(schema, value, "", false));
  }

  // "is 11, but a whole number from 1 to 10 is needed"
  std::string words(const Json& schema, const Json& value, bool secret) const {
    return "is " + found_words(value, secret) + ", but " + allowed_words(root_, schema) +
           " is needed";
  }
  void refuse(const Json& schema, const Json& value, const std::string& at, bool secret) {
    say(at, words(schema, value, secret));
  }

  void refuse_choice(const Json& schema, const Json& value, const std::string& at, bool secret) {
    std::string message = words(schema, value, secret);
    if (const Json* list = keyword(schema, "enum"); list != nullptr && value.is_string()) {
      std::vector<std::string> choices;
      for (const Json& one : *list)
        if (one.is_string()) choices.push_back(one.get<std::string>());
      if (const std::string near = nearest(value.get<std::string>(), choices);
          !near.empty() && !secret)
        message += "; did you mean " + in_quotes(near) + "?";
    }
    say(at, std::move(message));
  }

  // The bound in keyword `name`, if there is one.
  static bool bound(const Json& schema, const char* name, uint64_t* out) {
    const Json* member = keyword(schema, name);
    if (member == nullptr || !member->is_number()) return false;
    *out = member->get<uint64_t>();
    return true;
  }

  void text(const Json& schema, const Json& value, const std::string& at, bool secret) {
    const auto& bytes = value.get_ref<const std::string&>();
    const size_t size = characters(bytes);
    uint64_t n = 0;
    if (bound(schema, "minLength", &n) && size < n)
      return say(at, size == 0 ? "is empty, but " + allowed_words(root_, schema) + " is needed"
                               : "is too short: at least " +
                                     plural(n, "character is", "characters are") + " needed");
    if (bound(schema, "maxLength", &n) && size > n)
      return say(
          at, "is too long: at most " + plural(n, "character is", "characters are") + " allowed");
    if (const Json* pattern = keyword(schema, "pattern");
        pattern != nullptr && !matches(pattern->get<std::string>(), bytes))
      return refuse(schema, value, at, secret);
    if (has_form(schema, bytes)) return;
    const bool wants_tls = flag(schema, "x-https") && is_plain_http(bytes) && !secret;
    findings_.push_back(
        {{at, wants_tls ? https_words(value, bytes) : words(schema, value, secret)}, true});
  }

  // "is "http://host", but Carbon Black Cloud speaks https only: write "host""
  std::string https_words(const Json& value, const std::string& bytes) const {
    const std::string title = text_at(root_, "title");
    return "is " + found_words(value, false) + ", but " + (title.empty() ? "it" : title) +
           " speaks https only: write " +
           in_quotes(mask_url_password(without_http_port(bytes.substr(bytes.find("//") + 2))));
  }

  // The port that plain HTTP has without saying so is no port for https.
  static std::string without_http_port(std::string address) {
    constexpr std::string_view kHttpPort = ":80";
    const size_t end = std::min(address.find_first_of("/?#"), address.size());
    if (std::string_view(address).substr(0, end).ends_with(kHttpPort))
      address.erase(end - kHttpPort.size(), kHttpPort.size());
    return address;
  }

  void list(const Json& schema, const Json& value, const std::string& at, bool secret) {
    uint64_t n = 0;
    if (bound(schema, "minItems", &n) && value.size() < n)
      say(at, value.empty()
                  ? "is empty, but at least " + plural(n, "entry is", "entries are") + " needed"
                  : "has too few entries: at least " + std::to_string(n) + " are needed");
    if (bound(schema, "maxItems", &n) && value.size() > n)
      say(at, "has " + plural(value.size(), "entry", "entries") + ", but at most " +
                  std::to_string(n) + " are allowed");
    if (flag(schema, "uniqueItems"))
      for (size_t i = 0; i < value.size(); ++i)
        for (size_t j = 0; j < i; ++j)
          if (same_json(value[i], value[j])) {
            say(pointer_join(at, std::to_string(i)), "stands in the list twice");
            break;
          }
    const Json* items = keyword(schema, "items");
    const Json* rest = keyword(schema, "additionalItems");
    for (size_t i = 0; i < value.size() && items != nullptr; ++i) {
      const std::string place = pointer_join(at, std::to_string(i));
      if (!items->is_array()) {
        walk(*items, value[i], place, secret);
      } else if (i < items->size()) {
        walk((*items)[i], value[i], place, secret);
      } else if (rest != nullptr) {
        walk(*rest, value[i], place, secret);
      }
    }
    if (const Json* wanted = keyword(schema, "contains");
        wanted != nullptr && std::none_of(value.begin(), value.end(),
                                          [&](const Json& one) { return fits(*wanted, one); }))
      say(at, "has no entry that is " + allowed_words(root_, *wanted));
  }

  void object(const Json& schema, const Json& value, const std::string& at, bool secret) {
    for (const auto& [key, member] : value.items()) this->member(schema, key, member, at, secret);
    if (const Json* required = keyword(schema, "required"); required != nullptr)
      for (const Json& key : *required)
        if (!value.contains(key.get<std::string>()))
          say(pointer_join(at, key.get<std::string>()), missing(schema, key.get<std::string>()));
    uint64_t n = 0;
    if (bound(schema, "minProperties", &n) && value.size() < n)
      say(at, "has " + plural(value.size(), "member", "members") + ", but at least " +
                  std::to_string(n) + " are needed");
    if (bound(schema, "maxProperties", &n) && value.size() > n)
      say(at, "has " + plural(value.size(), "member", "members") + ", but at most " +
                  std::to_string(n) + " are allowed");
    const Json* dependencies = keyword(schema, "dependencies");
    if (dependencies == nullptr) return;
    for (const auto& [key, needs] : dependencies->items()) {
      if (!value.contains(key)) continue;
      if (!needs.is_array()) walk(needs, value, at, secret);
      for (const Json& other : needs.is_array() ? needs : Json::array())
        if (!value.contains(other.get<std::string>()))
          say(pointer_join(at, other.get<std::string>()),
              "is missing: " + in_quotes(key) + " needs it");
    }
  }

  void member(const Json& schema, const std::string& key, const Json& value, const std::string& at,
              bool secret) {
    const std::string place = pointer_join(at, key);
    if (const Json* names = keyword(schema, "propertyNames");
        names != nullptr && !fits(*names, key))
      say(place, "has a name that is not allowed: " + allowed_words(root_, *names) + " is needed");
    bool known = false;
    const Json* properties = keyword(schema, "properties");
    if (properties != nullptr && properties->contains(key)) {
      walk(*properties->find(key), value, place, secret);
      known = true;
    }
    if (const Json* patterns = keyword(schema, "patternProperties"))
      for (const auto& [pattern, inner] : patterns->items())
        if (matches(pattern, key)) {
          walk(inner, value, place, secret);
          known = true;
        }
    const Json* others = keyword(schema, "additionalProperties");
    if (known || others == nullptr) return;
    if (others->is_boolean() && !others->get<bool>()) {
      say(place, unknown(properties, key));
    } else {
      walk(*others, value, place, secret);
    }
  }

  static std::string unknown(const Json* properties, const std::string& key) {
    std::vector<std::string> known;
    std::vector<std::string> shown;
    const Json none = Json::object();
    for (const auto& [name, member] : (properties == nullptr ? none : *properties).items()) {
      known.push_back(name);
      shown.push_back(in_quotes(name));
    }
    if (const std::string near = nearest_key(key, known); !near.empty())
      return "is not a known key; did you mean " + in_quotes(near) + "?";
    return "is not a known key; " +
           (known.empty() ? "none is allowed here" : "known here: " + join(shown, ", "));
  }

  std::string missing(const Json& schema, const std::string& key) const {
    const Json* properties = keyword(schema, "properties");
    if (properties == nullptr || !properties->contains(key)) return "is missing";
    const Json* property = follow_ref(root_, *properties->find(key));
    if (property == nullptr) return "is missing";
    std::string out = "is missing: " + allowed_words(root_, *property) + " is needed";
    if (const std::string title = text_at(*property, "title"); !title.empty())
      out += ", the " + title;
    return out;
  }

  void combined(const Json& schema, const Json& value, const std::string& at, bool secret) {
    if (const Json* all = keyword(schema, "allOf"))
      for (const Json& one : *all) walk(one, value, at, secret);
    for (const char* name : {"anyOf", "oneOf"})
      if (const Json* branches = keyword(schema, name))
        choose(schema, *branches, name == std::string_view("oneOf"), value, at, secret);
    if (const Json* wrong = keyword(schema, "not"); wrong != nullptr && fits(*wrong, value))
      say(at, "is " + found_words(value, secret) + ", but anything but " +
                  allowed_words(root_, *wrong) + " is needed");
    const Json* condition = keyword(schema, "if");
    if (condition == nullptr) return;
    const Json* next = keyword(schema, fits(*condition, value) ? "then" : "else");
    if (next != nullptr) walk(*next, value, at, secret);
  }

  // Of branches that all fail, the one is told that got furthest; when none got into the value,
  // what all of them allow.
  void choose(const Json& schema, const Json& branches, bool exactly_one, const Json& value,
              const std::string& at, bool secret) {
    size_t good = 0;
    std::vector<Finding> deepest;
    size_t deepest_at = 0;
    for (const Json& branch : branches) {
      std::vector<Finding> found = look(branch, value, at, secret);
      const bool fitting = tolerable(found);
      if (fitting && ++good == 1) findings_.insert(findings_.end(), found.begin(), found.end());
      if (fitting) continue;
      size_t reached = 0;
      for (const Finding& one : found) reached = std::max(reached, depth(one.problem.pointer));
      if (reached > depth(at) && (deepest.empty() || reached > deepest_at)) {
        deepest = std::move(found);
        deepest_at = reached;
      }
    }
    if (good == 1 || (good > 1 && !exactly_one)) return;
    if (good > 1) return say(at, "fits more than one of the forms that exclude each other");
    if (deepest.empty()) return refuse(schema, value, at, secret);
    findings_.insert(findings_.end(), deepest.begin(), deepest.end());
  }

  const Json& root_;
  bool* choked_;
  std::vector<Finding> findings_;
};

}  // namespace

Walk walk(const Json& root, const Json& schema, const Json& value, const std::string& pointer) {
  Walk out;
  Walker walker(root, &out.choked);
  walker.walk(schema, value, pointer, false);
  out.findings = walker.take();
  return out;
}

bool fits(const Json& root, const Json& schema, const Json& value) {
  const Walk seen = walk(root, schema, value, "");
  return !seen.choked && tolerable(seen.findings);
}

}  // namespace tq
