// SPDX-License-Identifier: Apache-2.0
#include "schema/scalar.hpp"

#include <algorithm>
#include <cmath>

#include "schema/forms.hpp"
#include "schema/subschema.hpp"

namespace tq {
namespace {

bool is_of_type(const Json& value, const Json& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

bool is_multiple(const Json& number, const Json& step) {
  const double ratio = number.get<double>() / step.get<double>();
  return std::abs(ratio - std::round(ratio)) < 1e-9 * std::max(1.0, std::abs(ratio));
}

}  // namespace

bool same_json(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, member] : a.items()) {
      const auto other = b.find(key);
      if (other == b.end() || !same_json(member, *other)) return false;
    }
    return true;
  }
  if (a.is_array() && b.is_array())
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_json);
  return a == b;
}

bool has_allowed_type(const Json& schema, const Json& value) {
  const Json* type = keyword(schema, "type");
  if (type == nullptr) return true;
  if (!type->is_array()) return is_of_type(value, *type);
  return std::any_of(type->begin(), type->end(),
                     [&](const Json& one) { return is_of_type(value, one); });
}

bool has_allowed_value(const Json& schema, const Json& value) {
  const Json* only = keyword(schema, "const");
  if (only != nullptr && !same_json(*only, value)) return false;
  const Json* list = keyword(schema, "enum");
  return list == nullptr || std::any_of(list->begin(), list->end(),
                                        [&](const Json& one) { return same_json(one, value); });
}

bool is_in_range(const Json& schema, const Json& number) {
  const Json* least = keyword(schema, "minimum");
  const Json* most = keyword(schema, "maximum");
  const Json* above = keyword(schema, "exclusiveMinimum");
  const Json* below = keyword(schema, "exclusiveMaximum");
  const Json* step = keyword(schema, "multipleOf");
  return (least == nullptr || !(number < *least)) && (most == nullptr || !(*most < number)) &&
         (above == nullptr || *above < number) && (below == nullptr || number < *below) &&
         (step == nullptr || is_multiple(number, *step));
}

bool has_form(const Json& schema, const std::string& text) {
  // An empty text is "not set"; minLength says when that is not allowed.
  const bool set = !text.empty();
  if (set && flag(schema, "x-host") && !is_host(text)) return false;
  if (set && flag(schema, "x-url") && !is_url(text)) return false;
  if (set && flag(schema, "x-https") && is_plain_http(text)) return false;
  if (set && flag(schema, "x-file") && !is_absolute_path(text)) return false;
  const std::string format = text_at(schema, "format");
  if (format == "uri") return is_uri(text);
  if (format == "ipv4") return is_ipv4(text);
  if (format == "date") return is_date(text);
  if (format == "time") return is_time(text);
  return format != "date-time" || is_date_time(text);
}

size_t characters(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace tq
