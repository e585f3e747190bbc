// SPDX-License-Identifier: Apache-2.0
#include "normalise.hpp"

#include <gtest/gtest.h>

namespace cb_edr {
namespace {

struct Case {
  Kind kind;
  std::string value;
  Refusal refusal;
  Field field;
  std::string normal;
};

constexpr std::string_view kMd5 = "e320bb753ba6fb13ea7ef15e7efc315e";

TEST(Normalise, ValueTable) {
  const std::string sha256(64, 'a');
  const Case cases[] = {
      {Kind::kIp, "192.0.2.7", Refusal::kNone, Field::kIpv4, "192.0.2.7"},
      {Kind::kIp, " 192.0.2.7\n", Refusal::kNone, Field::kIpv4, "192.0.2.7"},
      {Kind::kIp, "ff02::fb", Refusal::kNone, Field::kIpv6, "FF0200000000000000000000000000FB"},
      {Kind::kIp, "2001:DB8::1", Refusal::kNone, Field::kIpv6, "20010DB8000000000000000000000001"},
      {Kind::kIp, "192.0.2.0/24", Refusal::kCidr, {}, ""},
      {Kind::kIp, "192.0.2.256", Refusal::kIp, {}, ""},
      {Kind::kIp, "192.0.2", Refusal::kIp, {}, ""},
      {Kind::kIp, "010.0.0.1", Refusal::kIp, {}, ""},
      {Kind::kIp, "192[.]0.2.7", Refusal::kIp, {}, ""},
      {Kind::kIp, "fe80::1%eth0", Refusal::kIp, {}, ""},
      {Kind::kIp, "", Refusal::kIp, {}, ""},
      {Kind::kIp, std::string("192.0.2.7\0x", 11), Refusal::kIp, {}, ""},
      {Kind::kIp, std::string(60, '1'), Refusal::kIp, {}, ""},
      {Kind::kFqdn, "Bad.Example.COM", Refusal::kNone, Field::kDomain, "bad.example.com"},
      {Kind::kFqdn, "bad.example.com.", Refusal::kNone, Field::kDomain, "bad.example.com"},
      {Kind::kFqdn, "https://bad.example.com/", Refusal::kNone, Field::kDomain, "bad.example.com"},
      {Kind::kFqdn, "_dmarc.example.com", Refusal::kNone, Field::kDomain, "_dmarc.example.com"},
      {Kind::kFqdn, "xn--bcher-kva.example", Refusal::kNone, Field::kDomain,
       "xn--bcher-kva.example"},
      {Kind::kFqdn,
       "b\xC3\xBC"
       "cher.example",
       Refusal::kDomainNotAscii,
       {},
       ""},
      {Kind::kFqdn, "bad.example.com/path", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "bad example.com", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "bad[.]example.com", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "localhost", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "10.0.0.1", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "a..b", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "-a.example", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, std::string(64, 'a') + ".example", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, ".", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, ".example.com", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "example.com..", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "a-.example", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "a.b.7", Refusal::kDomain, {}, ""},
      {Kind::kFqdn, "7.b", Refusal::kNone, Field::kDomain, "7.b"},
      {Kind::kFqdn, std::string(63, 'a') + ".example", Refusal::kNone, Field::kDomain,
       std::string(63, 'a') + ".example"},
      {Kind::kMd5, "E320BB753BA6FB13EA7EF15E7EFC315E", Refusal::kNone, Field::kHash,
       std::string(kMd5)},
      {Kind::kMd5, "\t" + std::string(kMd5) + " ", Refusal::kNone, Field::kHash, std::string(kMd5)},
      {Kind::kMd5, std::string(kMd5.substr(1)), Refusal::kMd5, {}, ""},
      {Kind::kMd5, std::string(kMd5.substr(1)) + "g", Refusal::kMd5, {}, ""},
      {Kind::kSha256, sha256, Refusal::kNone, Field::kHash, sha256},
      {Kind::kSha256, sha256 + "a", Refusal::kSha256, {}, ""},
      {Kind::kSha256, std::string(kMd5), Refusal::kSha256, {}, ""},
  };
  for (const Case& c : cases) {
    std::string out;
    const Normal normal = normalise(c.kind, c.value, &out);
    EXPECT_EQ(normal.refusal, c.refusal) << c.value;
    if (c.refusal != Refusal::kNone) continue;
    EXPECT_EQ(normal.field, c.field) << c.value;
    EXPECT_EQ(out, c.normal);
  }
}

TEST(KindOf, ComparesNamesWithoutCaseAndBlanks) {
  EXPECT_EQ(kind_of("IP Address"), Kind::kIp);
  EXPECT_EQ(kind_of("IPAddress"), Kind::kIp);
  EXPECT_EQ(kind_of("ipv6 address"), Kind::kIp);
  EXPECT_EQ(kind_of("sha-256"), Kind::kSha256);
  EXPECT_EQ(kind_of("MD5"), Kind::kMd5);
  EXPECT_EQ(kind_of("FQDN"), Kind::kFqdn);
  EXPECT_EQ(kind_of("SHA-1"), Kind::kOther);
  EXPECT_EQ(kind_of("URL"), Kind::kOther);
  EXPECT_EQ(kind_of(""), Kind::kOther);
}

TEST(Refusals, EachHasAText) {
  for (int refusal = 1; refusal <= static_cast<int>(Refusal::kSha256); ++refusal)
    EXPECT_FALSE(refusal_reason(static_cast<Refusal>(refusal)).empty());
}

}  // namespace
}  // namespace cb_edr
