// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/value_rules.hpp"

#include <gtest/gtest.h>

namespace lab::cbc {
namespace {

const std::string kMd5(32, 'a');
const std::string kSha256(64, 'b');

TEST(Value, Accepted) {
  for (const auto& [field, value] : std::initializer_list<std::pair<std::string, std::string>>{
           {"netconn_ipv4", "192.0.2.7"},
           {"netconn_ipv4", "0.0.0.0"},
           {"netconn_ipv4", "255.255.255.255"},
           {"netconn_ipv6", "FF0200000000000000000000000000FB"},
           {"netconn_domain", "bad.example.com"},
           {"netconn_domain", "_dmarc.xn--bcher-kva.example"},
           {"process_hash", kMd5},
           {"process_hash", kSha256},
           {"process_md5", kMd5},
           {"process_sha256", kSha256}}) {
    EXPECT_EQ(why_not_value(field, value), "") << field << ' ' << value;
  }
}

TEST(Value, Refused) {
  for (const auto& [field, value] : std::initializer_list<std::pair<std::string, std::string>>{
           {"netconn_ipv4", ""},
           {"netconn_ipv4", "192.0.2"},
           {"netconn_ipv4", "192.0.2.256"},
           {"netconn_ipv4", "192.0.2.07"},
           {"netconn_ipv4", "192.0.2.7."},
           {"netconn_ipv4", ".192.0.2.7"},
           {"netconn_ipv4", "192.0.2.-7"},
           {"netconn_ipv4", "192.0.2.0/24"},
           {"netconn_ipv4", "192.0.2.7 "},
           {"netconn_ipv6", "ff02::fb"},
           {"netconn_ipv6", "ff0200000000000000000000000000fb"},
           {"netconn_ipv6", "FF02000000000000000000000000FB"},
           {"netconn_domain", "Bad.example.com"},
           {"netconn_domain", "http://bad.example.com"},
           {"netconn_domain", "bad.example.com."},
           {"netconn_domain", "bad .example.com"},
           {"netconn_domain", "bad..example.com"},
           {"netconn_domain", "bad.example.com/x"},
           {"netconn_domain", std::string(64, 'a') + ".com"},
           {"process_hash", std::string(40, 'a')},
           {"process_hash", std::string(32, 'A')},
           {"process_hash", std::string(32, 'g')},
           {"process_md5", kSha256},
           {"process_sha256", kMd5},
           {"process_sha256", kSha256 + "\n"}}) {
    EXPECT_NE(why_not_value(field, value), "") << field << ' ' << value;
  }
}

TEST(Link, Accepted) {
  for (const std::string link :
       {"https://tq.example.com/indicators/101/details", "http://192.0.2.7/",
        "https://tq.example.com:8443/a?b=c#d", "https://[2001:db8::1]:8443/x",
        "https://user:pw@tq.example.com/", "tq.example.com", "192.0.2.7", "ftp://files.example.org",
        "https://tq.example.com/a%20b"}) {
    EXPECT_EQ(why_not_link(link), "") << link;
  }
}

TEST(Link, Refused) {
  for (const std::string link :
       {"", "https://threatq/", "https://localhost/", "localhost", "https://tq.example.com/a b",
        "https:///x", "https://tq.example.com:0/", "https://tq.example.com:99999/",
        "https://tq.example.com:x/", "gopher://a.example.com", "some_url",
        "https://-a.example.com/", "https://a-.example.com/", "https://[2001:db8::1/",
        "https://1.2.3/", "/indicators/1"}) {
    EXPECT_NE(why_not_link(link), "") << link;
  }
}

}  // namespace
}  // namespace lab::cbc
