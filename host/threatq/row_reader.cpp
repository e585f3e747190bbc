// SPDX-License-Identifier: Apache-2.0
#include "threatq/row_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/text.hpp"
#include "threatq/client.hpp"
#include "threatq/ids.hpp"
#include "threatq/timestamp.hpp"

namespace tq {
namespace {

namespace od = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;

// Leaves the function when the document turns out to be broken.
#define TQ_JSON(expression) \
  if (const error_code failure_ = (expression); failure_ != SUCCESS) return failure_

// Text as it is; nothing for other kinds.
error_code read_text(od::value value, std::string_view* out) {
  od::json_type type;
  TQ_JSON(value.type().get(type));
  return type == od::json_type::string ? value.get_string().get(*out) : SUCCESS;
}

// A number, or text that is one.
error_code read_decimal(od::value value, std::optional<double>* out) {
  od::json_type type;
  TQ_JSON(value.type().get(type));
  double number = 0;
  if (type == od::json_type::number) {
    TQ_JSON(value.get_double().get(number));
  } else if (type == od::json_type::string) {
    std::string_view text;
    TQ_JSON(value.get_string().get(text));
    text = trim(text);
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return SUCCESS;
  } else {
    return SUCCESS;
  }
  if (std::isfinite(number)) *out = number;
  return SUCCESS;
}

// A name, or an object with name and id, or an id.
error_code read_named(od::value value, Named* out) {
  od::json_type type;
  TQ_JSON(value.type().get(type));
  if (type == od::json_type::string) return value.get_string().get(out->name);
  if (type == od::json_type::number) return read_number(value, &out->id);
  if (type != od::json_type::object) return SUCCESS;
  od::object object;
  TQ_JSON(value.get_object().get(object));
  for (auto item : object) {
    od::field field;
    TQ_JSON(std::move(item).get(field));
    std::string_view key;
    TQ_JSON(field.unescaped_key().get(key));
    if (key == "name") {
      TQ_JSON(read_text(field.value(), &out->name));
    } else if (key == "id") {
      TQ_JSON(read_number(field.value(), &out->id));
    }
  }
  return SUCCESS;
}

// A number, or {"manual_score", "generated_score"}: what a person set goes first.
error_code read_score(od::value value, int16_t* out) {
  od::json_type type;
  TQ_JSON(value.type().get(type));
  std::optional<double> manual, generated;
  if (type == od::json_type::object) {
    od::object object;
    TQ_JSON(value.get_object().get(object));
    for (auto item : object) {
      od::field field;
      TQ_JSON(std::move(item).get(field));
      std::string_view key;
      TQ_JSON(field.unescaped_key().get(key));
      if (key == "manual_score") {
        TQ_JSON(read_decimal(field.value(), &manual));
      } else if (key == "generated_score") {
        TQ_JSON(read_decimal(field.value(), &generated));
      }
    }
  } else {
    TQ_JSON(read_decimal(value, &generated));
  }
  if (!manual) manual = generated;
  if (manual) *out = static_cast<int16_t>(std::lround(std::clamp(*manual, 0.0, 10.0)));
  return SUCCESS;
}

}  // namespace

error_code read_number(od::value value, std::optional<uint64_t>* out) {
  od::json_type type;
  TQ_JSON(value.type().get(type));
  if (type == od::json_type::number) {
    uint64_t number = 0;
    // A number that is none of ours (negative, with a point) is not a broken document.
    if (value.get_uint64().get(number) == SUCCESS) *out = number;
  } else if (type == od::json_type::string) {
    std::string_view text;
    TQ_JSON(value.get_string().get(text));
    *out = parse_id(text);
  }
  return SUCCESS;
}

error_code read_row(od::object object, uint32_t columns, Row* row) {
  if ((columns & kColumnRaw) != 0) {
    TQ_JSON(object.raw_json().get(row->raw));
    row->raw = trim(row->raw);  // up to the next token, that is with blanks behind
    bool begun = false;
    TQ_JSON(object.reset().get(begun));
  }
  for (auto item : object) {
    od::field field;
    TQ_JSON(std::move(item).get(field));
    std::string_view key;
    TQ_JSON(field.unescaped_key().get(key));
    if (key == "id") {
      TQ_JSON(read_number(field.value(), &row->id));
    } else if (key == "value" && (columns & kColumnValue) != 0) {
      TQ_JSON(read_text(field.value(), &row->value));
    } else if (key == "type" && (columns & kColumnType) != 0) {
      TQ_JSON(read_named(field.value(), &row->type));
    } else if (key == "type_id" && (columns & kColumnType) != 0) {
      TQ_JSON(read_number(field.value(), &row->type.id));
    } else if (key == "status" && (columns & kColumnStatus) != 0) {
      TQ_JSON(read_named(field.value(), &row->status));
    } else if (key == "status_id" && (columns & kColumnStatus) != 0) {
      TQ_JSON(read_number(field.value(), &row->status.id));
    } else if (key == "score" && (columns & kColumnScore) != 0) {
      TQ_JSON(read_score(field.value(), &row->score));
    } else if (key == "updated_at" && (columns & kColumnUpdated) != 0) {
      std::string_view text;
      TQ_JSON(read_text(field.value(), &text));
      row->updated_ms = parse_timestamp(text);
    }
  }
  return SUCCESS;
}

}  // namespace tq
