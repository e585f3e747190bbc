// SPDX-License-Identifier: Apache-2.0
#include "schema/vault.hpp"

#include <utility>

#include "core/nearest.hpp"
#include "core/seal.hpp"
#include "core/text.hpp"
#include "schema/default_paths.hpp"
#include "schema/key_file.hpp"

namespace tq {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCredential = "tqhost.key";

fs::path credential_of(const Environment& environment) {
  const auto folder = environment.find("CREDENTIALS_DIRECTORY");
  if (folder == environment.end() || folder->second.empty()) return {};
  fs::path file = fs::path(folder->second) / kCredential;
  std::error_code error;
  return fs::exists(file, error) || error ? file : fs::path();
}

}  // namespace

VaultFiles vault_files(const HostConfig& config, const Environment& environment) {
  VaultFiles files;
  files.key_file = config.key_file;
  if (files.key_file.empty()) {
    files.credential = credential_of(environment);
    // Not one name for all: host files that lie side by side have states, and so keys, of their
    // own.
    const fs::path& host_file = config.file.empty() ? config.intended_file : config.file;
    if (!host_file.empty()) files.key_file = fs::path(host_file).replace_extension(".key");
  }
  // Without it, the command that a message shows would be about another vault.
  if (!config.file.empty() && config.file != own_default_paths(environment).file)
    files.set_command = "tqhost --config " + config.file.string() + " secret set ";
  files.named = named_secrets(config);
  files.state_dir = config.state_dir;
  files.secrets_file = config.state_dir / "secrets.json";
  return files;
}

std::string form_context(std::string_view instance) {
  std::string context("form");
  context += '\0';
  context += instance;
  return context;
}

Result<Vault> Vault::open(VaultFiles files) {
  Vault vault;
  vault.files_ = std::move(files);
  auto loaded = vault.load();
  if (!loaded) {
    // A rotation may have come between the two reads: look again while nobody writes.
    const auto lock = FileLock::wait_lock(vault.files_.state_dir / "secrets.lock");
    if (lock) loaded = vault.load();
  }
  if (!loaded) return std::move(loaded.error());
  if (vault.parted_) vault.keep_parted();
  return {std::move(vault)};
}

// Where it cannot be written, what was read is right nevertheless, and the next one tries again.
void Vault::keep_parted() {
  Vault writer;
  writer.files_ = files_;
  const auto lock = writer.begin_change();
  if (!lock || !write_secrets_file(files_.secrets_file, writer.file_)) return;
  writer.parted_ = false;
  *this = std::move(writer);
}

// Secrets first: keys that are read later open them, or a rotation has ended in between.
Result<void> Vault::load() {
  TQ_ASSIGN(file_, read_secrets_file(files_.secrets_file));
  TQ_ASSIGN(keys_, load_keys());
  if (!file_.secrets.empty() && key_with(file_.key_id) == nullptr) return no_fitting_key();
  parted_ = !file_.own_names_apart && !file_.secrets.empty() &&
            part_own_secrets(files_.named, *key_with(file_.key_id), &file_);
  return {};
}

Result<std::vector<Secret>> Vault::load_keys() const {
  if (!files_.credential.empty()) return read_key_file(files_.credential, KeyKeeper::kSystemd);
  std::error_code error;
  if (files_.key_file.empty() || (!fs::exists(files_.key_file, error) && !error))
    return std::vector<Secret>();
  return read_key_file(files_.key_file, KeyKeeper::kFile);
}

Error Vault::no_fitting_key() const {
  std::string message =
      files_.secrets_file.string() + " is sealed with key " + printable(file_.key_id);
  if (!keys_.empty()) {
    std::vector<std::string> ids;
    for (const Secret& key : keys_) ids.push_back(seal_key_id(key));
    message += ", but " +
               (files_.credential.empty() ? files_.key_file : files_.credential).string() +
               " holds key " + join(ids, ", ") + "; put the right key back from a backup";
  } else if (files_.key_file.empty()) {
    message += ", and no key file is known; name it in secrets.key_file";
  } else {
    message += ", and " + files_.key_file.string() +
               " does not exist; restore it from a backup (if systemd keeps the key as a "
               "credential, run this in the unit)";
  }
  return {Status::kConfig, message + ", or remove secrets.json and set every secret again: " +
                               files_.set_command + "NAME"};
}

const Secret* Vault::key_with(std::string_view id) const {
  for (const Secret& key : keys_)
    if (seal_key_id(key) == id) return &key;
  return nullptr;
}

// Nobody else changes the files while the lock lives, and this vault is what stands in them.
Result<FileLock> Vault::begin_change() {
  TQ_TRY(make_own_folder(files_.state_dir));
  TQ_ASSIGN(FileLock lock, FileLock::wait_lock(files_.state_dir / "secrets.lock"));
  TQ_TRY(load());
  return lock;
}

Result<void> Vault::need_key() {
  if (!keys_.empty()) return {};
  if (files_.key_file.empty())
    return Error{Status::kConfig,
                 "there is no place for the key of secrets at rest; name a file in "
                 "secrets.key_file of the configuration"};
  std::vector<Secret> keys = {make_seal_key()};
  TQ_TRY(write_key_file(files_.key_file, keys));
  keys_ = std::move(keys);
  return {};
}

Result<Secret> Vault::get(const std::string& name) const {
  const auto found = file_.secrets.find(name);
  if (found == file_.secrets.end()) {
    const std::string shown = printable(name);
    if (file_.set_again.count(name) != 0)
      return Error{Status::kConfig,
                   "the secret \"" + shown +
                       "\" has to be set again: an older tqhost kept ThreatQ's log-in under the "
                       "same name, and which of the two it was cannot be told; type: " +
                       files_.set_command + shown};
    const std::string near = nearest(name, names());
    return Error{Status::kConfig, "there is no secret \"" + shown + "\"" +
                                      (near.empty() ? "" : " (did you mean \"" + near + "\"?)") +
                                      "; set it with: " + files_.set_command + shown};
  }
  auto secret = unseal(*key_with(file_.key_id), secret_context(name), found->second.sealed);
  if (!secret)
    return Error{Status::kConfig, "the secret \"" + name + "\" in " + files_.secrets_file.string() +
                                      " is damaged; set it again: " + files_.set_command + name};
  return secret;
}

bool Vault::has(const std::string& name) const { return file_.secrets.count(name) != 0; }

std::vector<std::string> Vault::names() const {
  std::vector<std::string> names;
  for (const auto& [name, secret] : file_.secrets) names.push_back(name);
  return names;
}

std::string Vault::set_at(const std::string& name) const {
  const auto found = file_.secrets.find(name);
  return found == file_.secrets.end() ? std::string() : found->second.set_at;
}

std::string Vault::key_place() const {
  if (keys_.empty()) return "no key yet";
  const std::string id = "key " + seal_key_id(keys_.front());
  return files_.credential.empty() ? id + " in " + files_.key_file.string()
                                   : id + " in systemd's credential " + files_.credential.string();
}

Result<void> Vault::set(const std::map<std::string, Secret>& secrets) {
  for (const auto& [name, secret] : secrets) {
    TQ_TRY(check_secret_name(name));
    if (secret.empty()) return Error{Status::kConfig, "the secret \"" + name + "\" is empty"};
  }
  TQ_ASSIGN(const FileLock lock, begin_change());
  TQ_TRY(need_key());
  SecretsFile next = file_;
  if (next.secrets.empty()) next.key_id = seal_key_id(keys_.front());
  const Secret& key = *key_with(next.key_id);
  RealWorld world;
  for (const auto& [name, secret] : secrets) {
    next.set_again.erase(name);
    next.secrets[name] = {seal(key, secret_context(name), secret.reveal()),
                          format_time_utc(world.now_ms())};
  }
  TQ_TRY(write_secrets_file(files_.secrets_file, next));
  file_ = std::move(next);
  // The secrets are kept, whatever comes of a rotation that was cut off; rotate() tells about it.
  Rotation ignored;
  if (keys_.size() > 1) static_cast<void>(finish_rotation(world, &ignored));
  return {};
}

Result<void> Vault::erase(const std::vector<std::string>& names) {
  TQ_ASSIGN(const FileLock lock, begin_change());
  SecretsFile next = file_;
  for (const std::string& name : names) {
    next.secrets.erase(name);
    next.set_again.erase(name);
  }
  if (next.secrets.size() == file_.secrets.size() &&
      next.set_again.size() == file_.set_again.size())
    return {};
  TQ_TRY(write_secrets_file(files_.secrets_file, next));
  file_ = std::move(next);
  return {};
}

Result<std::string> Vault::seal_text(std::string_view context, std::string_view text) {
  TQ_ASSIGN(const FileLock lock, begin_change());
  TQ_TRY(need_key());
  return seal(keys_.front(), context, text);
}

Result<Secret> Vault::unseal_text(std::string_view context, std::string_view sealed) const {
  for (const Secret& key : keys_)
    if (auto text = unseal(key, context, sealed)) return text;
  return Error{Status::kData,
               "a sealed text cannot be opened with " + key_place() +
                   ": it is damaged, stands in another's place, or was sealed with another key"};
}

}  // namespace tq
