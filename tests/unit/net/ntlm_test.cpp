// SPDX-License-Identifier: Apache-2.0
// The client's half of NTLM against numbers of MS-NLMP, 4.2.4, and hostile challenges.
#include "net/ntlm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "core/digest.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

// 4.2.4.1.1: NTOWFv2() of the user "User" with "Password" in "Domain".
constexpr unsigned char kKey[] = {0x0c, 0x86, 0x8a, 0x40, 0x3b, 0xfd, 0x7a, 0x93,
                                  0xa3, 0x00, 0x1e, 0xf2, 0x2e, 0xf0, 0x2e, 0x3f};
const std::string kServerChallenge = "\x01\x23\x45\x67\x89\xab\xcd\xef";
constexpr uint32_t kUnicode = 1, kTargetInfo = 0x00800000;

std::string number(uint64_t value, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string wide(const std::string& text) {
  std::string out;
  for (const char c : text) out += {c, '\0'};
  return out;
}

struct Parts {
  std::string target = wide("Domain");
  std::string info = number(7, 2) + number(8, 2) + number(0x0102030405060708, 8) + number(0, 4);
  uint32_t flags = kUnicode | kTargetInfo;
  uint64_t target_offset = 48, info_offset = 60;
};

std::string challenge(const Parts& parts) {
  const auto place = [](const std::string& text, uint64_t offset) {
    return number(text.size(), 2) + number(text.size(), 2) + number(offset, 4);
  };
  return std::string("NTLMSSP\0", 8) + number(2, 4) + place(parts.target, parts.target_offset) +
         number(parts.flags, 4) + kServerChallenge + std::string(8, '\0') +
         place(parts.info, parts.info_offset) + parts.target + parts.info;
}

std::string decoded(const std::string& text) {
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  EXPECT_GT(size, 0);
  out.resize(static_cast<size_t>(size));
  out.resize(out.size() - (text.size() - text.find_last_not_of('=') - 1));
  return out;
}

uint64_t number_at(const std::string& bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i > 0; --i)
    value = value << 8 | uint64_t{static_cast<unsigned char>(bytes.at(at + i - 1))};
  return value;
}

std::string field(const std::string& message, size_t at) {
  return message.substr(number_at(message, at + 4, 4), number_at(message, at, 2));
}

std::string hmac_md5(const std::string& bytes) {
  unsigned char out[16];
  unsigned size = sizeof out;
  HMAC(EVP_md5(), kKey, sizeof kKey, reinterpret_cast<const unsigned char*>(bytes.data()),
       bytes.size(), out, &size);
  return {reinterpret_cast<const char*>(out), size};
}

TEST(Ntlm, TheHelloIsOfTheFirstKind) {
  const std::string hello = decoded(ntlm_hello());
  EXPECT_EQ(hello.substr(0, 12), std::string("NTLMSSP\0\x01\0\0\0", 12));
}

TEST(Ntlm, TheProofIsTheSecondVersionOverTheServersTime) {
  for (const char* user : {"User", "Domain\\User"}) {
    const auto proof = ntlm_proof(user, "Password", base64(challenge({})));
    ASSERT_TRUE(proof) << proof.error().message;
    const std::string message = decoded(*proof);
    EXPECT_EQ(message.substr(0, 12), std::string("NTLMSSP\0\x03\0\0\0", 12));
    EXPECT_EQ(field(message, 28), wide("Domain"));
    EXPECT_EQ(field(message, 36), wide("User"));
    const std::string answer = field(message, 20);
    const std::string blob = answer.substr(16);
    EXPECT_EQ(answer.substr(0, 16), hmac_md5(kServerChallenge + blob));
    EXPECT_EQ(number_at(blob, 8, 8), 0x0102030405060708u);
    EXPECT_THAT(blob, HasSubstr(Parts().info));
    EXPECT_EQ(field(message, 12), std::string(24, '\0')) << "nothing of the older kind";
  }
}

TEST(Ntlm, OtherProofsDiffer) {
  const std::string sent = base64(challenge({}));
  const std::string upn = decoded(*ntlm_proof("User@domain.example", "Password", sent));
  EXPECT_EQ(field(upn, 28), "");
  EXPECT_EQ(field(upn, 36), wide("User@domain.example"));
  EXPECT_NE(*ntlm_proof("User", "Password", sent), *ntlm_proof("User", "Password", sent))
      << "a nonce each";
}

TEST(Ntlm, HostileChallengesReachNothing) {
  Parts beyond, wraps, info_wraps, half;
  beyond.target_offset = 80;
  wraps.target_offset = 0xfffffff8;
  info_wraps.info_offset = 0xfffffff0;
  half.target = "abc";
  half.info_offset = 51;
  const std::string good = challenge({});
  for (const Parts& parts : {beyond, wraps, half}) {
    const auto proof = ntlm_proof("User", "Password", base64(challenge(parts)));
    ASSERT_TRUE(proof) << proof.error().message;
    EXPECT_EQ(field(decoded(*proof), 28), "") << "the name of a domain that is nowhere is none";
  }
  for (const std::string& bytes :
       {challenge(info_wraps), std::string("NTLMSSP\0", 8), good.substr(0, 31), good.substr(0, 47),
        std::string(64, '\0'), "X" + good.substr(1)}) {
    const auto proof = ntlm_proof("User", "Password", base64(bytes));
    ASSERT_FALSE(proof) << bytes;
    EXPECT_EQ(proof.error().status, Status::kData);
    EXPECT_THAT(proof.error().message, HasSubstr("NTLM challenge"));
  }
  for (const std::string& text : {std::string(), std::string("!!!"), std::string(1 << 20, 'A')})
    EXPECT_FALSE(ntlm_proof("User", "Password", text));
  Parts bare;
  bare.flags = kUnicode;
  EXPECT_TRUE(ntlm_proof("User", "Password", base64(challenge(bare)))) << "no target info";
}

}  // namespace
}  // namespace tq
