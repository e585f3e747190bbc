// SPDX-License-Identifier: Apache-2.0
// Key file: the keys of secrets at rest, one a line; the first one seals, all of them open
// (docs/formats/secrets.md). Any thread.
#pragma once

#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace tq {

enum class KeyKeeper {
  kFile,     // has to be closed to everybody else
  kSystemd,  // a credential, whose folder systemd closes
};

// At least one key. E_CONFIG: it cannot be read, is open to others, or is damaged (with the line).
Result<std::vector<Secret>> read_key_file(const std::filesystem::path& file, KeyKeeper keeper);

// Durable when it returns; makes the folder (0700) if it is missing. One writer at a time.
Result<void> write_key_file(const std::filesystem::path& file, const std::vector<Secret>& keys);

}  // namespace tq
