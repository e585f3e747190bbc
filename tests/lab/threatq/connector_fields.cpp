// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/connector_fields.hpp"

#include <algorithm>

#include "lab/threatq/call.hpp"
#include "lab/threatq/refusal.hpp"

namespace lab::threatq {
namespace {

constexpr std::size_t kLongestKey = 100;
constexpr const char* kHidden = "********";

[[noreturn]] void refuse(const std::string& key, const std::string& why) {
  invalid("custom_fields", '"' + key + "\" " + why);
}

bool is_text_or_nothing(const Json& value) { return value.is_string() || value.is_null(); }

bool is_number(const Json& value) {
  if (!value.is_string()) return value.is_number();
  const auto& text = value.get_ref<const std::string&>();
  return text.find_first_not_of("0123456789+-.eE") == std::string::npos;
}

bool is_option(const Json& options, const Json& value) {
  return std::any_of(options.begin(), options.end(),
                     [&](const Json& option) { return option.at("value") == value; });
}

// A list of those of the options, or their comma text.
bool are_texts(const Json& value) {
  return value.is_string() ||
         (value.is_array() && std::all_of(value.begin(), value.end(),
                                          [](const Json& item) { return item.is_string(); }));
}

void check_value(const std::string& key, const Json& field, const Json& value) {
  if (value.is_null()) return;
  const std::string kind = field.at("kind");
  // The reason names the kind only: a value may be a secret.
  const bool fits = kind == "checkbox"      ? is_flag(value)
                    : kind == "number"      ? is_number(value)
                    : kind == "multiselect" ? are_texts(value)
                    : kind == "select"      ? value == "" || is_option(field.at("options"), value)
                                            : value.is_string();
  if (!fits) refuse(key, "has a value that does not fit a field of the kind " + kind);
}

void check_options(const std::string& key, const Json& options) {
  if (!options.is_array()) refuse(key, "needs a list of options");
  for (const Json& option : options) {
    allow_members(option, {"value", "label"});
    if (!option.contains("value") || !option["value"].is_string() || !option.contains("label") ||
        !option["label"].is_string())
      refuse(key, "has an option without value and label");
  }
}

void check_definition(const std::string& key, const Json& field) {
  allow_members(field, {"label", "kind", "required", "default", "help", "options", "mask", "order",
                        "group", "lines", "value"});
  const Json label = field.value("label", Json());
  if (!label.is_string() || label == "") refuse(key, "needs a label");
  const Json& kind = field.at("kind");
  constexpr const char* kKinds[] = {"text",        "password", "textarea", "select",
                                    "multiselect", "checkbox", "number"};
  if (std::find(std::begin(kKinds), std::end(kKinds), kind) == std::end(kKinds))
    refuse(key, "is of an unknown kind");
  for (const char* flag : {"required", "mask"})
    if (!field.value(flag, Json(false)).is_boolean()) refuse(key, "has a flag that is none");
  for (const char* text : {"help", "group"})
    if (!is_text_or_nothing(field.value(text, Json()))) refuse(key, "has a text that is none");
  for (const char* number : {"order", "lines"})
    if (!field.value(number, Json(0U)).is_number_unsigned())
      refuse(key, "has a number that is none");
  check_options(key, field.at("options"));
  check_value(key, field, field.value("default", Json()));
}

}  // namespace

bool is_flag(const Json& value) {
  return value.is_boolean() || value == 0 || value == 1 || value == "0" || value == "1";
}

void change_fields(Json& fields, const Json& sent, bool replaces) {
  if (!sent.is_object()) invalid("custom_fields", "must be an object");
  if (fields.is_string()) fields = Json::parse(fields.get<std::string>(), nullptr, false);
  if (!fields.is_object()) fields = Json::object();
  const Json before = fields;
  if (replaces) fields = Json::object();
  for (const auto& [key, members] : sent.items()) {
    if (key.empty() || key.size() > kLongestKey) invalid("custom_fields", "has a key that is none");
    if (members.is_null()) {
      fields.erase(key);
      continue;
    }
    const Json stood = before.value(key, Json());
    if (members == stood) {
      fields[key] = members;
      continue;
    }
    if (!members.is_object()) refuse(key, "must be an object, its definition and value, or null");
    Json field = {{"kind", "text"}, {"options", Json::array()}, {"value", nullptr}};
    if (fields.contains(key) && fields[key].is_object()) field.update(fields[key]);
    field.update(members);
    check_definition(key, field);
    const bool typed = stood.is_object() && stood.value("value", Json()) == field["value"];
    if (members.contains("value") && !typed) check_value(key, field, members["value"]);
    fields[key] = std::move(field);
  }
}

void hide_secrets(Json& fields) {
  for (auto& [key, field] : fields.items()) {
    const bool secret = field.is_object() && field.value("kind", Json()) == "password";
    if (!secret || !field.contains("value")) continue;
    if (const Json& value = field["value"]; !value.is_null() && value != "")
      field["value"] = kHidden;
  }
}

}  // namespace lab::threatq
