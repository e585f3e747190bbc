// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/digest.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

namespace lab {
namespace {

constexpr const char* kRealm = "tqlab";

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
  return out;
}

// name=value and name="value", between commas.
std::map<std::string, std::string> parameters(const std::string& text) {
  std::map<std::string, std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && (text[at] == ' ' || text[at] == ',')) ++at;
    const std::size_t equals = text.find('=', at);
    if (equals == std::string::npos) break;
    const std::string name = text.substr(at, equals - at);
    const bool quoted = equals + 1 < text.size() && text[equals + 1] == '"';
    const std::size_t begin = equals + (quoted ? 2 : 1);
    const std::size_t end = std::min(text.find(quoted ? '"' : ',', begin), text.size());
    out[name] = text.substr(begin, end - begin);
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string md5_hex(const std::string& bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &size, EVP_md5(), nullptr);
  return hex(out, size);
}

Digest::Verdict Digest::judge(const std::string& method, const std::string& target,
                              const std::string& value) {
  auto given = parameters(value);
  const bool whole = given["username"] == user_ && given["realm"] == kRealm &&
                     given["uri"] == target && given["qop"] == "auth" && given["nc"].size() == 8 &&
                     !given["cnonce"].empty();
  const std::string account = md5_hex(user_ + ":" + kRealm + ":" + password_);
  const std::string expected = md5_hex(account + ":" + given["nonce"] + ":" + given["nc"] + ":" +
                                       given["cnonce"] + ":auth:" + md5_hex(method + ":" + target));
  if (!whole || given["response"] != expected) return Verdict::kWrong;
  const std::uint64_t count = std::stoull(given["nc"], nullptr, 16);
  const std::lock_guard lock(mutex_);
  const auto known = counts_.find(given["nonce"]);
  if (known == counts_.end() || count > uses_) return Verdict::kStale;
  if (count <= known->second) return Verdict::kWrong;  // said again by somebody who listened
  known->second = count;
  return Verdict::kGood;
}

std::string Digest::challenge(bool stale) {
  unsigned char bytes[16];
  RAND_bytes(bytes, sizeof bytes);
  const std::string nonce = hex(bytes, sizeof bytes);
  const std::lock_guard lock(mutex_);
  counts_[nonce] = 0;
  return std::string("Digest realm=\"") + kRealm + "\", nonce=\"" + nonce +
         "\", qop=\"auth\", algorithm=MD5" + (stale ? ", stale=true" : "");
}

}  // namespace lab
