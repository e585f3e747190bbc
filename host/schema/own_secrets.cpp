// SPDX-License-Identifier: Apache-2.0
#include "schema/own_secrets.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/seal.hpp"

namespace tq {
namespace {

constexpr std::string_view kOwnFolder = "/threatq/";
constexpr std::string_view kFormerOwner = "/oauth_owner";
constexpr std::string_view kFormerPassword = "/threatq_password";
constexpr std::array<std::string_view, 3> kPair = {"oauth_id", "oauth_secret", "oauth_owner"};

std::string own(const std::string& instance, std::string_view member) {
  return instance + std::string(kOwnFolder) + std::string(member);
}
std::string former(const std::string& instance, std::string_view member) {
  return instance + "/" + std::string(member);
}

// The name behind {"secret": NAME}, or "".
std::string vault_name(const Json& value) {
  return value.is_object() && value.size() == 1 ? text_at(value, "secret") : std::string();
}

std::vector<const SecretRef*> threatq_references(const HostConfig& config) {
  std::vector<const SecretRef*> out;
  const auto add = [&out](const std::optional<ThreatqConfig>& threatq) {
    if (!threatq) return;
    for (const SecretRef* ref : {&threatq->password, &threatq->oauth_id, &threatq->oauth_secret})
      if (ref->value.is_object()) out.push_back(ref);
  };
  add(config.threatq);
  for (const InstanceConfig& instance : config.instances) add(instance.threatq);
  return out;
}

bool is_own_name(std::string_view name) {
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && name.substr(slash).rfind(kOwnFolder, 0) == 0;
}

// "cb-edr/threatq_password" or "cb-edr/threatq_password.2".
bool is_former_password(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos || name.substr(slash).rfind(kFormerPassword, 0) != 0)
    return false;
  const std::string_view rest = name.substr(slash + kFormerPassword.size());
  return rest.empty() || rest.front() == '.';
}

// The instances for which ThreatQ's pair was kept; it was always written whole.
std::vector<std::string> holders_of_pairs(const SecretsFile& file) {
  std::vector<std::string> out;
  for (const auto& [name, secret] : file.secrets) {
    const size_t slash = name.find('/');
    if (slash == std::string::npos || std::string_view(name).substr(slash) != kFormerOwner)
      continue;
    const std::string instance = name.substr(0, slash);
    if (std::all_of(kPair.begin(), kPair.end(), [&](std::string_view member) {
          return file.secrets.count(former(instance, member)) != 0;
        }))
      out.push_back(instance);
  }
  return out;
}

// Under its new name, sealed for that one. A damaged one is of no use to anybody.
void move_to_own(const std::string& from, const std::string& to, const Secret& key,
                 SecretsFile* file) {
  const SealedSecret& old = file->secrets.at(from);
  const auto text = unseal(key, secret_context(from), old.sealed);
  if (text) file->secrets[to] = {seal(key, secret_context(to), text->reveal()), old.set_at};
}

// With a setting of the same name, either may have been written over the other.
void part_pair(const std::string& instance, const NamedSecrets& named, const Secret& key,
               SecretsFile* file) {
  const bool in_doubt = std::any_of(kPair.begin(), kPair.end(), [&](std::string_view member) {
    return named.by_settings.count(former(instance, member)) != 0;
  });
  for (const std::string_view member : kPair) {
    const std::string name = former(instance, member);
    const bool for_threatq = named.by_threatq.count(name) != 0;
    if (!in_doubt) move_to_own(name, own(instance, member), key, file);
    if (in_doubt && (for_threatq || named.by_settings.count(name) != 0))
      file->set_again.insert(name);
    if (in_doubt || !for_threatq) file->secrets.erase(name);
  }
}

}  // namespace

std::string password_secret(const std::string& instance) { return own(instance, "password"); }
std::string oauth_id_secret(const std::string& instance) { return own(instance, kPair[0]); }
std::string oauth_key_secret(const std::string& instance) { return own(instance, kPair[1]); }
std::string oauth_owner_secret(const std::string& instance) { return own(instance, kPair[2]); }

std::string former_password_secret(const std::string& instance) {
  return instance + std::string(kFormerPassword);
}

NamedSecrets named_secrets(const HostConfig& config) {
  NamedSecrets out;
  for (const SecretRef* ref : threatq_references(config))
    if (const std::string name = vault_name(ref->value); !name.empty()) out.by_threatq.insert(name);
  for (const InstanceConfig& instance : config.instances)
    add_named_secrets(instance.config, &out.by_settings);
  return out;
}

// Which of them are secrets, only the plugin's schema knows.
void add_named_secrets(const Json& value, std::set<std::string>* out) {
  if (const std::string name = vault_name(value); !name.empty()) out->insert(name);
  if (value.is_structured())
    for (const Json& inner : value) add_named_secrets(inner, out);
}

Result<void> check_setting_reference(const SecretRef& ref, const HostConfig& config) {
  if (!ref.value.is_object()) return {};
  const auto refuse = [&ref](const std::string& why) {
    return Error{Status::kConfig,
                 ref.place + " cannot be used: it names the secret " + dump_json(ref.value) +
                     ", which is for logging in to ThreatQ" + why +
                     ", and the plugin would send it to its vendor; keep the setting's own secret "
                     "under another name, and name that one there"};
  };
  if (is_own_name(vault_name(ref.value))) return refuse("");
  for (const SecretRef* other : threatq_references(config))
    if (other->value == ref.value) return refuse(" (" + other->place + " names it, too)");
  return {};
}

bool part_own_secrets(const NamedSecrets& named, const Secret& key, SecretsFile* file) {
  file->own_names_apart = true;
  const std::vector<std::string> pairs = holders_of_pairs(*file);
  for (const std::string& instance : pairs) part_pair(instance, named, key, file);
  bool changed = !pairs.empty();
  for (const std::string& name : named.by_threatq)
    if (is_former_password(name) && named.by_settings.count(name) != 0 &&
        file->secrets.erase(name) != 0) {
      file->set_again.insert(name);
      changed = true;
    }
  return changed;
}

}  // namespace tq
