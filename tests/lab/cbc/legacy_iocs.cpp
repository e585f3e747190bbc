// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/legacy_iocs.hpp"

#include "lab/cbc/refusal.hpp"
#include "lab/service.hpp"

namespace lab::cbc {
namespace {

constexpr std::pair<const char*, const char*> kFields[] = {{"md5", "process_md5"},
                                                           {"ipv4", "netconn_ipv4"},
                                                           {"ipv6", "netconn_ipv6"},
                                                           {"dns", "netconn_domain"}};

Json list_at(const Json& iocs, const char* name) {
  Json list = iocs.value(name, Json::array());
  if (!list.is_array()) throw Invalid(std::string("\"iocs.") + name + "\" must be a list");
  return list;
}

}  // namespace

std::string converted(std::string_view text) {
  Json report = Json::parse(text);
  const Json iocs = report.at("iocs");
  report.erase("iocs");
  Json& all = report["iocs_v2"];
  if (!all.is_array()) all = Json::array();
  const auto add = [&all](Json entry) {
    entry["id"] = "legacy-" + std::to_string(all.size() + 1);
    all.push_back(std::move(entry));
  };
  for (const auto& [name, field] : kFields)
    for (const Json& value : list_at(iocs, name))
      add({{"match_type", "equality"}, {"field", field}, {"values", Json::array({value})}});
  for (const Json& query : list_at(iocs, "query")) {
    const Json search = query.is_object() ? query.value("search_query", Json()) : Json();
    add({{"match_type", "query"}, {"values", Json::array({search})}});
  }
  return report.dump();
}

}  // namespace lab::cbc
