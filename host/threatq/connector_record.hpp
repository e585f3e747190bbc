// SPDX-License-Identifier: Apache-2.0
// A connector's record as ThreatQ keeps it, in the shapes that it may have, and what has to be
// written so that its form is the one a plugin wants. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "threatq/connector.hpp"

namespace tq {

// The path of its calls.
std::string connector_target(const std::string& id);

// The record in an answer's "data", also when it is a list of one; null: there is none.
const Json* record_in(const Json& answer);

// "custom_fields", by key: an object, its JSON text, or nothing. E_DATA says what else it is.
Result<Json> custom_fields(const Json& record);

// What stands in a field: its member "value" or, in records without definitions, itself. Null: no
// value.
Json field_value(const Json& field);

// The record's default status; none: not set.
std::optional<uint64_t> default_status_id(const Json& record);

struct FormChanges {
  // As a server takes it that merges: whole definitions of fields that are new or look different, a
  // "value" only for those that are new; null for a field that goes. Empty: nothing to do.
  Json fields = Json::object();
  std::map<std::string, std::string> moved;  // new key -> old key whose value it takes
  std::vector<std::string> unknown;          // keys that the form does not have
};

// `fields`: as custom_fields() gives them.
FormChanges form_changes(const Json& fields, const ConnectorDefinition& wanted);

// "custom_fields" of the write that makes them: all fields, so that it comes out the same whether
// the server merges them or replaces them. But a server that hides secrets would keep its
// asterisks: it gets the changes alone. One that hides them as nothing is not told that they are
// nothing.
Json fields_to_write(const Json& fields, const FormChanges& changes, const Form& form);

// After a write: null when every value of `before` that was not to go still stands in `after`. Else
// the server lost them, and this is the whole "custom_fields" that puts it right.
Json repair(const Json& before, const FormChanges& changes, const Json& after, const Form& form);

// Texts behind secret fields, of the record and of the definition, also under old names.
std::vector<std::string> masked_values(const Json& fields, const ConnectorDefinition& definition);

}  // namespace tq
