// SPDX-License-Identifier: Apache-2.0
// Digests and names made of them: BLAKE2b of libsodium, 128 bits. Pure functions; libsodium needs
// no set-up for these.
#pragma once

#include <sodium/crypto_generichash.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace cb_edr {

using Digest = std::array<unsigned char, 16>;

inline Digest digest_of(std::initializer_list<std::string_view> parts) {
  Digest out{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, out.size());
  for (const std::string_view part : parts) {
    // The length first, so that ("ab","c") and ("a","bc") differ.
    std::array<unsigned char, 8> length{};
    for (size_t i = 0; i < length.size(); ++i)
      length[i] = static_cast<unsigned char>(part.size() >> (8 * i));
    crypto_generichash_update(&state, length.data(), length.size());
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                              part.size());
  }
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

inline std::string hex(const unsigned char* bytes, size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

// A name-based UUID, version 8 of RFC 9562 (the digest is ours to choose).
inline std::string name_uuid(std::initializer_list<std::string_view> parts) {
  Digest bytes = digest_of(parts);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  const std::string text = hex(bytes.data(), bytes.size());
  return text.substr(0, 8) + "-" + text.substr(8, 4) + "-" + text.substr(12, 4) + "-" +
         text.substr(16, 4) + "-" + text.substr(20);
}

// Whether a text has the form of those.
inline bool is_name_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-8xxx-yxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    const std::string_view allowed = kForm[i] == 'x'   ? std::string_view("0123456789abcdef")
                                     : kForm[i] == 'y' ? std::string_view("89ab")
                                                       : kForm.substr(i, 1);
    if (allowed.find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace cb_edr
