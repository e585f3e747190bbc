// SPDX-License-Identifier: Apache-2.0
// Poco makes the messages. What comes from outside is measured here before Poco reads it, because
// Poco adds offsets and lengths without looking at their sum.
#include "net/ntlm.hpp"

#include <openssl/rand.h>
#include <Poco/Exception.h>
#include <Poco/Net/NTLMCredentials.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tq {
namespace {

using Poco::Net::NTLMCredentials;
using Bytes = std::vector<unsigned char>;

constexpr size_t kLongestChallenge = 16 * 1024;  // as base64
constexpr size_t kNonceBytes = 8;
constexpr size_t kLmBytes = 24;
constexpr uint16_t kTimestampPair = 7;  // MsvAvTimestamp
// What the hello offers, and what a challenge may say about its target; more is not answered to.
constexpr uint32_t kUnderstood =
    NTLMCredentials::NTLM_FLAG_NEGOTIATE_UNICODE | NTLMCredentials::NTLM_FLAG_REQUEST_TARGET |
    NTLMCredentials::NTLM_FLAG_NEGOTIATE_NTLM | NTLMCredentials::NTLM_FLAG_NEGOTIATE_ALWAYS_SIGN |
    NTLMCredentials::NTLM_FLAG_NEGOTIATE_NTLM2_KEY | NTLMCredentials::NTLM_FLAG_TARGET_DOMAIN |
    NTLMCredentials::NTLM_FLAG_TARGET_SERVER | NTLMCredentials::NTLM_FLAG_NEGOTIATE_TARGET;

Error no_challenge(const std::string& why) {
  return {Status::kData, "its NTLM challenge cannot be read: " + why};
}

// Little endian. REQUIRES: the bytes are there.
uint64_t number_at(const Bytes& bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i > 0; --i) value = value << 8 | uint64_t{bytes[at + i - 1]};
  return value;
}

// A length and an offset at `at` stay within the message.
bool stays_within(const Bytes& message, size_t at) {
  if (at + 8 > message.size()) return false;
  const uint64_t length = number_at(message, at, 2);
  const uint64_t offset = number_at(message, at + 4, 4);
  return length == 0 || offset + length <= message.size();
}

Result<NTLMCredentials::ChallengeMessage> read_challenge(std::string_view text) {
  constexpr size_t kSmallest = 32, kTargetAt = 12, kFlagsAt = 20, kTargetInfoAt = 40;
  if (text.size() > kLongestChallenge) return no_challenge("it is too long");
  Bytes message = NTLMCredentials::fromBase64(std::string(text));
  if (message.size() < kSmallest) return no_challenge("it is too short");
  const uint64_t flags = number_at(message, kFlagsAt, 4);
  const bool has_info = (flags & NTLMCredentials::NTLM_FLAG_NEGOTIATE_TARGET) != 0;
  if (has_info && !stays_within(message, kTargetInfoAt))
    return no_challenge("it points outside of itself");
  const bool wide = (flags & NTLMCredentials::NTLM_FLAG_NEGOTIATE_UNICODE) != 0;
  const bool half_letter = wide && number_at(message, kTargetAt, 2) % 2 != 0;
  // It is only a name, and what squid's own ntlm_fake_auth writes here points nowhere.
  if (!stays_within(message, kTargetAt) || half_letter)
    std::fill_n(message.begin() + kTargetAt, 8, static_cast<unsigned char>(0));
  NTLMCredentials::ChallengeMessage out;
  if (!NTLMCredentials::parseChallengeMessage(message.data(), message.size(), out))
    return no_challenge("it is no message of the second kind");
  return out;
}

// The other side's own time, which spares both an agreement of their clocks.
std::optional<uint64_t> timestamp_of(const Bytes& target_info) {
  for (size_t at = 0; at + 4 <= target_info.size();) {
    const uint64_t id = number_at(target_info, at, 2), size = number_at(target_info, at + 2, 2);
    at += 4;
    if (id == 0 || size > target_info.size() - at) return std::nullopt;
    if (id == kTimestampPair && size == 8) return number_at(target_info, at, 8);
    at += size;
  }
  return std::nullopt;
}

struct Account {
  std::string user, domain;
};

Account account_of(const std::string& user, const std::string& domain_of_proxy) {
  if (const size_t slash = user.find('\\'); slash != std::string::npos)
    return {user.substr(slash + 1), user.substr(0, slash)};
  if (user.find('@') != std::string::npos) return {user, ""};
  return {user, domain_of_proxy};
}

Result<std::string> make_proof(const std::string& user, const std::string& password,
                               std::string_view text) {
  TQ_ASSIGN(NTLMCredentials::ChallengeMessage challenge, read_challenge(text));
  // Poco takes the address of its first byte.
  if (challenge.targetInfo.empty()) challenge.targetInfo.assign(4, 0);
  const Account account = account_of(user, challenge.target);
  Bytes nonce(kNonceBytes);
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
    return Error{Status::kTransient, "this machine gives no random bytes"};
  const auto timestamp = timestamp_of(challenge.targetInfo);
  const Bytes key = NTLMCredentials::createNTLMv2Hash(account.user, account.domain, password);
  NTLMCredentials::AuthenticateMessage out;
  out.flags = challenge.flags & kUnderstood;
  out.target = account.domain;
  out.username = account.user;
  // Who tells his time wants no answer of the older kind.
  out.lmResponse = timestamp ? Bytes(kLmBytes, 0)
                             : NTLMCredentials::createLMv2Response(key, challenge.challenge, nonce);
  out.ntlmResponse =
      NTLMCredentials::createNTLMv2Response(key, challenge.challenge, nonce, challenge.targetInfo,
                                            timestamp.value_or(NTLMCredentials::createTimestamp()));
  return NTLMCredentials::toBase64(NTLMCredentials::formatAuthenticateMessage(out));
}

}  // namespace

std::string ntlm_hello() {
  return NTLMCredentials::toBase64(NTLMCredentials::formatNegotiateMessage({}));
}

Result<std::string> ntlm_proof(const std::string& user, const std::string& password,
                               std::string_view challenge) {
  try {
    return make_proof(user, password, challenge);
  } catch (const Poco::Exception& error) {
    return no_challenge(error.displayText());
  }
}

}  // namespace tq
