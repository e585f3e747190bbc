// SPDX-License-Identifier: Apache-2.0
#include "net/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tq {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string url(std::string_view text) {
  auto parsed = parse_url(text);
  return parsed ? parsed->text() : "refused: " + parsed.error().message;
}

std::string host(std::string_view text, bool allow_plain_http = false) {
  auto parsed = parse_host(text, allow_plain_http);
  return parsed ? parsed->text() : "refused: " + parsed.error().message;
}

TEST(Url, IsTakenApartAndNormalised) {
  auto parsed = parse_url("HTTPS://Example.COM.:8443/a%20b?q=1&r=http://x/");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_TRUE(parsed->origin.tls);
  EXPECT_EQ(parsed->origin.host, "example.com");
  EXPECT_EQ(parsed->origin.port, 8443);
  EXPECT_EQ(parsed->target, "/a%20b?q=1&r=http://x/");
  EXPECT_EQ(url("https://example.com:443"), "https://example.com/");
  EXPECT_EQ(url("http://example.com:80/x"), "http://example.com/x");
  EXPECT_EQ(url("http://example.com?q"), "http://example.com/?q");
  EXPECT_EQ(url("https://[2001:DB8:0::1]:8443/"), "https://[2001:db8::1]:8443/");
  EXPECT_EQ(parse_url("https://[::1]/")->origin.host_port(), "[::1]:443");
  EXPECT_EQ(parse_url("https://a.example/")->origin.host_port(), "a.example:443");
}

TEST(Url, RefusesWhatIsNoneOrHidesSomething) {
  for (const char* bad : {"",
                          "example.com",
                          "/path",
                          "ftp://example.com/",
                          "https://",
                          "https:///x",
                          "https://a b/",
                          "https://a/\r\nX: y",
                          "https://a/\x7f",
                          "https://a/\xc3\xa4",
                          "https://a/#part",
                          "https://a:0/",
                          "https://a:65536/",
                          "https://a:x/",
                          "https://a:/",
                          "https://[::1/",
                          "https://[::1]x/",
                          "https://[1.2.3.4]/",
                          "https://a..b/",
                          "https://.a/",
                          "https://a%2eb/",
                          "https://127.1/",
                          "https://0x7f000001/",
                          "https://2130706433/",
                          "https://a\\b/"})
    EXPECT_THAT(url(bad), HasSubstr("refused")) << bad;
}

TEST(Url, HasTheALabelsOfAHostOutsideAscii) {
  EXPECT_EQ(url("https://B\u00fccher.Example:8443/x"), "https://xn--bcher-kva.example:8443/x");
  EXPECT_EQ(url("https://xn--bcher-kva.example/"), url("https://b\u00fccher\u3002example\uff0e/"));
  EXPECT_EQ(url("http://\uff11\uff12\uff17.0.0.1/"), "http://127.0.0.1/");
  EXPECT_EQ(host("b\u00fccher.example:8443"), "https://xn--bcher-kva.example:8443");
  EXPECT_TRUE(parse_host("http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54", false));
}

TEST(Url, RefusesAHostThatOnlyLooksLikeOne) {
  for (const char* bad :
       {"https://a\uff0fb.example/", "https://a\uff20b.example/", "https://a.example\uff1a8443/",
        "https://\u2100.example/", "https://\uff11\uff12\uff17\u3002\uff11/", "https://\u00ad/",
        "https://\u00fc\u3002\u3002example/", "https://\u00fc\xa0.example/"})
    EXPECT_THAT(url(bad), HasSubstr("refused")) << bad;
  EXPECT_THAT(url("https://\u2603.example/"), HasSubstr("host name without a form in ASCII"));
  EXPECT_THAT(url("https://a/\u00e4"), HasSubstr("percent encoding"));
}

TEST(Url, NeverShowsAPassword) {
  for (const std::string& message :
       {url("https://joe:hunter2@example.com/"), host("https://joe:hunter2@example.com")}) {
    EXPECT_THAT(message, HasSubstr("refused"));
    EXPECT_THAT(message, Not(HasSubstr("hunter2")));
  }
}

TEST(Host, IsTakenAsPeopleWriteIt) {
  EXPECT_EQ(host("defense.conferdeploy.net"), "https://defense.conferdeploy.net");
  EXPECT_EQ(host("  TQ.example  "), "https://tq.example");
  EXPECT_EQ(host("tq.example:8443"), "https://tq.example:8443");
  EXPECT_EQ(host("https://tq.example/"), "https://tq.example");
  EXPECT_EQ(host("https://tq.example/a/b?c#d"), "https://tq.example");
  EXPECT_EQ(host("tq.example/login"), "https://tq.example");
  EXPECT_EQ(host("[::1]:8443"), "https://[::1]:8443");
  EXPECT_EQ(host("2001:db8::1"), "https://[2001:db8::1]");
  EXPECT_EQ(host("10.1.2.3"), "https://10.1.2.3");
  EXPECT_THAT(host(""), HasSubstr("no host is given"));
  EXPECT_THAT(host("ldap://tq.example"), HasSubstr("only https:// and http://"));
  EXPECT_THAT(host("tq example"), HasSubstr("refused"));
  EXPECT_THAT(host("tq.example:https"), HasSubstr("port"));
}

TEST(Host, PlainHttpIsForThisMachineUnlessAllowed) {
  EXPECT_EQ(host("http://localhost:8080"), "http://localhost:8080");
  EXPECT_EQ(host("http://127.8.9.10"), "http://127.8.9.10");
  EXPECT_EQ(host("http://[::1]"), "http://[::1]");
  EXPECT_THAT(host("http://tq.example"), HasSubstr("allow_plain_http"));
  EXPECT_THAT(host("http://127.evil.example"), HasSubstr("allow_plain_http"));
  EXPECT_THAT(host("http://localhost.evil.example"), HasSubstr("allow_plain_http"));
  EXPECT_EQ(host("http://tq.example", true), "http://tq.example");
}

}  // namespace
}  // namespace tq
