// SPDX-License-Identifier: Apache-2.0
#include "schema/secret_ref.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

#include "core/ends.hpp"
#include "core/file.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "schema/config.hpp"
#include "schema/vault.hpp"

namespace tq {
namespace {

constexpr size_t kSecretBytesMost = 64 * 1024;
const std::vector<std::string> kKinds = {"secret", "file", "env", "credential"};

// The configuration file that a place lies in; empty: the environment or the command line.
std::filesystem::path file_of(const std::string& place, const HostConfig& config) {
  const auto lies_in = [&](const std::string& file) {
    return !file.empty() && place.rfind(file + ":", 0) == 0;
  };
  if (lies_in(config.file.string())) return config.file;
  for (const InstanceConfig& instance : config.instances)
    if (lies_in(instance.file)) return instance.file;
  return {};
}

Result<Secret> from_file(const std::filesystem::path& file) {
  TQ_ASSIGN(std::string text, read_text_file(file, kSecretBytesMost));
  Secret secret(cut_ends(text));
  wipe(text);
  if (secret.empty())
    return Error{Status::kConfig, file.string() + " holds no secret, it is empty"};
  return secret;
}

Result<Secret> from_private_file(const std::filesystem::path& file) {
  TQ_TRY(check_private(file, "holds a secret"));
  return from_file(file);
}

Result<Secret> from_environment(const std::string& name, const Environment& environment) {
  const auto found = environment.find(name);
  if (found == environment.end())
    return Error{Status::kConfig, "the environment variable " + printable(name) + " is not set"};
  const std::string_view value = cut_ends(found->second);
  if (value.empty())
    return Error{Status::kConfig, "the environment variable " + printable(name) + " is empty"};
  return Secret(value);
}

Result<Secret> from_credential(const std::string& name, const Environment& environment) {
  if (name.find('/') != std::string::npos || name.front() == '.')
    return Error{Status::kConfig, "the credential's name " + printable(name) + " is no file name"};
  const auto folder = environment.find("CREDENTIALS_DIRECTORY");
  if (folder == environment.end() || folder->second.empty())
    return Error{Status::kConfig, "there is no credential " + printable(name) +
                                      ": systemd gave none; add LoadCredential=" + printable(name) +
                                      ":PATH to the unit"};
  // systemd keeps its folder closed; with access lists, group bits look set that are not.
  return from_file(std::filesystem::path(folder->second) / name);
}

Result<Secret> from_vault(const std::string& name, const HostConfig& config,
                          const Environment& environment) {
  TQ_ASSIGN(const Vault vault, Vault::open(vault_files(config, environment)));
  return vault.get(name);
}

Result<Secret> resolve(const SecretRef& ref, const HostConfig& config,
                       const Environment& environment) {
  const std::filesystem::path file = file_of(ref.place, config);
  if (ref.value.is_string()) {
    if (!file.empty()) TQ_TRY(check_private(file, "holds a secret"));
    return Secret(cut_ends(ref.value.get_ref<const std::string&>()));
  }
  if (!ref.value.is_object())
    return Error{Status::kConfig, "a secret is a text or a reference (" + secret_kinds() + ")"};
  if (std::string defect = reference_defect(ref.value); !defect.empty())
    return Error{Status::kConfig, "the reference to a secret " + defect};
  // Whoever can change the reference, or the address beside it, has the secret sent to himself.
  if (!file.empty()) TQ_TRY(check_own(file, "names a secret"));
  const std::string kind = ref.value.begin().key();
  const std::string name = ref.value.begin().value().get<std::string>();
  if (kind == "file") return from_private_file(file.parent_path() / name);
  if (kind == "env") return from_environment(name, environment);
  if (kind == "credential") return from_credential(name, environment);
  return from_vault(name, config, environment);
}

}  // namespace

std::string secret_kinds() {
  return R"({"secret": NAME}, {"file": PATH}, {"env": NAME} or {"credential": NAME})";
}

std::string reference_defect(const Json& object) {
  if (object.size() != 1)
    return "has " + std::to_string(object.size()) +
           " members, but one is needed: " + secret_kinds();
  const std::string kind = object.begin().key();
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    const std::string near = nearest(kind, kKinds);
    return "is no reference to a secret, because \"" + printable(kind, 60) + "\" is not known; " +
           (near.empty() ? "there are " + secret_kinds() : "did you mean \"" + near + "\"?");
  }
  const Json& name = object.begin().value();
  if (!name.is_string() || name.get_ref<const std::string&>().empty())
    return "names nothing: \"" + kind + "\" needs a text";
  return {};
}

Result<void> check_private(const std::filesystem::path& file, const std::string& what) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    return errno_error(Status::kConfig, "cannot open", file, errno);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{Status::kConfig, file.string() + " " + what +
                                      " and is open to other users; type: chmod 600 " +
                                      file.string()};
  return check_own(file, what);
}

Result<Secret> resolve_secret(const SecretRef& ref, const HostConfig& config,
                              const Environment& environment) {
  auto secret = resolve(ref, config, environment);
  if (secret || ref.place.empty()) return secret;
  // Not "/api_key: why": the log would take the reason for the key's value.
  return Error{Status::kConfig, ref.place + " cannot be used: " + secret.error().message};
}

}  // namespace tq
