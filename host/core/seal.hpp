// SPDX-License-Identifier: Apache-2.0
// Sealing: authenticated encryption of short texts with a key that a file holds (libsodium's
// XChaCha20-Poly1305 and BLAKE2b). Pure functions but for the system's randomness; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace tq {

inline constexpr size_t kSealKeyBytes = 32;

// 32 random bytes.
Secret make_seal_key();

// 16 hex digits that tell keys apart and say nothing about them.
std::string seal_key_id(const Secret& key);

// A key as base64, and back; nullopt: this is no base64 of 32 bytes.
Secret seal_key_text(const Secret& key);
std::optional<Secret> seal_key_from(std::string_view text);

// Nonce, ciphertext and tag, as base64. `context` is not in it and has to be the same when it is
// opened, so that one sealed text cannot stand in another's place. REQUIRES: the key has 32 bytes.
std::string seal(const Secret& key, std::string_view context, std::string_view text);

// E_DATA: damaged, of another context, or sealed with another key; the three look alike.
Result<Secret> unseal(const Secret& key, std::string_view context, std::string_view sealed);

}  // namespace tq
