// SPDX-License-Identifier: Apache-2.0
#include "load/manifest.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/text.hpp"
#include "load/auth_template.hpp"

namespace tq {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz", kDigits = "0123456789";
constexpr size_t kNameBytesMost = 64, kTextBytesMost = 4000;

bool only(std::string_view text, const std::string& allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool starts_with_one_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && allowed.find(text.front()) != std::string_view::npos;
}

bool is_id(std::string_view text) {
  return starts_with_one_of(text, kLower) && text.size() <= kNameBytesMost &&
         only(text, std::string(kLower).append(kDigits) + "_");
}

bool is_instance_name(std::string_view text) {
  return starts_with_one_of(text, std::string(kLower).append(kDigits)) &&
         text.size() <= kNameBytesMost && only(text, std::string(kLower).append(kDigits) + "_-");
}

// "1.2.3"
bool is_version(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::string_view number = text.substr(0, text.find('.'));
    if (number.empty() || number.size() > 9 || !only(number, std::string(kDigits))) return false;
    ++parts;
    if (number.size() == text.size()) return parts == 3;
    text.remove_prefix(number.size() + 1);
  }
}

// "tqp.http/1"
bool is_service_id(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > kNameBytesMost) return false;
  const std::string_view name = text.substr(0, slash), revision = text.substr(slash + 1);
  return starts_with_one_of(name, kLower) &&
         only(name, std::string(kLower).append(kDigits) + ".-_") &&
         starts_with_one_of(revision, "123456789") && only(revision, std::string(kDigits));
}

// The token characters of RFC 9110.
bool is_header_name(std::string_view text) {
  return !text.empty() &&
         only(to_lower(text), std::string(kLower).append(kDigits) + "!#$%&'*+-.^_`|~");
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A member of the manifest and where it stands; absent when `json` is null.
struct Member {
  const Json* json;
  std::string pointer;

  Member operator[](const std::string& key) const {
    const bool there = json != nullptr && json->is_object() && json->contains(key);
    return {there ? &json->at(key) : nullptr, pointer_join(pointer, key)};
  }
  Error wrong(std::string_view wanted) const {
    std::string message = "manifest: " + pointer;
    if (json == nullptr) {
      message += " is missing: ";
    } else {
      message += " must be ";
    }
    message += wanted;
    if (json != nullptr) message += ", not " + printable(dump_json(*json), 60);
    return {Status::kConfig, std::move(message)};
  }
};

Result<std::string> read_text(const Member& member, bool (*valid)(std::string_view),
                              std::string_view wanted) {
  if (member.json == nullptr || !member.json->is_string()) return member.wrong(wanted);
  auto text = member.json->get<std::string>();
  if (!valid(text)) return member.wrong(wanted);
  return text;
}

bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= kTextBytesMost && !has_control_character(text);
}
Result<std::string> read_plain(const Member& member) {
  return read_text(member, is_plain, "a text of one line");
}

Result<std::string> read_pointer(const Member& member) {
  return read_text(member, is_json_pointer, "a JSON pointer to a setting, such as \"/api_fqdn\"");
}

Result<int64_t> read_integer(const Member& member, int64_t least, int64_t most) {
  const bool unsigned_fits =
      member.json != nullptr && (!member.json->is_number_unsigned() ||
                                 member.json->get<uint64_t>() <= static_cast<uint64_t>(most));
  if (member.json != nullptr && member.json->is_number_integer() && unsigned_fits) {
    const auto number = member.json->get<int64_t>();
    if (number >= least && number <= most) return number;
  }
  return member.wrong("an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<bool> read_flag(const Member& member) {
  if (member.json == nullptr) return false;
  if (!member.json->is_boolean()) return member.wrong("true or false");
  return member.json->get<bool>();
}

// An absent list is empty.
Result<std::vector<std::string>> read_list(const Member& member,
                                           Result<std::string> (*read)(const Member&)) {
  std::vector<std::string> out;
  if (member.json == nullptr) return out;
  if (!member.json->is_array()) return member.wrong("a list");
  for (size_t i = 0; i < member.json->size(); ++i) {
    TQ_ASSIGN(std::string item,
              read({&member.json->at(i), pointer_join(member.pointer, std::to_string(i))}));
    out.push_back(std::move(item));
  }
  return out;
}

Result<std::string> read_service_id(const Member& member) {
  return read_text(member, is_service_id, "an id such as \"tqp.http/1\"");
}

Result<void> require_object(const Member& member) {
  if (member.json != nullptr && !member.json->is_object()) return member.wrong("an object");
  return {};
}

Result<AuthEntry> read_auth_entry(const Member& member) {
  TQ_TRY(require_object(member));
  AuthEntry entry;
  TQ_ASSIGN(entry.for_field, read_pointer(member["for"]));
  const Member set = member["set"], basic = member["basic"];
  if ((set.json == nullptr) == (basic.json == nullptr))
    return member.wrong("an object with either \"set\" or \"basic\"");
  if (basic.json != nullptr) {
    TQ_ASSIGN(const auto pair, read_list(basic, read_pointer));
    if (pair.size() != 2) return basic.wrong("a list of two JSON pointers: user, password");
    entry.basic_user = pair[0];
    entry.basic_password = pair[1];
    return entry;
  }
  if (!set.json->is_object() || set.json->empty())
    return set.wrong("an object of headers and their templates");
  for (const auto& [header, value] : set.json->items()) {
    const Member here = set[header];
    if (!is_header_name(header)) return here.wrong("named as an HTTP header");
    TQ_ASSIGN(const std::string text, read_plain(here));
    if (auto parsed = parse_auth_template(text); !parsed)
      return Error{Status::kConfig, "manifest: " + here.pointer + ": " + parsed.error().message};
    entry.set[header] = text;
  }
  return entry;
}

Result<void> read_auth(const Member& member, std::map<std::string, AuthEntry>* out) {
  TQ_TRY(require_object(member));
  if (member.json == nullptr) return {};
  for (const auto& [name, value] : member.json->items()) {
    const Member here = member[name];
    if (!is_id(name)) return here.wrong("named in letters a-z, digits and \"_\"");
    TQ_ASSIGN((*out)[name], read_auth_entry(here));
  }
  return {};
}

// A list of objects that are each "for" one host.
template <typename Entry>
Result<void> read_entries(const Member& member, Result<Entry> (*read)(const Member&),
                          std::vector<Entry>* out) {
  if (member.json == nullptr) return {};
  if (!member.json->is_array()) return member.wrong("a list");
  for (size_t i = 0; i < member.json->size(); ++i) {
    const Member here{&member.json->at(i), pointer_join(member.pointer, std::to_string(i))};
    TQ_ASSIGN(Entry entry, read(here));
    TQ_ASSIGN(entry.for_field, read_pointer(here["for"]));
    out->push_back(std::move(entry));
  }
  return {};
}

Result<RateEntry> read_rate(const Member& member) {
  RateEntry entry;
  TQ_ASSIGN(entry.per_minute_field, read_pointer(member["requests_per_minute"]));
  return entry;
}

Result<TlsEntry> read_tls(const Member& member) {
  TlsEntry entry;
  const Member ca = member["ca"], verify = member["verify"];
  if (ca.json == nullptr && verify.json == nullptr)
    return member.wrong("an object with \"ca\", \"verify\" or both");
  if (ca.json != nullptr) {
    TQ_ASSIGN(entry.ca_field, read_pointer(ca));
  }
  if (verify.json != nullptr) {
    TQ_ASSIGN(entry.verify_field, read_pointer(verify));
  }
  return entry;
}

Result<ProxyEntry> read_proxy(const Member& member) {
  ProxyEntry entry;
  TQ_ASSIGN(entry.url_field, read_pointer(member["url"]));
  return entry;
}

// What differs for one host is said once.
template <typename Entry>
Result<void> check_once(const Member& member, const std::vector<Entry>& entries) {
  for (size_t i = 0; i < entries.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (entries[i].for_field == entries[j].for_field)
        return member.wrong("a list that names each host once (" + entries[i].for_field + ")");
  return {};
}

Result<void> read_description(const Member& root, Manifest* out) {
  TQ_ASSIGN(out->id, read_text(root["id"], is_id, "letters a-z, digits and \"_\", a letter first"));
  TQ_ASSIGN(out->version, read_text(root["version"], is_version, "a version such as \"1.2.3\""));
  TQ_ASSIGN(out->name, read_plain(root["name"]));
  TQ_ASSIGN(out->description, read_plain(root["description"]));
  out->default_instance = out->id;
  std::replace(out->default_instance.begin(), out->default_instance.end(), '_', '-');
  const Member instance = root["default_instance"];
  if (instance.json != nullptr) {
    TQ_ASSIGN(out->default_instance,
              read_text(instance, is_instance_name, "letters a-z, digits, \"-\" and \"_\""));
  }
  return {};
}

Result<void> read_needs(const Member& root, Manifest* out) {
  constexpr int64_t kVersionMost = std::numeric_limits<uint16_t>::max();
  TQ_ASSIGN(const int64_t major, read_integer(root["abi"]["major"], 1, kVersionMost));
  TQ_ASSIGN(const int64_t minor, read_integer(root["abi"]["minor"], 0, kVersionMost));
  out->abi_major = static_cast<uint16_t>(major);
  out->abi_minor = static_cast<uint16_t>(minor);
  const Member services = root["services"];
  if (services.json == nullptr || !services.json->is_object())
    return services.wrong("an object with \"required\" and \"optional\"");
  TQ_ASSIGN(out->required_services, read_list(services["required"], read_service_id));
  TQ_ASSIGN(out->optional_services, read_list(services["optional"], read_service_id));
  TQ_ASSIGN(out->facets, read_list(root["facets"], read_service_id));
  if (out->facets.empty()) return root["facets"].wrong("a list of at least one id");
  const Member state_schema = root["state_schema"];
  if (state_schema.json != nullptr) {
    TQ_ASSIGN(out->state_schema,
              read_integer(state_schema, 1, std::numeric_limits<int32_t>::max()));
  }
  return {};
}

Result<void> read_grants(const Member& grants, Manifest* out) {
  TQ_TRY(require_object(grants));
  TQ_ASSIGN(out->connect, read_list(grants["connect"], read_pointer));
  TQ_ASSIGN(out->read, read_list(grants["read"], read_pointer));
  TQ_ASSIGN(out->threads, read_flag(grants["threads"]));
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  Manifest manifest;
  TQ_ASSIGN(manifest.json, parse_json(text, "manifest"));
  const Member root{&manifest.json, ""};
  if (!manifest.json.is_object())
    return Error{Status::kConfig, "manifest: it must be a JSON object"};
  TQ_TRY(read_description(root, &manifest));
  TQ_TRY(read_needs(root, &manifest));
  TQ_TRY(read_auth(root["auth"], &manifest.auth));
  TQ_TRY(read_grants(root["grants"], &manifest));
  TQ_TRY(read_entries(root["rate"], read_rate, &manifest.rate));
  TQ_TRY(read_entries(root["tls"], read_tls, &manifest.tls));
  TQ_TRY(read_entries(root["proxy"], read_proxy, &manifest.proxy));
  TQ_TRY(check_once(root["tls"], manifest.tls));
  TQ_TRY(check_once(root["proxy"], manifest.proxy));
  return manifest;
}

bool Manifest::needs(std::string_view service) const {
  return std::find(required_services.begin(), required_services.end(), service) !=
         required_services.end();
}

bool Manifest::takes(std::string_view service) const {
  return needs(service) || std::find(optional_services.begin(), optional_services.end(), service) !=
                               optional_services.end();
}

}  // namespace tq
