// SPDX-License-Identifier: Apache-2.0
#include "threatq/connector_record.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "threatq/ids.hpp"

namespace tq {
namespace {

bool is_nothing(const Json& json) { return json.is_null() || json == "" || json.empty(); }

std::string scalar_text(const Json& json) {
  return json.is_string() ? json.get<std::string>() : dump_json(json);
}

// Whether the server's copy of a definition's member still says the same: servers keep flags as
// 0 and 1, numbers as text, and empty things as null.
bool same(const Json& wanted, const Json& kept) {
  if (wanted.is_boolean()) return wanted.get<bool>() == switched_on(kept);
  if (is_nothing(wanted) || is_nothing(kept)) return is_nothing(wanted) && is_nothing(kept);
  if (wanted.is_primitive()) return kept.is_primitive() && scalar_text(wanted) == scalar_text(kept);
  if (wanted.is_array() != kept.is_array() || wanted.size() != kept.size()) return false;
  for (const auto& [key, item] : wanted.items()) {
    const Json* other = json_at(kept, pointer_join("", key));
    if (other == nullptr || !same(item, *other)) return false;
  }
  return true;
}

// The server may keep more in a field than we wrote.
bool same_definition(const Json& wanted, const Json& kept) {
  for (const auto& [name, member] : wanted.items()) {
    const auto found = kept.find(name);
    if (!same(member, found == kept.end() ? Json() : *found)) return false;
  }
  return true;
}

// By the form, also under an old name, or by what the record itself says of the field.
bool is_secret(const std::string& key, const Json& field, const Form& form) {
  for (const FormField& known : form.fields) {
    const auto& old = known.renamed_from;
    if (known.mask && (known.key == key || std::find(old.begin(), old.end(), key) != old.end()))
      return true;
  }
  return field.is_object() &&
         (switched_on(field.value("mask", Json())) ||
          field.value("kind", Json()) == field_kind_name(FieldKind::kPassword));
}

// The keys of secrets that the server hides.
std::vector<std::string> hidden_keys(const Json& fields, const Form& form) {
  std::vector<std::string> keys;
  for (const auto& [key, field] : fields.items())
    if (is_secret(key, field, form) && is_mask_text(field_value(field))) keys.push_back(key);
  return keys;
}

Json with_changes(Json fields, const FormChanges& changes) {
  for (const auto& [key, change] : changes.fields.items()) {
    if (change.is_null()) {
      fields.erase(key);
      continue;
    }
    Json& field = fields[key];
    if (!field.is_object()) field = Json::object();
    field.update(change);
  }
  return fields;
}

class Comparison {
 public:
  Comparison(const Json& fields, const ConnectorDefinition& wanted)
      : fields_(fields), wanted_(wanted) {}

  FormChanges changes() {
    const Json definitions = form_definition(wanted_.form);
    for (const FormField& field : wanted_.form.fields)
      compare(field, definitions.value(field.key, Json::object()));
    for (const auto& [key, field] : fields_.items())
      if (wanted_.form.find(key) == nullptr && !changes_.fields.contains(key))
        changes_.unknown.push_back(key);
    return std::move(changes_);
  }

 private:
  void compare(const FormField& field, const Json& definition) {
    const auto kept = fields_.find(field.key);
    if (kept == fields_.end()) {
      add(field, definition);
    } else if (!kept->is_object()) {  // a bare value, which becomes the field's
      Json& made = changes_.fields[field.key] = definition;
      if (!field.mask || !is_mask_text(*kept)) made["value"] = *kept;
    } else if (!same_definition(definition, *kept)) {
      changes_.fields[field.key] = definition;
    }
  }

  void add(const FormField& field, Json made) {
    const auto initial = wanted_.initial.find(field.key);
    made["value"] = initial == wanted_.initial.end() ? Json() : initial->second;
    for (const std::string& old : field.renamed_from) {
      const auto kept = fields_.find(old);
      if (kept == fields_.end() || wanted_.form.find(old) != nullptr ||
          changes_.fields.contains(old))
        continue;
      const Json value = field_value(*kept);
      if (field.mask && is_mask_text(value)) continue;  // nobody here can move it
      if (!value.is_null()) {
        if (changes_.moved.count(field.key) != 0) continue;  // of two values one stays where it is
        made["value"] = value;
        changes_.moved[field.key] = old;
      }
      changes_.fields[old] = nullptr;
    }
    changes_.fields[field.key] = std::move(made);
  }

  const Json& fields_;
  const ConnectorDefinition& wanted_;
  FormChanges changes_;
};

}  // namespace

std::string connector_target(const std::string& id) {
  return "/api/connectors/" + percent_encode(id);
}

const Json* record_in(const Json& answer) {
  const Json* data = json_at(answer, "/data");
  if (data != nullptr && data->is_array() && data->size() == 1) data = &data->front();
  return data != nullptr && data->is_object() && !id_text(*data).empty() ? data : nullptr;
}

Result<Json> custom_fields(const Json& record) {
  const auto found = record.find("custom_fields");
  if (found == record.end() || is_nothing(*found)) return Json::object();
  if (found->is_object()) return *found;
  if (!found->is_string())
    return Error{Status::kData,
                 std::string("custom_fields is neither an object nor its text, but of type ") +
                     found->type_name()};
  auto parsed = parse_json(found->get_ref<const std::string&>(), "custom_fields");
  if (parsed && is_nothing(*parsed)) return Json::object();
  if (!parsed || !parsed->is_object())
    return Error{Status::kData, "custom_fields is a text that is not JSON of an object"};
  return parsed;
}

Json field_value(const Json& field) {
  if (!field.is_object()) return field;
  const auto value = field.find("value");
  return value == field.end() ? Json() : *value;
}

std::optional<uint64_t> default_status_id(const Json& record) {
  const auto found = record.find("indicator_status_id");
  if (found == record.end()) return {};
  const auto id = as_id(*found);
  return id && *id > 0 ? id : std::nullopt;
}

FormChanges form_changes(const Json& fields, const ConnectorDefinition& wanted) {
  return Comparison(fields, wanted).changes();
}

Json fields_to_write(const Json& fields, const FormChanges& changes, const Form& form) {
  if (!hidden_keys(fields, form).empty()) return changes.fields;
  Json whole = with_changes(fields, changes);
  for (auto& [key, field] : whole.items()) {
    const Json value = field_value(field);
    const bool is_new = changes.fields.value(key, Json::object()).contains("value");
    if (!is_new && field.is_object() &&
        (value.is_null() || (value == "" && is_secret(key, field, form))))
      field.erase("value");
  }
  for (const auto& [key, change] : changes.fields.items())
    if (change.is_null()) whole[key] = nullptr;
  return whole;
}

Json repair(const Json& before, const FormChanges& changes, const Json& after, const Form& form) {
  Json whole = with_changes(before, changes);
  for (const std::string& key : hidden_keys(whole, form)) {
    Json& field = whole[key];
    if (field.is_object()) {
      field.erase("value");
    } else {
      whole.erase(key);
    }
  }
  for (const auto& [key, field] : whole.items()) {
    const auto kept = after.find(key);
    if (!field_value(field).is_null() && (kept == after.end() || field_value(*kept).is_null()))
      return whole;
  }
  return nullptr;
}

std::vector<std::string> masked_values(const Json& fields, const ConnectorDefinition& definition) {
  std::vector<std::string> values;
  const auto take = [&](const std::string& key, const Json& field) {
    const Json value = field_value(field);
    if (is_secret(key, field, definition.form) && !is_nothing(value) && !is_mask_text(value))
      values.push_back(scalar_text(value));
  };
  for (const auto& [key, field] : fields.items()) take(key, field);
  for (const auto& [key, value] : definition.initial) take(key, value);
  return values;
}

}  // namespace tq
