// SPDX-License-Identifier: Apache-2.0
#include "net/challenge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tq {
namespace {

// "Scheme token|name=value,...; Scheme ..."
std::string read(const Headers& fields) {
  std::string out;
  for (const Challenge& challenge : parse_challenges(fields, "Proxy-Authenticate")) {
    out += (out.empty() ? "" : "; ") + challenge.scheme;
    if (!challenge.token.empty()) out += " " + challenge.token;
    for (const auto& [name, value] : challenge.parameters) out += "|" + name + "=" + value;
  }
  return out;
}
std::string read(const char* value) { return read(Headers{{"proxy-authenticate", value}}); }

TEST(Challenge, IsReadInEveryForm) {
  EXPECT_EQ(read("Basic realm=\"a b\""), "Basic|realm=a b");
  EXPECT_EQ(read("Basic realm=\"a, NTLM\", NTLM"), "Basic|realm=a, NTLM; NTLM");
  EXPECT_EQ(read("Negotiate, NTLM , Digest Realm=x,nonce = \"y==\" , qop=\"auth,auth-int\""),
            "Negotiate; NTLM; Digest|realm=x|nonce=y==|qop=auth,auth-int");
  EXPECT_EQ(read("NTLM TlRMTVNTUAAC=="), "NTLM TlRMTVNTUAAC==");
  EXPECT_EQ(read("NTLM TlRM, Basic realm=\"\""), "NTLM TlRM; Basic|realm=");
  EXPECT_EQ(read("Digest realm=\"a \\\"b\\\" c\", nonce=\"n\""),
            "Digest|realm=a \\\"b\\\" c|nonce=n");
  EXPECT_EQ(read(Headers{{"Proxy-Authenticate", "Negotiate"},
                         {"WWW-Authenticate", "Bearer"},
                         {"Proxy-Authenticate", "NTLM"}}),
            "Negotiate; NTLM");
}

TEST(Challenge, WhatCannotBeReadEndsItsField) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("=x"), "");
  EXPECT_EQ(read("realm=\"x\""), "");
  EXPECT_EQ(read("Basic realm=\"x"), "Basic");
  EXPECT_EQ(read("Basic realm=\"x\\"), "Basic");
  EXPECT_EQ(read("NTLM, \x01 Basic"), "NTLM");
}

TEST(Challenge, ThereIsABoundOnThem) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "S" + std::to_string(i) + ", ";
  EXPECT_EQ(parse_challenges({{"X", many}, {"X", many}}, "X").size(), 16u);
  std::string wide = "Digest ";
  for (int i = 0; i < 1000; ++i) wide += "p" + std::to_string(i) + "=v, ";
  const auto one = parse_challenges({{"X", wide}}, "X");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].parameters.size(), 32u);
}

}  // namespace
}  // namespace tq
