// SPDX-License-Identifier: Apache-2.0
#include "schema/form.hpp"

#include <algorithm>

#include "schema/normalise.hpp"
#include "schema/settings_list.hpp"
#include "schema/subschema.hpp"

namespace tq {
namespace {

constexpr int kUsualTextareaLines = 5;

// The types that a schema allows, without null: a form writes no null.
std::vector<std::string> types_of(const Json& schema) {
  std::vector<std::string> out;
  const Json* type = keyword(schema, "type");
  if (type == nullptr) return out;
  for (const Json& one : type->is_array() ? *type : Json::array({*type}))
    if (one != "null") out.push_back(one.get<std::string>());
  return out;
}

bool is_only(const Json& schema, std::initializer_list<const char*> allowed) {
  const std::vector<std::string> types = types_of(schema);
  return !types.empty() && std::all_of(types.begin(), types.end(), [&](const std::string& type) {
    return std::find(allowed.begin(), allowed.end(), type) != allowed.end();
  });
}

std::string choice_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// Of the "enum" of `schema`; labels may stand there or at the list that it is the entry of.
std::vector<FormOption> options_of(const Json& schema, const Json& labels_at) {
  std::vector<FormOption> out;
  const Json* values = keyword(schema, "enum");
  if (values == nullptr) return out;
  const Json* labels = keyword(schema, "x-enum-labels");
  if (labels == nullptr) labels = keyword(labels_at, "x-enum-labels");
  for (const Json& value : *values) {
    if (value.is_null()) continue;
    const std::string text = choice_text(value);
    out.push_back({text, labels == nullptr ? text : text_at(*labels, text.c_str(), text), value});
  }
  return out;
}

void choose_kind(const Json& root, const Json& schema, FormField* field) {
  const Json* items = keyword(schema, "items");
  const Json* entry = items == nullptr ? nullptr : follow_ref(root, *items);
  const Json* lines = keyword(schema, "x-lines");
  if (flag(schema, "writeOnly")) {
    field->kind = FieldKind::kPassword;
    field->mask = true;
  } else if (keyword(schema, "enum") != nullptr) {
    field->kind = FieldKind::kSelect;
    field->options = options_of(schema, schema);
  } else if (is_only(schema, {"boolean"})) {
    field->kind = FieldKind::kCheckbox;
  } else if (is_only(schema, {"integer", "number"})) {
    field->kind = FieldKind::kNumber;
  } else if (is_only(schema, {"array"}) && entry != nullptr && keyword(*entry, "enum") != nullptr) {
    field->kind = FieldKind::kMultiselect;
    field->options = options_of(*entry, schema);
  } else if (is_only(schema, {"array"})) {
    field->is_list = true;
  } else if (lines != nullptr) {
    field->kind = FieldKind::kTextarea;
    field->lines = lines->is_number_integer() ? lines->get<int>() : kUsualTextareaLines;
  }
}

// What has no place in a form: objects, and lists of them.
bool has_no_field(const Json& root, const Setting& setting) {
  const Json* items = keyword(*setting.schema, "items");
  const Json* entry = items == nullptr ? nullptr : follow_ref(root, *items);
  return setting.path.size() > 1 || is_only(*setting.schema, {"object"}) ||
         (entry != nullptr && is_only(*entry, {"object"}));
}

}  // namespace

std::string_view field_kind_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::kText:
      return "text";
    case FieldKind::kPassword:
      return "password";
    case FieldKind::kTextarea:
      return "textarea";
    case FieldKind::kSelect:
      return "select";
    case FieldKind::kMultiselect:
      return "multiselect";
    case FieldKind::kCheckbox:
      return "checkbox";
    case FieldKind::kNumber:
      return "number";
  }
  return "text";
}

const FormField* Form::find(const std::string& key) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FormField& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

Result<Form> make_form(const PluginSchema& schema) {
  const Json& root = schema.json();
  Form form;
  for (const Setting& setting : list_settings(root, root)) {
    const std::string& key = setting.path.front();
    if (has_no_field(root, setting))
      return Error{Status::kConfig, "the setting \"" + key + "\" of " +
                                        text_at(root, "title", "the plugin") +
                                        " is an object, which has no place in a form of ThreatQ; "
                                        "set config_source to file"};
    FormField field;
    field.key = key;
    field.label = title_of(setting);
    field.help = text_at(*setting.schema, "description");
    field.group = text_at(*setting.schema, "x-group");
    field.required = setting.required;
    // A name belongs to the place, which a reference does not carry.
    if (const Json* written = json_at(root, pointer_join("/properties", key)))
      field.renamed_from = old_names(*written);
    choose_kind(root, *setting.schema, &field);
    if (const Json* fallback = keyword(*setting.schema, "default"))
      field.default_value = form_value(field, *fallback);
    form.fields.push_back(std::move(field));
  }
  return form;
}

Json form_definition(const Form& form) {
  Json out = Json::object();
  int order = 0;
  for (const FormField& field : form.fields) {
    Json options = Json::array();
    for (const FormOption& option : field.options)
      options.push_back({{"value", option.value}, {"label", option.label}});
    Json definition = {{"label", field.label},       {"kind", field_kind_name(field.kind)},
                       {"required", field.required}, {"default", field.default_value},
                       {"help", field.help},         {"options", std::move(options)},
                       {"mask", field.mask},         {"order", ++order}};
    if (!field.group.empty()) definition["group"] = field.group;
    if (field.kind == FieldKind::kTextarea) definition["lines"] = field.lines;
    out[field.key] = std::move(definition);
  }
  return out;
}

std::string record_name_of(const InstanceConfig& instance, const std::string& default_instance,
                           const std::string& plugin_name) {
  if (!instance.record_name.empty()) return instance.record_name;
  return instance.name == default_instance ? plugin_name : instance.name;
}

}  // namespace tq
