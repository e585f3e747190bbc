// SPDX-License-Identifier: Apache-2.0
#include "schema/forms.hpp"

#include <gtest/gtest.h>

namespace tq {
namespace {

TEST(IsHost, TakesWhatPeopleWrite) {
  for (const char* good : {"tq", "tq.example", "tq.example.", "tq_1.example:8443", "192.0.2.1",
                           "192.0.2.1:443", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8443",
                           "https://tq.example", "HTTPS://tq.example:8443/path?q#f",
                           "http://[::1]:80/", "t\u00e4.example", "https://T\u00c4.example:8443/x"})
    EXPECT_TRUE(is_host(good)) << good;
  for (const char* bad : {"",
                          " ",
                          "a b",
                          "tq..example",
                          "-tq.example",
                          "tq.example:",
                          "tq.example:0",
                          "tq.example:65536",
                          "tq.example:12a",
                          "[2001:db8::1",
                          "[nonsense]:1",
                          "2001:db8::xyz",
                          "ftp://tq.example",
                          "https://",
                          "https://user@tq.example",
                          "user:pass@tq.example",
                          "tq.example/path",
                          "https://tq.example/a b",
                          "t\xc3.example",
                          "\u2603.example",
                          "a\uff0fb.example"})
    EXPECT_FALSE(is_host(bad)) << bad;
  EXPECT_FALSE(is_host(std::string(64, 'a') + ".example"));
  std::string long_name;
  for (int i = 0; i < 70; ++i) long_name += "abc.";
  EXPECT_FALSE(is_host(long_name + "example"));
}

TEST(CutHost, LeavesHostAndPort) {
  const std::pair<const char*, const char*> table[] = {
      {" tq.example ", "tq.example"},
      {"https://tq.example/", "tq.example"},
      {"HTTPS://tq.example:8443/a?b#c", "tq.example:8443"},
      {"tq.example/feeds/1", "tq.example"},
      {"https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"},
      {"http://127.0.0.1:8080/x", "http://127.0.0.1:8080"},
      {"HTTP://tq.example", "http://tq.example"},
      {"ftp://tq.example/x", "ftp://tq.example/x"},
      {"https://me:pa/ss@tq.example", "https://me:pa/ss@tq.example"},
      {"", ""},
  };
  for (const auto& [written, cut] : table) EXPECT_EQ(cut_host(written), cut) << written;
}

TEST(HttpsHost, IsTheOneSpelling) {
  const std::pair<const char*, const char*> table[] = {
      {" HTTPS://Api.Example.:443/x ", "api.example"},
      {"api.example:8443", "api.example:8443"},
      {"2001:DB8::1", "[2001:db8::1]"},
      {"[::1]:443", "[::1]"},
      {"HTTPS://B\u00fccher.Example.:8443/x", "xn--bcher-kva.example:8443"},
      {"b\u00fccher.example\u3002:443", "xn--bcher-kva.example"},
      {"http://Api.example/x", "http://Api.example"},
      {"not a host", "not a host"},
      {"https://me@api.example", "https://me@api.example"},
      {"", ""},
  };
  for (const auto& [written, spelt] : table) EXPECT_EQ(https_host(written), spelt) << written;
}

TEST(IsUrl, IsAbsoluteHttpWithoutUser) {
  for (const char* good : {"https://a.example", "http://a.example:1/p?q=%20", "https://[::1]/x"})
    EXPECT_TRUE(is_url(good)) << good;
  for (const char* bad : {"", "a.example", "https:/a.example", "https://", "https://a b/",
                          "https://u:p@a.example/", "ftp://a.example", "https://a.example/\n"})
    EXPECT_FALSE(is_url(bad)) << bad;
}

TEST(Formats, AreThoseOfTheirStandards) {
  EXPECT_TRUE(is_uri("urn:isbn:1"));
  EXPECT_TRUE(is_uri("https://a.example/%7e"));
  for (const char* bad : {"", ":", "a", "1a:b", "a:", "a: b", "a:<b>"})
    EXPECT_FALSE(is_uri(bad)) << bad;
  EXPECT_TRUE(is_ipv4("192.0.2.255"));
  for (const char* bad : {"", "1.2.3", "1.2.3.256", "01.2.3.4.5", "::1"})
    EXPECT_FALSE(is_ipv4(bad)) << bad;
  for (const char* good :
       {"2026-11-23T08:30:00Z", "2024-02-29t23:59:60.123z", "2026-11-23T08:30:00+05:30"})
    EXPECT_TRUE(is_date_time(good)) << good;
  for (const char* bad : {"", "2026-11-23", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                          "2026-11-23T24:00:00Z", "2026-11-23T08:30:00", "2026-11-23T08:30:00.Z",
                          "2026-11-23T08:30:00+5:30", "2026-11-23 08:30:00Z"})
    EXPECT_FALSE(is_date_time(bad)) << bad;
  EXPECT_TRUE(is_absolute_path("/a/b"));
  EXPECT_FALSE(is_absolute_path("a/b"));
  EXPECT_FALSE(is_absolute_path(std::string("/a\0b", 4)));
}

TEST(MaskUrlPassword, HidesOnlyThePassword) {
  const std::pair<const char*, const char*> table[] = {
      {"http://proxy.example:3128", "http://proxy.example:3128"},
      {"http://user:pa/s@s@proxy.example:3128", "http://user:***@proxy.example:3128"},
      {"user:pass@proxy.example", "user:***@proxy.example"},
      {"http://user@proxy.example", "http://user@proxy.example"},
      {"user:pa://ss@proxy.example", "user:***@proxy.example"},
      {"", ""},
  };
  for (const auto& [url, masked] : table) EXPECT_EQ(mask_url_password(url), masked);
}

}  // namespace
}  // namespace tq
