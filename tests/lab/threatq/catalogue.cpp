// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/catalogue.hpp"

#include <algorithm>

namespace lab::threatq {
namespace {

constexpr const char* kMadeAt = "2024-01-01 00:00:00";

// On purpose not the ids of any instance that was seen, but for IP Address: clients must resolve by
// name.
std::vector<IndicatorType> make_types() {
  return {{4, "ASN", ""},
          {5, "Binary String", ""},
          {6, "CIDR Block", "network"},
          {7, "CVE", "host"},
          {8, "Email Address", "network"},
          {9, "Email Attachment", ""},
          {10, "Email Subject", "network"},
          {11, "File Mapping", ""},
          {12, "File Path", ""},
          {13, "Filename", "host"},
          {14, "FQDN", "network"},
          {16, "Fuzzy Hash", "host"},
          {17, "GOST Hash", ""},
          {18, "Hash ION", ""},
          {15, "IP Address", "network"},
          {19, "IPv6 Address", "network"},
          {20, "MAC Address", ""},
          {21, "MD5", "host"},
          {22, "Mutex", "host"},
          {23, "Password", ""},
          {24, "Registry Key", "host"},
          {25, "Service Name", ""},
          {26, "SHA-1", "host"},
          {27, "SHA-256", "host"},
          {28, "SHA-384", "host"},
          {29, "SHA-512", "host"},
          {30, "String", ""},
          {31, "x509 Serial", ""},
          {32, "x509 Subject", ""},
          {33, "URL", "network"},
          {34, "URL Path", ""},
          {35, "User-agent", "network"},
          {36, "Username", ""},
          {37, "X-Mailer", ""}};
}

std::vector<IndicatorStatus> make_statuses() {
  return {{1, "Active", "Poses a threat and is being exported to detection tools.", true, false},
          {2, "Expired", "No longer poses a serious threat.", true, false},
          {3, "Indirect", "Associated to an active indicator or event.", true, false},
          {4, "Review", "Requires further analysis.", true, false},
          {5, "Whitelisted", "Poses no risk and should never be deployed.", true, true},
          {8, "Under Investigation", "Made by an analyst of this instance.", false, false}};
}

std::vector<ObjectKind> make_kinds() {
  return {{"indicators", "Indicator", "Indicators", "value"},
          {"adversaries", "Adversary", "Adversaries", "name"},
          {"events", "Event", "Events", "title"},
          {"attachments", "File", "Files", "title"},
          {"signatures", "Signature", "Signatures", "name"},
          {"tasks", "Task", "Tasks", "name"},
          {"campaign", "Campaign", "Campaigns", "value"},
          {"course_of_action", "Course of Action", "Courses of Action", "value"},
          {"exploit_target", "Exploit Target", "Exploit Targets", "value"},
          {"incident", "Incident", "Incidents", "value"},
          {"ttp", "TTP", "TTPs", "value"},
          {"attack_pattern", "Attack Pattern", "Attack Patterns", "value"},
          {"intrusion_set", "Intrusion Set", "Intrusion Sets", "value"},
          {"malware", "Malware", "Malware", "value"},
          {"tool", "Tool", "Tools", "value"},
          {"identity", "Identity", "Identities", "value"},
          {"report", "Report", "Reports", "value"},
          {"stix_pattern", "Stix Pattern", "Stix Patterns", "value"},
          {"vulnerability", "Vulnerability", "Vulnerabilities", "value"}};
}

template <typename Index, typename Item, typename Test>
std::optional<Index> index_where(const std::vector<Item>& items, Test test) {
  const auto found = std::find_if(items.begin(), items.end(), test);
  if (found == items.end()) return std::nullopt;
  return static_cast<Index>(found - items.begin());
}

const char* yes_no(bool yes) { return yes ? "Y" : "N"; }

}  // namespace

Catalogue::Catalogue() : types_(make_types()), statuses_(make_statuses()), kinds_(make_kinds()) {}

std::optional<TypeIndex> Catalogue::type(std::string_view name) const {
  return index_where<TypeIndex>(types_, [&](const auto& item) { return item.name == name; });
}

std::optional<TypeIndex> Catalogue::type(std::uint64_t id) const {
  return index_where<TypeIndex>(types_, [&](const auto& item) { return item.id == id; });
}

std::optional<StatusIndex> Catalogue::status(std::string_view name) const {
  return index_where<StatusIndex>(statuses_, [&](const auto& item) { return item.name == name; });
}

std::optional<StatusIndex> Catalogue::status(std::uint64_t id) const {
  return index_where<StatusIndex>(statuses_, [&](const auto& item) { return item.id == id; });
}

const ObjectKind* Catalogue::kind(std::string_view collection) const {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(),
                                  [&](const auto& item) { return item.collection == collection; });
  return found == kinds_.end() ? nullptr : &*found;
}

Json Catalogue::type_json(TypeIndex index) const {
  const IndicatorType& type = types_[index];
  return {{"id", type.id},
          {"name", type.name},
          {"class", type.group.empty() ? Json(nullptr) : Json(type.group)},
          {"score", nullptr},
          {"wildcard_matching", "Y"},
          {"created_at", kMadeAt},
          {"updated_at", kMadeAt}};
}

Json Catalogue::status_json(StatusIndex index) const {
  const IndicatorStatus& status = statuses_[index];
  return {{"id", status.id},
          {"name", status.name},
          {"description", status.description},
          {"user_editable", yes_no(!status.built_in)},
          {"visible", "Y"},
          {"protected", yes_no(status.protects)},
          {"include_in_export", yes_no(status.name != "Whitelisted")},
          {"created_at", kMadeAt},
          {"updated_at", kMadeAt}};
}

Json Catalogue::kind_json(const ObjectKind& kind) const {
  Json types = Json::array(), statuses = Json::array();
  if (kind.collection == "indicators") {
    for (const auto& type : types_) types.push_back({{"id", type.id}, {"name", type.name}});
    for (const auto& status : statuses_)
      statuses.push_back({{"id", status.id}, {"name", status.name}});
  }
  return {{"collection", kind.collection},
          {"display_name", kind.display_name},
          {"display_name_plural", kind.display_name_plural},
          {"types", std::move(types)},
          {"statuses", std::move(statuses)}};
}

std::optional<int> tlp_id(std::string_view name) {
  if (name == "RED") return 1;
  if (name == "AMBER") return 2;
  if (name == "GREEN") return 3;
  if (name == "WHITE" || name == "CLEAR") return 4;
  return std::nullopt;
}

}  // namespace lab::threatq
