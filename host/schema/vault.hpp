// SPDX-License-Identifier: Apache-2.0
// Vault: secrets at rest (docs/formats/secrets.md). A key file holds the key, `secrets.json` of the
// state folder holds the secrets, each sealed with it; so a copy of the state folder alone opens
// nothing. A Vault is what stood in the files when it was opened; changes are written through, all
// or nothing. One thread; several processes may have one open, writers wait for each other.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/world.hpp"
#include "schema/config.hpp"
#include "schema/own_secrets.hpp"
#include "schema/secrets_file.hpp"

namespace tq {

struct VaultFiles {
  std::filesystem::path key_file;      // what secrets.key_file says, else beside the host file and
                                       // named like it: tqhost.key for tqhost.json
  std::filesystem::path credential;    // systemd's `tqhost.key`, which goes first; empty: none
  std::filesystem::path secrets_file;  // <state>/secrets.json
  std::filesystem::path state_dir;     // whose <instance>/form.sealed is sealed with the same key
  std::string set_command = "tqhost secret set ";  // for messages; a name goes behind it
  NamedSecrets named;                              // whose a secret of an older tqhost is
};
VaultFiles vault_files(const HostConfig& config, const Environment& environment);

// What <state>/<instance>/form.sealed is sealed for.
std::string form_context(std::string_view instance);

class Vault {
 public:
  // A vault that nothing was put into yet is empty and needs no key. E_CONFIG, with what to do: the
  // key file is open to others, damaged or missing although something is sealed, or is another key
  // than the one that sealed; secrets.json is damaged. What an older tqhost wrote is brought to the
  // names of own_secrets.hpp, once.
  static Result<Vault> open(VaultFiles files);

  // E_CONFIG: there is no such secret (with the nearest name, and how to set it), or it is damaged.
  Result<Secret> get(const std::string& name) const;
  bool has(const std::string& name) const;
  std::vector<std::string> names() const;
  std::string set_at(const std::string& name) const;  // "2026-11-23T08:30:00.123Z", or ""
  // "key 1f0a... in /etc/tqhost/tqhost.key"; for people.
  std::string key_place() const;

  // Durable when it returns. The first one makes the key (0600), unless a credential should have
  // it. E_CONFIG: a name that is not [A-Za-z0-9._/-]{1,200}, an empty text.
  Result<void> set(const std::map<std::string, Secret>& secrets);
  // Names that are not there are no error.
  Result<void> erase(const std::vector<std::string>& names);

  // For other files than secrets.json; makes the key when there is none.
  Result<std::string> seal_text(std::string_view context, std::string_view text);
  Result<Secret> unseal_text(std::string_view context, std::string_view sealed) const;

  // Seals everything anew with a new key (with a credential: with the first of its keys) and
  // forgets the old ones: nothing of the vault's files can be read with them afterwards. Wherever
  // it is cut off, everything can be read, and the next set() or rotate() ends what was begun.
  // `world` is told each step, for crash tests. E_CONFIG: a secret is damaged; nothing was done.
  struct Rotation {
    size_t secrets = 0, other_files = 0;
    std::string old_key_id, new_key_id;  // empty: nothing was sealed yet
    std::vector<std::string> notes;      // a line each, for people
  };
  Result<Rotation> rotate(World& world);

 private:
  Vault() = default;

  // vault.cpp
  Result<void> load();
  void keep_parted();
  Result<std::vector<Secret>> load_keys() const;
  Error no_fitting_key() const;
  Result<FileLock> begin_change();
  Result<void> need_key();
  const Secret* key_with(std::string_view id) const;  // nullptr: we have none of this id

  // vault_rotation.cpp
  Result<SecretsFile> sealed_anew() const;
  std::string what_to_do_with_credential() const;
  Result<void> finish_rotation(World& world, Rotation* out);
  Result<void> reseal_forms(World& world, Rotation* out) const;
  Result<void> reseal_form(const std::filesystem::path& file, World& world, Rotation* out) const;

  VaultFiles files_;
  std::vector<Secret> keys_;  // the first one seals; all of them open
  SecretsFile file_;
  bool parted_ = false;  // other names than those in the file, until that is written
};

}  // namespace tq
