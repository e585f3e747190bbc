// SPDX-License-Identifier: Apache-2.0
// Names of the secrets that tqhost itself keeps for an instance in the vault, and what keeps them
// away from plugins. A setting's secret is NAME/SETTING and no setting's name has a "/" in it, so
// NAME/threatq/... is never one of those. Pure functions; any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "schema/config.hpp"
#include "schema/secrets_file.hpp"

namespace tq {

// For logging in to ThreatQ.
std::string password_secret(const std::string& instance);
std::string oauth_id_secret(const std::string& instance);
std::string oauth_key_secret(const std::string& instance);
std::string oauth_owner_secret(const std::string& instance);

// What the password's name was before it was kept apart; configurations still name it.
std::string former_password_secret(const std::string& instance);

// The names behind {"secret": NAME} of a configuration, by who gets the secret.
struct NamedSecrets {
  std::set<std::string> by_threatq;   // for logging in to ThreatQ
  std::set<std::string> by_settings;  // for a plugin, which sends it to its vendor
};
NamedSecrets named_secrets(const HostConfig& config);
// Those of a piece of configuration, at whatever depth.
void add_named_secrets(const Json& value, std::set<std::string>* out);

// E_CONFIG, with what to do: a plugin's setting refers to what logs in to ThreatQ.
Result<void> check_setting_reference(const SecretRef& ref, const HostConfig& config);

// Takes what an older tqhost kept under names that settings can have to the names above. What may
// be a plugin's secret or ours is forgotten, and has to be set again: ours must not reach a vendor.
// Whether anything was changed. REQUIRES: `key` sealed the file.
bool part_own_secrets(const NamedSecrets& named, const Secret& key, SecretsFile* file);

}  // namespace tq
