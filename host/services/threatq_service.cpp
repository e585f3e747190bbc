// SPDX-License-Identifier: Apache-2.0
#include "services/threatq_service.hpp"

#include <limits>
#include <utility>

#include "core/text.hpp"

namespace tq {
namespace {

Error bug(const std::string& what) { return {Status::kBug, "threatq.open: " + what}; }

uint32_t column_bit(std::string_view name) {
  if (name == "value") return kColumnValue;
  if (name == "type") return kColumnType;
  if (name == "status") return kColumnStatus;
  if (name == "score") return kColumnScore;
  if (name == "updated_ms") return kColumnUpdated;
  if (name == "raw") return kColumnRaw;
  return 0;
}

Result<uint32_t> read_columns(const Json& list) {
  if (!list.is_array()) return bug("\"columns\" is not a list");
  uint32_t columns = 0;
  for (const Json& item : list) {
    if (!item.is_string()) return bug("\"columns\" lists something that is not text");
    const std::string& name = item.get_ref<const std::string&>();
    const uint32_t bit = column_bit(name);
    if (bit == 0)
      return Error{Status::kUnsupported,
                   "threatq.open: unknown column \"" + printable(name) + "\""};
    columns |= bit;
  }
  return columns;
}

Result<int64_t> read_time(const Json& value) {
  const bool fits =
      value.is_number_integer() &&
      (!value.is_number_unsigned() ||
       value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
  if (!fits) return bug("\"since\" is not a time in milliseconds");
  return value.get<int64_t>();
}

Result<ReadSpec> read_spec(std::string_view text) {
  auto json = parse_json(text, "the spec");
  if (!json) return bug(json.error().message);
  if (!json->is_object()) return bug("the spec is not a JSON object");
  ReadSpec spec;
  for (const auto& [name, value] : json->items()) {
    if (name == "collection") {
      if (!value.is_string()) return bug("\"collection\" is not text");
      spec.collection = value.get<std::string>();
    } else if (name == "columns") {
      TQ_ASSIGN(spec.columns, read_columns(value));
    } else if (name == "since") {
      TQ_ASSIGN(spec.since_ms, read_time(value));
    } else if (name == "value") {
      if (!value.is_string()) return bug("\"value\" is not text");
      spec.value = value.get<std::string>();
    } else {
      return Error{Status::kUnsupported,
                   "threatq.open: unknown member \"" + printable(name) + "\""};
    }
  }
  if (!json->contains("collection")) return bug("the spec has no \"collection\"");
  return spec;
}

}  // namespace

Result<tqp_cursor*> ThreatqService::open(std::string_view spec_json) {
  TQ_ASSIGN(const ReadSpec spec, read_spec(spec_json));
  TQ_ASSIGN(auto rows, client_.open(spec));
  return cursors_.add(
      std::make_unique<tqp_cursor>(tqp_cursor{nullptr, spec.columns, std::move(rows)}));
}

Result<const IndicatorBatch*> ThreatqService::next(tqp_cursor& cursor) {
  if (cursor.ended.has_value()) {
    if (cursor.ended->status == Status::kEnd) return nullptr;
    return *cursor.ended;
  }
  Result<const IndicatorBatch*> batch = cursor.rows->next();
  if (!batch) {
    cursor.ended = batch.error();
  } else if (*batch == nullptr) {
    cursor.ended = Error{Status::kEnd, "the whole collection was read"};
  }
  return batch;
}

Json ThreatqService::describe(const tqp_cursor& cursor) const {
  const CollectionInfo& info = cursor.rows->info();
  return {{"collection", info.name},
          {"id", info.id},
          {"total", info.total.has_value() ? Json(*info.total) : Json(nullptr)},
          {"link_base", link_base_}};
}

}  // namespace tq
