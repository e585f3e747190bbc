// SPDX-License-Identifier: Apache-2.0
#include "schema/normalise.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/comma_text.hpp"
#include "core/text.hpp"
#include "schema/forms.hpp"
#include "schema/subschema.hpp"
#include "schema/walk.hpp"
#include "schema/words.hpp"

namespace tq {
namespace {

// "7" -> 7, "true" -> true; null when the text is neither.
Json number_or_flag(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  int64_t number = 0;
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  // Only in the one usual form: "007" is no number that somebody means as one.
  if (code != std::errc() || rest != text.data() + text.size() || std::to_string(number) != text)
    return nullptr;
  return number;
}

// A list of text, trimmed, without empties and doubles. Other entries stay.
Json tidy_list(const Json& list) {
  Json out = Json::array();
  for (const Json& entry : list) {
    const Json tidy = entry.is_string() ? Json(trim(entry.get_ref<const std::string&>())) : entry;
    const bool is_empty = tidy.is_string() && tidy.get_ref<const std::string&>().empty();
    if (!is_empty && std::find(out.begin(), out.end(), tidy) == out.end()) out.push_back(tidy);
  }
  return out;
}

// The one choice that `written` is in other letters or with blanks around it, or `written`.
std::string choice_of(const Json& choices, const std::string& written) {
  const Json* found = nullptr;
  for (const Json& choice : choices) {
    if (choice == written) return written;
    if (!choice.is_string() || !equal_no_case(choice.get_ref<const std::string&>(), trim(written)))
      continue;
    if (found != nullptr) return written;  // letters are all that tells two of them apart
    found = &choice;
  }
  return found == nullptr ? written : found->get<std::string>();
}

class Normaliser {
 public:
  Normaliser(const Json& root, PluginSettings* settings) : root_(root), settings_(settings) {}

  void node(const Json& schema_or_ref, Json& value, const std::string& at) {
    const Json* found = follow_ref(root_, schema_or_ref);
    if (found == nullptr || !found->is_object()) return;
    const Json& schema = *found;
    if (flag(schema, "writeOnly")) {
      if (seen_.insert(at).second) settings_->secrets.push_back(at);
      return;
    }
    if (value.is_string()) text(schema, value);
    if (value.is_array()) list(schema, value, at);
    if (value.is_object()) object(schema, value, at);
    if (const Json* all = keyword(schema, "allOf"))
      for (const Json& one : *all) node(one, value, at);
  }

  std::vector<Problem> take() { return std::move(problems_); }

 private:
  void text(const Json& schema, Json& value) {
    const std::string& written = value.get_ref<const std::string&>();
    if (flag(schema, "x-comma")) {
      value = split_comma_text(written);
    } else if (flag(schema, "x-host")) {
      value = flag(schema, "x-https") ? https_host(written) : cut_host(written);
    } else if (flag(schema, "x-url")) {
      value = std::string(trim(written));
    } else if (const Json other = number_or_flag(written); !other.is_null()) {
      // The environment and ThreatQ's form know only text.
      if (!fits(root_, schema, value) && fits(root_, schema, other)) value = other;
    } else if (const Json* choices = keyword(schema, "enum")) {
      value = choice_of(*choices, written);
    }
  }

  void list(const Json& schema, Json& value, const std::string& at) {
    if (flag(schema, "x-comma")) value = tidy_list(value);
    const Json* items = keyword(schema, "items");
    if (items == nullptr) return;
    for (size_t i = 0; i < value.size(); ++i)
      if (!items->is_array() || i < items->size())
        node(items->is_array() ? (*items)[i] : *items, value[i],
             pointer_join(at, std::to_string(i)));
  }

  void object(const Json& schema, Json& value, const std::string& at) {
    const Json* properties = keyword(schema, "properties");
    if (const Json* gone = keyword(schema, "x-removed")) refuse_removed(*gone, value, at);
    if (properties == nullptr) return;
    for (const auto& [key, property_or_ref] : properties->items()) {
      const Json* property = follow_ref(root_, property_or_ref);
      if (property == nullptr) continue;
      const std::string place = pointer_join(at, key);
      rename(old_names(property_or_ref), key, value, at);
      if (!value.contains(key)) add_default(property_or_ref, *property, key, value, place);
      if (const auto member = value.find(key); member != value.end())
        node(*property, *member, place);
    }
  }

  // The key goes, so that it is not told a second time as one that nobody knows.
  void refuse_removed(const Json& removed, Json& value, const std::string& at) {
    for (const auto& [key, how] : removed.items()) {
      if (value.erase(key) == 0) continue;
      problems_.push_back({pointer_join(at, key), "was removed in " + text_at(how, "since") + ": " +
                                                      text_at(how, "instead")});
    }
  }

  void rename(const std::vector<std::string>& names, const std::string& key, Json& value,
              const std::string& at) {
    for (const std::string& old : names) {
      if (!value.contains(old)) continue;
      if (value.contains(key)) {
        problems_.push_back({pointer_join(at, old), "is the old name of " + in_quotes(key) +
                                                        ", which is there too; remove one"});
      } else {
        value[key] = Json(value[old]);
      }
      value.erase(old);
    }
  }

  void add_default(const Json& written, const Json& property, const std::string& key, Json& value,
                   const std::string& place) {
    if (const Json* fallback = keyword(property, "default")) {
      value[key] = *fallback;
      settings_->defaulted[place] = true;
      return;
    }
    // A missing object comes into being for the defaults of its members, if it is complete with
    // them. Not behind a reference: schemas that refer to themselves would never end.
    if (&written != &property || keyword(property, "properties") == nullptr) return;
    PluginSettings inner;
    inner.values = Json::object();
    Normaliser(root_, &inner).node(property, inner.values, place);
    const Json* required = keyword(property, "required");
    const bool complete =
        required == nullptr || std::all_of(required->begin(), required->end(), [&](auto& name) {
          return inner.values.contains(name.template get<std::string>());
        });
    if (inner.values.empty() || !complete) return;
    value[key] = std::move(inner.values);
    settings_->defaulted.insert(inner.defaulted.begin(), inner.defaulted.end());
  }

  const Json& root_;
  PluginSettings* settings_;
  std::vector<Problem> problems_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<std::string> old_names(const Json& property) {
  const Json* names = keyword(property, "x-renamed-from");
  if (names == nullptr) return {};
  if (names->is_string()) return {names->get<std::string>()};
  return names->get<std::vector<std::string>>();
}

std::vector<Problem> normalise(const Json& schema, PluginSettings* settings) {
  Normaliser normaliser(schema, settings);
  normaliser.node(schema, settings->values, "");
  return normaliser.take();
}

}  // namespace tq
