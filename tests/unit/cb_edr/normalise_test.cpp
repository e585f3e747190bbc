// SPDX-License-Identifier: Apache-2.0
#include "normalise.hpp"

#include <gtest/gtest.h>

#include <set>

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

TEST(Normalise, BlanksAndMarksAtTheEndsAreNoPartOfAValue) {
  const std::string sha256(64, 'a');
  const std::pair<Kind, std::string> values[] = {{Kind::kIp, "192.0.2.7"},
                                                 {Kind::kFqdn, "bad.example.com"},
                                                 {Kind::kMd5, std::string(kMd5)},
                                                 {Kind::kSha256, sha256}};
  for (const auto& [kind, value] : values) {
    for (const std::string mark : {"\xC2\xA0", "\xEF\xBB\xBF", "\xE2\x80\xAF", "\xE2\x80\x8B",
                                   "\xE2\x80\x8E", "\xE3\x80\x80", "\xC2\xAD", "\x7F", "\x01"}) {
      std::string out;
      for (const std::string& text : {mark + value, value + mark, mark + " " + value + mark}) {
        EXPECT_EQ(normalise(kind, text, &out).refusal, Refusal::kNone) << text;
        EXPECT_EQ(out, value);
      }
    }
  }
  std::string out;
  EXPECT_EQ(normalise(Kind::kIp, "192.0\xC2\xA0.2.7", &out).refusal, Refusal::kIp)
      << "only at the ends";
}

TEST(Normalise, AMappedAddressIsTheIpv4Address) {
  for (const std::string value :
       {"::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201", "::FFFF:C000:0201",
        "0:0:0:0:0:ffff:192.0.2.1", "0000:0000:0000:0000:0000:ffff:c000:0201",
        "::ffff:192.0.2.1/128", "::ffff:c000:201/128"}) {
    std::string out;
    const Normal normal = normalise(Kind::kIp, value, &out);
    EXPECT_EQ(normal.refusal, Refusal::kNone) << value;
    EXPECT_EQ(normal.field, Field::kIpv4) << value;
    EXPECT_EQ(out, "192.0.2.1") << value;
  }
  for (const std::string value : {"::192.0.2.1", "::fffe:192.0.2.1", "64:ff9b::192.0.2.1"}) {
    std::string out;
    EXPECT_EQ(normalise(Kind::kIp, value, &out).field, Field::kIpv6) << value;
    EXPECT_EQ(out.size(), 32u) << value;
  }
}

TEST(Normalise, ABlockOfOneAddressIsThatAddress) {
  std::string out;
  EXPECT_EQ(normalise(Kind::kIp, "192.0.2.7/32", &out).field, Field::kIpv4);
  EXPECT_EQ(out, "192.0.2.7");
  EXPECT_EQ(normalise(Kind::kIp, "2001:db8::1/128", &out).field, Field::kIpv6);
  EXPECT_EQ(out, "20010DB8000000000000000000000001");
  for (const std::string value :
       {"192.0.2.7/31", "192.0.2.7/128", "192.0.2.7/032", "192.0.2.7/", "192.0.2.7/32/", "/32",
        "192.0.2/32", "2001:db8::1/32", "2001:db8::1/127", "::ffff:192.0.2.7/32",
        "::ffff:192.0.2.7/96", "192.0.2.7 /32", "192.0.2.7/ 32", "::/0", "x/128"})
    EXPECT_EQ(normalise(Kind::kIp, value, &out).refusal, Refusal::kCidr) << value;
}

TEST(Normalise, ASlashAtTheEndOfANameIsNoPartOfIt) {
  for (const std::string value :
       {"bad.example.com/", "https://bad.example.com/", "http://bad.example.com",
        "bad.example.com./", "BAD.example.com/\n"}) {
    std::string out;
    EXPECT_EQ(normalise(Kind::kFqdn, value, &out).refusal, Refusal::kNone) << value;
    EXPECT_EQ(out, "bad.example.com") << value;
  }
  std::string out;
  for (const std::string value :
       {"bad.example.com//", "https://bad.example.com//", "/", "https:///", "bad.example.com/a",
        "/bad.example.com", "bad.example.com/."})
    EXPECT_EQ(normalise(Kind::kFqdn, value, &out).refusal, Refusal::kDomain) << value;
}

TEST(Normalise, ANameOutsideAsciiBecomesItsALabel) {
  const std::pair<std::string, std::string> names[] = {
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"B\xC3\x9C"
       "CHER.Example.",
       "xn--bcher-kva.example"},
      {"bu\xCC\x88"
       "cher.example",
       "xn--bcher-kva.example"},
      {"https://b\xC3\xBC"
       "cher.example/",
       "xn--bcher-kva.example"},
      {"fa\xC3\x9F.example", "xn--fa-hia.example"},
      {"_dmarc.b\xC3\xBC"
       "cher.example",
       "_dmarc.xn--bcher-kva.example"},
      {"b\xC3\xBC_c.example", "xn--b_c-hoa.example"},
      {"xn--bcher-kva.\xC3\xBC.example", "xn--bcher-kva.xn--tda.example"},
      {"b\xC3\xBC"
       "cher\xE3\x80\x82"
       "example\xE3\x80\x82",
       "xn--bcher-kva.example"},
      {"\xEF\xBD\x81.example", "a.example"},
      {"exam\xE2\x80\x8Bple.com", "example.com"},
      {"pay\xD1\x80"
       "al.example",
       "xn--payal-xye.example"},
  };
  for (const auto& [name, ascii] : names) {
    std::string out;
    const Normal normal = normalise(Kind::kFqdn, name, &out);
    EXPECT_EQ(normal.refusal, Refusal::kNone) << name;
    EXPECT_EQ(normal.field, Field::kDomain) << name;
    EXPECT_EQ(out, ascii) << name;
  }
}

TEST(Normalise, ANameWithoutAnALabelIsRefusedWithItsReason) {
  std::string many;  // 300 labels
  for (int i = 0; i < 300; ++i) many += "\xC3\xBC.";
  const std::pair<std::string, Refusal> names[] = {
      {"\xE2\x98\x83.example", Refusal::kNameCharacter},
      {"\xF0\x9F\x98\x80.example", Refusal::kNameCharacter},
      {"exa\xE2\x80\x8Cmple.com", Refusal::kNamePlace},
      {"-\xC3\xBC.example", Refusal::kNamePlace},
      {"ab--\xC3\xBC.example", Refusal::kNamePlace},
      {"\xD7\x90"
       "1\xD7\x91"
       "a.example",
       Refusal::kNameDirection},
      {"\xC3\xBC" + std::string(63, 'a') + ".example", Refusal::kNameLong},
      {many + "example", Refusal::kNameLong},
      {std::string(5000, 'a') + "\xC3\xBC.example", Refusal::kNameLong},
      {"xn--zzzzzz99999.\xC3\xBC.example", Refusal::kNameAlabel},
      {"a\xFF.example", Refusal::kNameUtf8},
      // What the ASCII form would be no domain name for.
      {"b\xC3\xBC[.]example", Refusal::kDomain},
      {"b\xC3\xBC.example/path", Refusal::kDomain},
      {"b\xC3\xBC.example:80", Refusal::kDomain},
      {"*.b\xC3\xBC.example", Refusal::kDomain},
      {"a\xC2\xA0"
       "b.example",
       Refusal::kDomain},
      {"a\xE2\x84\x80.example", Refusal::kDomain},
      {"\xEF\xBC\x91\xEF\xBC\x92.0.0.1", Refusal::kDomain},
      {"b\xC3\xBC..example", Refusal::kDomain},
      {"b\xC3\xBC.example..", Refusal::kDomain},
      {".b\xC3\xBC.example", Refusal::kDomain},
      {"b\xC3\xBC"
       "cher",
       Refusal::kDomain},
      {std::string("b\xC3\xBC.example\0.com", 15), Refusal::kDomain},
  };
  for (const auto& [name, refusal] : names) {
    std::string out;
    EXPECT_EQ(refusal_reason(normalise(Kind::kFqdn, name, &out).refusal), refusal_reason(refusal))
        << name;
  }
}

TEST(KindOf, ComparesNamesWithoutInvisibleMarks) {
  EXPECT_EQ(kind_of("IP\xC2\xA0"
                    "Address"),
            Kind::kIp);
  EXPECT_EQ(kind_of("\xEF\xBB\xBFMD5\xE2\x80\x8B"), Kind::kMd5);
  EXPECT_TRUE(same_type("SHA-256\xC2\xA0", "sha-256"));
  EXPECT_FALSE(same_type("SHA-256\xC2", "sha-256"));
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
  std::set<std::string_view> texts;
  for (size_t refusal = 1; refusal < kRefusals; ++refusal) {
    const std::string_view text = refusal_reason(static_cast<Refusal>(refusal));
    EXPECT_FALSE(text.empty());
    EXPECT_LE(text.size(), 80u) << "the host's run record cuts there";
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), kRefusals - 1);
}

}  // namespace
}  // namespace cb_edr
