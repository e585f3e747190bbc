// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/ntlm.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cctype>
#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "lab/proxy/md4.hpp"

namespace lab {
namespace {

constexpr std::uint32_t kUnicode = 0x1, kTargetDomain = 0x10000, kNtlm = 0x200, kNtlm2 = 0x80000,
                        kTargetInfo = 0x800000;
constexpr std::uint64_t kTicksBefore1970 = 116'444'736'000'000'000;
const std::string kSignature("NTLMSSP\0", 8);

std::string base64(const std::string& bytes) {
  std::string out(4 * (bytes.size() / 3 + 1) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// Zero bytes may follow the true end.
std::string from_base64(const std::string& text) {
  std::string out(3 * (text.size() / 4 + 1), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

std::string little(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::uint64_t number(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i)
    value = value << 8 | std::uint64_t{static_cast<unsigned char>(bytes.at(at + i - 1))};
  return value;
}

// What a length and an offset at `at` point to. Throws std::out_of_range.
std::string field(const std::string& message, std::size_t at) {
  const auto size = static_cast<std::size_t>(number(message, at, 2));
  const auto offset = static_cast<std::size_t>(number(message, at + 4, 4));
  if (offset + size > message.size()) throw std::out_of_range("a field beyond the message");
  return message.substr(offset, size);
}

std::string wide(const std::string& text) {
  std::string out;
  for (const char c : text) out += {c, '\0'};
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string hmac_md5(const std::string& key, const std::string& bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out, &size);
  return {reinterpret_cast<const char*>(out), size};
}

std::uint64_t windows_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return kTicksBefore1970 + static_cast<std::uint64_t>(us) * 10;
}

}  // namespace

int ntlm_kind(const std::string& text) {
  const std::string message = from_base64(text);
  if (message.size() < 12 || message.compare(0, kSignature.size(), kSignature) != 0) return 0;
  const std::uint64_t kind = number(message, 8, 4);
  return kind >= 1 && kind <= 3 ? static_cast<int>(kind) : 0;
}

std::string ntlm_challenge(const std::string& domain, std::string* challenge) {
  unsigned char random[8];
  RAND_bytes(random, sizeof random);
  challenge->assign(reinterpret_cast<const char*>(random), sizeof random);
  const std::string target = wide(domain);
  const std::string info = little(2, 2) + little(target.size(), 2) + target + little(7, 2) +
                           little(8, 2) + little(windows_time(), 8) + little(0, 4);
  const auto place = [](std::size_t size, std::size_t offset) {
    return little(size, 2) + little(size, 2) + little(offset, 4);
  };
  constexpr std::size_t kHead = 48;
  return base64(kSignature + little(2, 4) + place(target.size(), kHead) +
                little(kUnicode | kNtlm | kTargetDomain | kNtlm2 | kTargetInfo, 4) + *challenge +
                std::string(8, '\0') + place(info.size(), kHead + target.size()) + target + info);
}

bool ntlm_proves(const std::string& text, const std::string& challenge,
                 const NtlmAccount& account) try {
  constexpr std::size_t kProof = 16;
  const std::string message = from_base64(text);
  const std::string answer = field(message, 20), domain = field(message, 28),
                    user = field(message, 36);
  if (answer.size() <= 24 + kProof || upper(user) != upper(wide(account.user)) ||
      upper(domain) != upper(wide(account.domain)))
    return false;
  const std::string key = hmac_md5(md4(wide(account.password)), wide(upper(account.user)) + domain);
  return answer.substr(0, kProof) == hmac_md5(key, challenge + answer.substr(kProof));
} catch (const std::out_of_range&) {
  return false;
}

}  // namespace lab
