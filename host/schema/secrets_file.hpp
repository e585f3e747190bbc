// SPDX-License-Identifier: Apache-2.0
// secrets.json: the sealed secrets (docs/formats/secrets.md). Values; any thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

struct SealedSecret {
  std::string sealed;
  std::string set_at;  // "2026-11-23T08:30:00.123Z"
};

struct SecretsFile {
  std::string key_id;  // of the key that sealed them all; empty: nothing was ever written
  std::map<std::string, SealedSecret> secrets;  // by name
  // False in files of an older tqhost, whose own secrets have names that settings can have.
  bool own_names_apart = true;
  std::set<std::string> set_again;  // names whose secrets could not be told from tqhost's own
};

// E_CONFIG: it is not [A-Za-z0-9._/-]{1,200}.
Result<void> check_secret_name(std::string_view name);

// What a secret is sealed for, so that it cannot be moved to another name.
std::string secret_context(std::string_view name);

// A missing file is an empty one. E_CONFIG: it cannot be read or is damaged.
Result<SecretsFile> read_secrets_file(const std::filesystem::path& file);

// Durable when it returns. One writer at a time.
Result<void> write_secrets_file(const std::filesystem::path& file, const SecretsFile& secrets);

}  // namespace tq
