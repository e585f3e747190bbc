// SPDX-License-Identifier: Apache-2.0
#include "core/no_proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tq {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool exempts(const char* word, const char* host, uint16_t port = 443) {
  const auto parsed = NoProxy::parse(word);
  EXPECT_TRUE(parsed) << word << ": " << parsed.error().message;
  return parsed && parsed->exempts(host, port);
}

struct Row {
  const char* word;
  const char* host;
  bool exempt;
};

TEST(NoProxy, NamesMatchWholeAndByTheirEnd) {
  const Row table[] = {
      {"*", "a.example", true},
      {"A.Example", "a.example", true},
      {"a.example", "b.a.example", false},
      {"a.example.", "a.example", true},
      {".a.example.", "b.a.example", true},
      {".a.example", "a.example", true},
      {"*.a.example", "b.a.example", true},
      {"*.a.example", "a.example", true},
      {".a.example", "xa.example", false},
      {"localhost", "localhost", true},
      {".0.0.1", "10.0.0.1", true},
      {"B\xC3\x9C"
       "CHER.example",
       "xn--bcher-kva.example", true},
      {"*.b\xC3\xBC"
       "cher.example",
       "www.xn--bcher-kva.example", true},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", true},
  };
  for (const Row& row : table) EXPECT_EQ(exempts(row.word, row.host), row.exempt) << row.word;
}

TEST(NoProxy, NetsMatchAddressesAlone) {
  const Row table[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.1.2.3/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.0.0.0/8", "10.example", false},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"192.0.2.1/32", "192.0.2.0", false},
      {"0.0.0.0/0", "192.0.2.1", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/33", "2001:db8:ffff::1", false},
      {"2001:db8::/32", "10.0.0.1", false},
      {"::/0", "2001:db8::1", true},
      {"10.", "10.1.2.3", true},
      {"10.", "100.1.2.3", false},
      {"10.*", "10.1.2.3", true},
      {"10.99.0.*", "10.99.0.7", true},
      {"10.99.0.*", "10.99.1.7", false},
      {"10.99.*.*", "10.99.1.7", true},
      {"10.99.0.7.", "10.99.0.7", true},
  };
  for (const Row& row : table)
    EXPECT_EQ(exempts(row.word, row.host), row.exempt) << row.word << " " << row.host;
}

TEST(NoProxy, APortNarrowsIt) {
  EXPECT_TRUE(exempts("a.example:8443", "a.example", 8443));
  EXPECT_FALSE(exempts("a.example:8443", "a.example"));
  EXPECT_TRUE(exempts("a.example.:8443", "a.example", 8443));
  EXPECT_TRUE(exempts(".example:8443", "a.example", 8443));
  EXPECT_FALSE(exempts(".example:8443", "a.example"));
  EXPECT_TRUE(exempts("[2001:DB8:0::1]:443", "2001:db8::1"));
  EXPECT_FALSE(exempts("[2001:db8::1]:8443", "2001:db8::1"));
  EXPECT_TRUE(exempts("2001:db8:0::1", "2001:db8::1"));
  EXPECT_TRUE(exempts("10.99.0.*:8443", "10.99.0.7", 8443));
  EXPECT_FALSE(exempts("10.99.0.*:8443", "10.99.0.7"));
  EXPECT_TRUE(exempts("*:8443", "a.example", 8443));
}

TEST(NoProxy, WhatCanNeverMatchIsRefusedWithTheReason) {
  const std::pair<const char*, const char*> table[] = {
      {"http://a.example", "it is a URL"},
      {"a.example/path", "no address"},
      {"10.0.0.0/33", "from 0 to 32"},
      {"2001:db8::/129", "from 0 to 128"},
      {"10.0.0.0/", "from 0 to 32"},
      {"10.0.0/8", "no address"},
      {"a.example:port", "no number"},
      {"a.example:0", "no number"},
      {"a.example:70000", "no number"},
      {"[2001:db8::1", "without"},
      {"[2001:db8::1]x", "follow its brackets"},
      {"*example", "stands alone"},
      {"a.*.example", "stands alone"},
      {"10.300.*", "stands alone"},
      {"b\xFF.example", "encoding"},
      {"\xF0\x9F\x92\xA9.example", "disallowed"},
      {"127.1", "looks like an address"},
      {"10", "looks like an address"},
      {"1.2.3.4.5", "looks like an address"},
      {".", "no host name"},
      {"*.", "stands alone"},
      {"a..example", "no host name"},
      {"a_b@c", "no host name"},
      {"", "no host name"},
  };
  for (const auto& [word, why] : table) {
    const auto parsed = NoProxy::parse(word);
    ASSERT_FALSE(parsed) << word;
    EXPECT_THAT(parsed.error().message, HasSubstr(why)) << word;
  }
}

TEST(NoProxy, WordsStandBetweenCommasAndBlanks) {
  EXPECT_THAT(no_proxy_words(" a.example,b.example  c.example,\t,d.example\n"),
              ElementsAre("a.example", "b.example", "c.example", "d.example"));
  EXPECT_THAT(no_proxy_words(" , "), ElementsAre());
}

}  // namespace
}  // namespace tq
