// SPDX-License-Identifier: Apache-2.0
#include "unit/threatq/fake_records.hpp"

#include <string_view>

namespace tq {
namespace {

Reply data(const Json& json, int status = 200) { return {status, dump_json(Json{{"data", json}})}; }

std::string decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
    } else {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
  }
  return plain;
}

}  // namespace

FakeRecords::FakeRecords(FakeHttp& http) {
  http.handler = [this](const Seen& seen) { return answer(seen); };
}

std::string FakeRecords::add(Json record) {
  const size_t number = records_.size() + 1;
  record["id"] = number;
  records_[std::to_string(number)] = std::move(record);
  return std::to_string(number);
}

Reply FakeRecords::answer(const Seen& seen) {
  if (seen.target.starts_with("/api/token"))
    return {200, R"({"access_token":"token-1","expires_in":3600})"};
  if (spoil)
    if (auto reply = spoil(seen)) return *reply;
  constexpr std::string_view kStatuses = "/api/indicator/statuses";
  Reply reply = seen.target == kStatuses ? Reply{200, statuses}
                : seen.target.starts_with(std::string(kStatuses) + "?")
                    ? Reply{200, R"({"data":[]})"}  // the list has one page
                    : connectors(seen);
  if (spoil_after)
    if (auto other = spoil_after(seen)) return *other;
  return reply;
}

Reply FakeRecords::connectors(const Seen& seen) {
  constexpr std::string_view kAll = "/api/connectors", kByName = "/api/connectors?name=";
  const Json body = seen.body.empty() ? Json() : Json::parse(seen.body);
  if (seen.method != "GET") writes.push_back({seen.method + " " + seen.target, body});
  if (seen.method == "GET" && seen.target.starts_with(kByName)) {
    const std::string name = decoded(std::string_view(seen.target).substr(kByName.size()));
    Json found = Json::array();
    for (const auto& [id, record] : records_)
      if (record["name"] == name) found.push_back(shown(record));
    return data(found);
  }
  if (seen.method == "POST" && seen.target == kAll) return make(body);
  if (!seen.target.starts_with("/api/connectors/")) return {404, "{}"};
  const auto record = records_.find(seen.target.substr(kAll.size() + 1));
  if (record == records_.end()) return {404, R"({"errors":["Not found"]})"};
  return seen.method == "PUT" ? change(record->second, body) : data(shown(record->second));
}

Reply FakeRecords::make(const Json& body) {
  Json record = body;
  record["is_active"] = false;
  return data(records_.at(add(record)), 201);
}

Reply FakeRecords::change(Json& record, const Json& body) {
  for (const auto& [name, value] : body.items()) {
    if (name != "custom_fields") {
      record[name] = value;
      continue;
    }
    Json& fields = record[name];
    if (!fields.is_object() || replaces_fields) fields = Json::object();
    for (const auto& [key, definition] : value.items()) {
      if (definition.is_null()) {
        fields.erase(key);
        continue;
      }
      if (!fields[key].is_object()) fields[key] = Json::object();
      for (const auto& [member, content] : definition.items()) fields[key][member] = content;
    }
  }
  return data(shown(record));
}

Json FakeRecords::shown(Json record) const {
  if (!mask || !record["custom_fields"].is_object()) return record;
  for (auto& [key, field] : record["custom_fields"].items())
    if (field.value("mask", Json()) == true && field["value"].is_string()) field["value"] = *mask;
  return record;
}

}  // namespace tq
