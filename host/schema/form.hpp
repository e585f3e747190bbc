// SPDX-License-Identifier: Apache-2.0
// Form: a plugin's settings as ThreatQ's UI shows them, made from the plugin's schema and nothing
// else, and the two ways between a form's values and a configuration. Values; pure functions; any
// thread. The kinds are our own model (ThreatQ's is not public).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "schema/config.hpp"
#include "schema/plugin_schema.hpp"

namespace tq {

enum class FieldKind { kText, kPassword, kTextarea, kSelect, kMultiselect, kCheckbox, kNumber };
std::string_view field_kind_name(FieldKind kind);  // "text", "password", ...

struct FormOption {
  std::string value, label;
  Json as_configured = nullptr;  // what the value stands for in the schema: "5" for 5
};

struct FormField {
  std::string key;    // of the schema's property
  std::string label;  // its title
  std::string help;   // its description
  std::string group;  // x-group, or empty
  FieldKind kind = FieldKind::kText;
  bool required = false;
  bool mask = false;   // the UI hides the value
  Json default_value;  // as the form writes values; null: none
  std::vector<FormOption> options;
  std::vector<std::string> renamed_from;
  int lines = 1;         // of a textarea
  bool is_list = false;  // of a text: the setting is a list
};

struct Form {
  std::vector<FormField> fields;  // in x-order

  const FormField* find(const std::string& key) const;
};

// REQUIRES: the schema's root is an object schema whose properties are no objects themselves
// (E_CONFIG names the one that is).
Result<Form> make_form(const PluginSchema& schema);

// What `schema --format threatq-ui` prints and what registration sends: key -> definition
// {"label", "kind", "required", "default", "help", "options", "mask", "order"}, in form order; and
// "group" and "lines" where the schema has them.
Json form_definition(const Form& form);

// Values as the UI keeps them -> configuration as the schema takes it: "8443" -> 8443 for a number,
// "1", "true", true, "Y" -> true and "" -> false for a checkbox, lists and comma text for
// multi-values, choices without case, 7 -> "7" for any text. Null means "not set", so that the
// default applies; so do empty text and empty list, but for a checkbox that is off and a
// multi-select without a choice. What cannot be read stays as it is, for the schema to refuse. A
// password that the server hides counts as not set. Keys that the form does not have, and old names
// of those it has, are left out.
Json config_from_form(const Form& form, const std::map<std::string, Json>& values);

// What a server shows in the place of a secret: nothing but asterisks or bullets.
bool is_mask_text(const Json& value);

// A configuration's value as the form writes it: lists as comma text for text fields, booleans as
// booleans, numbers as numbers.
Json form_value(const FormField& field, const Json& value);

// The name of an instance's record in ThreatQ: record_name, else the plugin's own name for its
// default instance, else the instance's name.
std::string record_name_of(const InstanceConfig& instance, const std::string& default_instance,
                           const std::string& plugin_name);

}  // namespace tq
