// SPDX-License-Identifier: Apache-2.0
#include "core/proxy_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tq {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(ProxyUrl, IsTakenApartAsPeopleWriteIt) {
  const ProxyUrl full = split_proxy_url(" HTTPS://CORP%5Cjoe:p%40ss%2@proxy.example:3129/ ");
  EXPECT_EQ(full.scheme, "https");
  EXPECT_TRUE(full.has_user);
  EXPECT_EQ(full.user, "CORP\\joe");
  EXPECT_EQ(full.password, "p@ss%2");
  EXPECT_EQ(full.written_password, "p%40ss%2");
  EXPECT_EQ(full.place, "proxy.example:3129/");
  const ProxyUrl short_one = split_proxy_url("proxy.example:3128");
  EXPECT_EQ(short_one.scheme, "http");
  EXPECT_FALSE(short_one.has_user);
  EXPECT_EQ(short_one.place, "proxy.example:3128");
}

// A password that looks like a scheme is none, and is shown nowhere.
TEST(ProxyUrl, APasswordMayHoldTheMarkOfAScheme) {
  const ProxyUrl url = split_proxy_url("joe:se://cret@proxy.example");
  EXPECT_EQ(url.scheme, "http");
  EXPECT_EQ(url.password, "se://cret");
  EXPECT_EQ(url.place, "proxy.example");
}

TEST(ProxyUrl, ProblemsSayWhatIsKnown) {
  for (const char* good : {"http://p", "https://u:p@p", "socks5h://u:p@p", "socks5h://p", "p:3128"})
    EXPECT_THAT(proxy_url_problem(split_proxy_url(good)), IsEmpty()) << good;
  EXPECT_THAT(proxy_url_problem(split_proxy_url("socks5://p")), HasSubstr("socks5h://"));
  EXPECT_THAT(proxy_url_problem(split_proxy_url("ftp://p")),
              HasSubstr("only http://, https:// and socks5h://"));
  EXPECT_THAT(proxy_url_problem(split_proxy_url("socks5h://:x@p")), HasSubstr("user is empty"));
}

}  // namespace
}  // namespace tq
