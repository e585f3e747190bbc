// SPDX-License-Identifier: Apache-2.0
#include "core/seal.hpp"

#include <sodium.h>

#include <cassert>
#include <cstdlib>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kIdBytes = 8;
constexpr std::string_view kIdMessage = "tqhost key id";
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

static_assert(kSealKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kSealKeyBytes <= crypto_generichash_KEYBYTES_MAX);

// Quick after the first time. Without the system's randomness nothing here would be safe.
void need_sodium() {
  if (::sodium_init() < 0) std::abort();
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string encode(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
  ::sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), kBase64);
  out.pop_back();  // the final NUL
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  size_t size = 0;
  if (::sodium_base642bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &size,
                          nullptr, kBase64) != 0) {
    wipe(out);
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

}  // namespace

Secret make_seal_key() {
  need_sodium();
  std::string bytes(kSealKeyBytes, '\0');
  ::randombytes_buf(bytes.data(), bytes.size());
  Secret key(bytes);
  wipe(bytes);
  return key;
}

std::string seal_key_id(const Secret& key) {
  need_sodium();
  std::string hash(crypto_generichash_BYTES, '\0');
  ::crypto_generichash(bytes_of(hash), hash.size(), bytes_of(kIdMessage), kIdMessage.size(),
                       bytes_of(key.reveal()), key.reveal().size());
  return to_hex(std::string_view(hash).substr(0, kIdBytes));
}

Secret seal_key_text(const Secret& key) {
  std::string text = encode(key.reveal());
  Secret out(text);
  wipe(text);
  return out;
}

std::optional<Secret> seal_key_from(std::string_view text) {
  auto bytes = decode(text);
  if (!bytes) return std::nullopt;
  std::optional<Secret> key;
  if (bytes->size() == kSealKeyBytes) key.emplace(*bytes);
  wipe(*bytes);
  return key;
}

std::string seal(const Secret& key, std::string_view context, std::string_view text) {
  need_sodium();
  assert(key.reveal().size() == kSealKeyBytes);
  std::string box(kNonceBytes + text.size() + kTagBytes, '\0');
  // Random nonces of this size do not meet, however much is sealed with one key.
  ::randombytes_buf(box.data(), kNonceBytes);
  unsigned char* const nonce = bytes_of(box);
  ::crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, bytes_of(text),
                                               text.size(), bytes_of(context), context.size(),
                                               nullptr, nonce, bytes_of(key.reveal()));
  return encode(box);
}

Result<Secret> unseal(const Secret& key, std::string_view context, std::string_view sealed) {
  need_sodium();
  assert(key.reveal().size() == kSealKeyBytes);
  const Error refused{
      Status::kData,
      "a sealed text cannot be opened: it is damaged, stands in another's place, or "
      "was sealed with another key"};
  const auto box = decode(sealed);
  if (!box || box->size() < kNonceBytes + kTagBytes) return refused;
  const unsigned char* const nonce = bytes_of(std::string_view(*box));
  std::string text(box->size() - kNonceBytes - kTagBytes, '\0');
  if (::crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes_of(text), nullptr, nullptr, nonce + kNonceBytes, box->size() - kNonceBytes,
          bytes_of(context), context.size(), nonce, bytes_of(key.reveal())) != 0)
    return refused;
  Secret out(text);
  wipe(text);
  return out;
}

}  // namespace tq
