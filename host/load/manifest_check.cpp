// SPDX-License-Identifier: Apache-2.0
// Whether the manifest and the schema of one plugin go together.
#include "load/auth_template.hpp"
#include "load/manifest.hpp"

namespace tq {
namespace {

Error wrong(const std::string& member, const std::string& pointer, const std::string& what) {
  return {Status::kConfig, "manifest: " + member + " names " + pointer + ", " + what};
}

// The part of the schema that describes the setting, or null.
const Json* property_of(const Json& schema, std::string_view pointer) {
  std::string path;
  while (!pointer.empty()) {
    const size_t end = pointer.find('/', 1);
    path += "/properties";
    path += pointer.substr(0, end);
    pointer.remove_prefix(end == std::string_view::npos ? pointer.size() : end);
  }
  const Json* property = json_at(schema, path);
  return property != nullptr && property->is_object() ? property : nullptr;
}

bool marked(const Json& property, const char* keyword) {
  const auto mark = property.find(keyword);
  return mark != property.end() && *mark != Json(false);
}

struct Check {
  const Json& schema;

  Result<void> exists(const std::string& member, const std::string& pointer) const {
    if (property_of(schema, pointer) == nullptr)
      return wrong(member, pointer, "which is no setting of its schema");
    return {};
  }

  Result<void> is_remote(const std::string& member, const std::string& pointer) const {
    TQ_TRY(exists(member, pointer));
    const Json& property = *property_of(schema, pointer);
    if (marked(property, "x-host") || marked(property, "x-url")) return {};
    return wrong(member, pointer, "which the schema does not mark x-host or x-url");
  }

  Result<void> is_file(const std::string& member, const std::string& pointer) const {
    TQ_TRY(exists(member, pointer));
    if (marked(*property_of(schema, pointer), "x-file")) return {};
    return wrong(member, pointer, "which the schema does not mark x-file");
  }

  // `type`: JSON schema's name; a property may admit null besides.
  Result<void> is_of_type(const std::string& member, const std::string& pointer,
                          const std::string& type, const char* called) const {
    TQ_TRY(exists(member, pointer));
    const Json& property = *property_of(schema, pointer);
    const auto types = property.find("type");
    if (types != property.end() && (*types == type || *types == Json::array({type, "null"}) ||
                                    *types == Json::array({"null", type})))
      return {};
    return wrong(member, pointer, std::string("which is no ") + called + " in the schema");
  }

  Result<void> tls(const TlsEntry& entry) const {
    TQ_TRY(is_remote("/tls/for", entry.for_field));
    if (!entry.ca_field.empty()) TQ_TRY(is_file("/tls/ca", entry.ca_field));
    if (entry.verify_field.empty()) return {};
    return is_of_type("/tls/verify", entry.verify_field, "boolean", "boolean");
  }

  Result<void> auth(const std::string& member, const AuthEntry& entry) const {
    TQ_TRY(is_remote(member + "/for", entry.for_field));
    for (const std::string& pointer : {entry.basic_user, entry.basic_password})
      if (!pointer.empty()) TQ_TRY(exists(member + "/basic", pointer));
    for (const auto& [header, text] : entry.set) {
      TQ_ASSIGN(const auto parts, parse_auth_template(text));
      for (const std::string& pointer : settings_of(parts))
        TQ_TRY(exists(pointer_join(member + "/set", header), pointer));
    }
    return {};
  }
};

}  // namespace

Result<void> check_against_schema(const Manifest& manifest, const Json& schema) {
  const Check check{schema};
  for (const auto& [name, entry] : manifest.auth)
    TQ_TRY(check.auth(pointer_join("/auth", name), entry));
  for (const std::string& pointer : manifest.connect)
    TQ_TRY(check.is_remote("/grants/connect", pointer));
  for (const std::string& pointer : manifest.read) TQ_TRY(check.is_file("/grants/read", pointer));
  for (const RateEntry& entry : manifest.rate) {
    TQ_TRY(check.is_remote("/rate/for", entry.for_field));
    TQ_TRY(check.is_of_type("/rate/requests_per_minute", entry.per_minute_field, "integer",
                            "integer"));
  }
  for (const TlsEntry& entry : manifest.tls) TQ_TRY(check.tls(entry));
  for (const ProxyEntry& entry : manifest.proxy) {
    TQ_TRY(check.is_remote("/proxy/for", entry.for_field));
    TQ_TRY(check.is_of_type("/proxy/url", entry.url_field, "string", "text"));
  }
  return {};
}

}  // namespace tq
