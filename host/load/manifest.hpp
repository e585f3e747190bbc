// SPDX-License-Identifier: Apache-2.0
// Manifest: what a plugin says of itself in its note (docs/formats/manifest.md). Values; any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

// One named way to authenticate, bound to the origin in the configuration field `for_field`.
struct AuthEntry {
  std::string for_field;                   // JSON pointer, "/api_fqdn"
  std::map<std::string, std::string> set;  // header -> template over {/pointer}, {unix_s},
                                           // {target}, {method}, {hmac_sha256:/pointer:text}
  std::string basic_user, basic_password;  // pointers, for "basic"
};

struct RateEntry {
  std::string for_field, per_minute_field;  // JSON pointers
};

// How one origin is reached, where that is a setting's to say. Pointers; empty: not given.
struct TlsEntry {
  std::string for_field, ca_field, verify_field;
};
struct ProxyEntry {
  std::string for_field, url_field;
};

struct Manifest {
  std::string id, version, name, description, default_instance;
  uint16_t abi_major = 0, abi_minor = 0;
  std::vector<std::string> required_services, optional_services, facets;
  std::map<std::string, AuthEntry> auth;
  std::vector<std::string> connect, read;  // grants: configuration fields
  bool threads = false;
  std::vector<RateEntry> rate;
  std::vector<TlsEntry> tls;
  std::vector<ProxyEntry> proxy;
  int64_t state_schema = 1;
  Json json;  // the whole text, parsed

  bool needs(std::string_view service) const;  // it is required
  bool takes(std::string_view service) const;  // it is required or optional
};

// E_CONFIG names the member that is missing or wrong.
Result<Manifest> parse_manifest(std::string_view text);

// Every pointer names a property of the schema; hosts are marked x-host or x-url there, files
// x-file, and the others have the type that fits. E_CONFIG names the member and the pointer.
Result<void> check_against_schema(const Manifest& manifest, const Json& schema);

}  // namespace tq
