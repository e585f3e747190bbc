// SPDX-License-Identifier: Apache-2.0
// The choice of the proxy, and what its URL says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/proxy.hpp"

namespace tq {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Result<std::optional<Proxy>> proxy(const std::string& url, std::vector<std::string> no_proxy = {},
                                   bool loopback = false) {
  HttpOptions options;
  options.proxy = url;
  options.no_proxy = std::move(no_proxy);
  options.proxy_loopback = loopback;
  return parse_proxy(options);
}

TEST(Proxy, IsParsed) {
  EXPECT_FALSE(proxy("")->has_value());
  auto full = proxy("http://joe:p%40ss@Proxy.example:3128/");
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ((**full).origin.host_port(), "proxy.example:3128");
  EXPECT_EQ((**full).kind, ProxyKind::kHttp);
  EXPECT_EQ((**full).user, "joe");
  EXPECT_EQ((**full).password, "p@ss");
  const auto slash = proxy("http://me:pa/ss@proxy.example:3128");
  ASSERT_TRUE(slash && *slash);
  EXPECT_EQ((**slash).password, "pa/ss");
  EXPECT_EQ((**slash).origin.host, "proxy.example");
  const auto bad = proxy("http://me:hunter2@proxy.example:port");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message.find("hunter2"), std::string::npos);
  EXPECT_EQ((**proxy("proxy.example:8080")).origin.text(), "http://proxy.example:8080");
  EXPECT_THAT(proxy("socks5://joe:hunter2@x").error().message, HasSubstr("write socks5h://"));
  EXPECT_THAT(proxy("gopher://joe:hunter2@x").error().message,
              AllOf(HasSubstr("gopher"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(proxy("gopher://x").error().field, "/proxy/url");
  EXPECT_THAT(proxy("http://joe:hunter2@x:y").error().message, Not(HasSubstr("hunter2")));
}

TEST(Proxy, KnowsItsKindsAndTheirPorts) {
  const std::pair<const char*, const char*> table[] = {
      {"http://p.example", "http://p.example:80"},
      {"HTTPS://p.example", "https://p.example:443"},
      {"https://joe:pw@p.example:3129/", "https://p.example:3129"},
      {"socks5h://p.example", "socks5h://p.example:1080"},
      {"socks5h://p.example:80", "socks5h://p.example:80"},
      {"socks5h://[2001:db8::1]", "socks5h://[2001:db8::1]:1080"},
      {"socks5h://[2001:db8::1]:99", "socks5h://[2001:db8::1]:99"},
  };
  for (const auto& [url, name] : table) EXPECT_EQ((**proxy(url)).name(), name);
  const Origin plain = parse_url("http://a.example/")->origin;
  const Origin tls = parse_url("https://a.example/")->origin;
  EXPECT_TRUE((**proxy("https://p.example")).relays(plain));
  EXPECT_FALSE((**proxy("https://p.example")).relays(tls));
  EXPECT_FALSE((**proxy("socks5h://p.example")).relays(plain));
}

TEST(Proxy, NoControlCharacterReachesTheWire) {
  for (const char* url :
       {"http://a%0d%0aX:b@p.example", "http://a:b%00@p.example", "socks5h://a:%7f@p.example"})
    EXPECT_THAT(proxy(url).error().message, HasSubstr("control character")) << url;
  EXPECT_THAT(proxy("socks5h://u:" + std::string(256, 'x') + "@p.example").error().message,
              HasSubstr("255 bytes"));
}

TEST(Proxy, ItsPasswordIsHiddenAsItIsWrittenAndDecoded) {
  const auto log = Log::null();
  hide_proxy_password("https://joe:p%40ss%2Fword@p.example", log->redactor());
  EXPECT_EQ(log->redactor().clean("p@ss/word, p%40ss%2Fword, joe:p@ss/word"), "***, ***, ***");
}

TEST(Proxy, KnowsItsExceptions) {
  const auto used = [](std::vector<std::string> no_proxy, const char* url, bool loopback = false) {
    return (**proxy("http://p.example:1", std::move(no_proxy), loopback))
        .used_for(parse_url(url)->origin);
  };
  EXPECT_TRUE(used({}, "https://a.example/"));
  EXPECT_FALSE(used({"*"}, "https://a.example/"));
  EXPECT_FALSE(used({" A.example "}, "https://a.example/"));
  EXPECT_TRUE(used({"a.example"}, "https://b.a.example/"));
  EXPECT_FALSE(used({".example"}, "https://b.a.example/"));
  EXPECT_FALSE(used({".a.example"}, "https://a.example/"));
  EXPECT_FALSE(used({"*.a.example"}, "https://b.a.example/"));
  EXPECT_TRUE(used({".a.example"}, "https://xa.example/"));
  EXPECT_FALSE(used({"a.example:8443"}, "https://a.example:8443/"));
  EXPECT_TRUE(used({"a.example:8443"}, "https://a.example/"));
  EXPECT_FALSE(used({".example:8443"}, "https://a.example:8443/"));
  EXPECT_FALSE(used({"[2001:db8::1]:443"}, "https://[2001:db8::1]/"));
  EXPECT_FALSE(used({"2001:db8::1"}, "https://[2001:db8::1]/"));
  EXPECT_FALSE(used({}, "http://127.0.0.1/"));
  EXPECT_TRUE(used({}, "http://127.0.0.1/", true));
}

}  // namespace
}  // namespace tq
