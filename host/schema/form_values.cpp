// SPDX-License-Identifier: Apache-2.0
// The two ways between a form's values and a configuration.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/comma_text.hpp"
#include "core/text.hpp"
#include "schema/form.hpp"
#include "schema/settings_list.hpp"

namespace tq {
namespace {

constexpr double kLargestExact = 9007199254740992.0;  // 2^53: whole numbers are exact up to here

constexpr std::string_view kMasks[] = {"*", "\u2022", "\u25cf"};  // an asterisk, two bullets

bool is_blank(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_array()) return value.empty();
  return value.is_string() && trim(value.get_ref<const std::string&>()).empty();
}

Json whole_if_possible(double number) {
  if (std::trunc(number) == number && std::abs(number) <= kLargestExact)
    return static_cast<int64_t>(number);
  return number;
}

Json number_from(const Json& value) {
  if (value.is_number_float()) return whole_if_possible(value.get<double>());
  if (!value.is_string()) return value;
  const std::string_view text = trim(value.get_ref<const std::string&>());
  const char* const end = text.data() + text.size();
  int64_t whole = 0;
  if (const auto [rest, code] = std::from_chars(text.data(), end, whole);
      code == std::errc() && rest == end)
    return whole;
  double number = 0;
  if (const auto [rest, code] = std::from_chars(text.data(), end, number);
      code == std::errc() && rest == end && std::isfinite(number))
    return whole_if_possible(number);
  return value;
}

Json flag_from(const Json& value) {
  const std::string text = to_lower(trim(plain_text(value)));
  if (text.empty()) return false;  // as forms of the web send a box without a tick
  for (const char* on : {"true", "1", "y", "yes", "on"})
    if (text == on) return true;
  for (const char* off : {"false", "0", "n", "no", "off"})
    if (text == off) return false;
  return value;
}

// By the choice's value, else without case, by its value or by what people see of it.
Json choice_from(const FormField& field, const Json& value) {
  const std::string text =
      plain_text(value.is_number_float() ? whole_if_possible(value.get<double>()) : value);
  for (const FormOption& option : field.options)
    if (option.value == text) return option.as_configured;
  for (const FormOption& option : field.options)
    if (equal_no_case(option.value, trim(text)) || equal_no_case(option.label, trim(text)))
      return option.as_configured;
  return value;
}

Json entries_from(const Json& value) {
  if (!value.is_string()) return value;
  Json out = Json::array();
  for (std::string& entry : split_comma_text(value.get_ref<const std::string&>()))
    out.push_back(std::move(entry));
  return out;
}

Json choices_from(const FormField& field, const Json& value) {
  const Json entries = entries_from(value);
  if (!entries.is_array()) return value;
  Json out = Json::array();
  for (const Json& entry : entries)
    if (!is_blank(entry)) out.push_back(choice_from(field, entry));
  return out;
}

// A form knows only text; what looks like a number is one for whoever keeps its values.
Json as_text(const Json& value) { return value.is_number() ? Json(dump_json(value)) : value; }

Json text_from(const FormField& field, const Json& value) {
  const Json text = as_text(value);
  if (field.is_list) return entries_from(text);
  return text.is_string() ? Json(trim(text.get_ref<const std::string&>())) : text;
}

Json config_value(const FormField& field, const Json& value) {
  switch (field.kind) {
    case FieldKind::kNumber:
      return number_from(value);
    case FieldKind::kCheckbox:
      return flag_from(value);
    case FieldKind::kSelect:
      return choice_from(field, value);
    case FieldKind::kMultiselect:
      return choices_from(field, value);
    case FieldKind::kText:
      return text_from(field, value);
    case FieldKind::kPassword:
    case FieldKind::kTextarea:
      return as_text(value);
  }
  return value;
}

bool is_not_set(const FormField& field, const Json& value) {
  switch (field.kind) {
    case FieldKind::kPassword:
      // Blanks may be a password; only the schema can say that they are none.
      return value.is_null() || value == "" || is_mask_text(value);
    case FieldKind::kCheckbox:
    case FieldKind::kMultiselect:
      return value.is_null();  // what is empty was emptied by a person
    case FieldKind::kText:
    case FieldKind::kTextarea:
    case FieldKind::kSelect:
    case FieldKind::kNumber:
      break;
  }
  return is_blank(value);
}

}  // namespace

bool is_mask_text(const Json& value) {
  if (!value.is_string()) return false;
  std::string_view rest = trim(value.get_ref<const std::string&>());
  if (rest.empty()) return false;
  while (!rest.empty()) {
    const auto mask = std::find_if(std::begin(kMasks), std::end(kMasks),
                                   [&](std::string_view one) { return rest.starts_with(one); });
    if (mask == std::end(kMasks)) return false;
    rest.remove_prefix(mask->size());
  }
  return true;
}

Json config_from_form(const Form& form, const std::map<std::string, Json>& values) {
  Json out = Json::object();
  for (const FormField& field : form.fields) {
    const auto given = values.find(field.key);
    if (given == values.end() || is_not_set(field, given->second)) continue;
    Json value = config_value(field, given->second);
    if (!is_not_set(field, value)) out[field.key] = std::move(value);
  }
  return out;
}

Json form_value(const FormField& field, const Json& value) {
  switch (field.kind) {
    case FieldKind::kSelect:
      return value.is_null() ? value : Json(plain_text(value));
    case FieldKind::kMultiselect: {
      Json out = Json::array();
      for (const Json& entry : value) out.push_back(plain_text(entry));
      return out;
    }
    case FieldKind::kText:
      return value.is_array() ? Json(plain_text(value)) : value;
    case FieldKind::kPassword:
    case FieldKind::kTextarea:
    case FieldKind::kCheckbox:
    case FieldKind::kNumber:
      break;
  }
  return value;
}

}  // namespace tq
