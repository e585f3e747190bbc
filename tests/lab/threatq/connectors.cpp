// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/connectors.hpp"

#include "lab/threatq/connector_fields.hpp"
#include "lab/threatq/refusal.hpp"
#include "lab/threatq/times.hpp"

namespace lab::threatq {
namespace {

constexpr std::uint64_t kLabsCategory = 7;

}  // namespace

Json& Connectors::add(const Json& given) {
  if (!given.is_object() || !given.contains("name") || !given["name"].is_string() ||
      given["name"] == "")
    invalid("name", "a connector needs a name");
  if (named(given["name"].get<std::string>()) != nullptr)
    invalid("name", "there is a connector of this name");
  const std::uint64_t id = last_id_ + 1;
  const std::string time = time_text(now());
  Json record = {{"id", id},
                 {"name", given["name"]},
                 {"namespace", nullptr},
                 {"custom_fields", Json::object()},
                 {"frequency", nullptr},
                 {"category_id", kLabsCategory},
                 {"indicator_status_id", nullptr},
                 {"tlp_id", nullptr},
                 {"gate_oauth2_client_id", nullptr},
                 {"last_import_at", nullptr},
                 {"last_import_count", nullptr},
                 {"is_active", false},
                 {"is_notifiable", "0"},
                 {"created_at", time},
                 {"updated_at", time}};
  if (given.contains("is_active")) invalid("is_active", "a new connector starts switched off");
  Json rest = given;
  rest.erase("name");
  change(record, rest);
  last_id_ = id;
  return records_[id] = std::move(record);
}

void Connectors::change(Json& record, const Json& members) {
  if (!members.is_object()) throw Refusal(400, "a connector must be an object");
  Json changed = record;
  for (const auto& [name, value] : members.items()) {
    if (name == "custom_fields") {
      change_fields(changed[name], value, manners.replaces);
    } else if (name == "is_active") {
      if (!is_flag(value)) invalid(name, "must be true or false");
      changed[name] = value == true || value == 1 || value == "1";
    } else if (name == "category") {
      if (value != "Labs") invalid(name, "the category of a custom connector is Labs");
    } else if (name == "name" || name == "namespace" || name == "frequency") {
      if (!value.is_string()) invalid(name, "must be a text");
      changed[name] = value;
    } else if (name == "last_import_at") {
      if (!value.is_string() || !parse_time(value.get<std::string>()))
        invalid(name, "must be \"YYYY-MM-DD HH:MM:SS\"");
      changed[name] = value;
    } else if (name == "indicator_status_id" || name == "tlp_id" || name == "last_import_count") {
      if (!value.is_number_unsigned() && !value.is_null()) invalid(name, "must be a number");
      changed[name] = value;
    }  // anything else is not looked at
  }
  changed["updated_at"] = time_text(now());
  record = std::move(changed);
}

Json Connectors::shown(Json record) const {
  if (manners.hides && record["custom_fields"].is_object()) hide_secrets(record["custom_fields"]);
  return record;
}

void Connectors::overwrite(Json& record, const Json& members) {
  for (const auto& [name, value] : members.items()) {
    if (!record.contains(name) || name == "id")
      invalid(name, "a connector has no such member, or it cannot be set");
    record[name] = value;
  }
  record["updated_at"] = time_text(now());
}

void Connectors::remove(std::uint64_t id) { records_.erase(id); }

Json* Connectors::find(std::uint64_t id) {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

Json* Connectors::named(const std::string& name) {
  for (auto& [id, record] : records_)
    if (record["name"] == name) return &record;
  return nullptr;
}

}  // namespace lab::threatq
