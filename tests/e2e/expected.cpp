// SPDX-License-Identifier: Apache-2.0
#include "e2e/expected.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace e2e {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

std::multiset<std::string> expected_values(Site& site, const std::set<std::string>& types) {
  std::multiset<std::string> out;
  const Json dump = Json::parse(site.threatq().dump());
  for (const Json& indicator : dump.at("indicators")) {
    const std::string type = indicator.at("type").get<std::string>();
    const std::string value = indicator.at("value").get<std::string>();
    if (types.count(type) == 0) continue;
    unsigned char bytes[16];
    if (type == "FQDN") out.insert("netconn_domain " + lower(value));
    if (type == "MD5" || type == "SHA-256") out.insert("process_hash " + lower(value));
    if (type == "IP Address" && value.find(':') == std::string::npos)
      out.insert("netconn_ipv4 " + value);
    if ((type == "IP Address" || type == "IPv6 Address") &&
        inet_pton(AF_INET6, value.c_str(), bytes) == 1) {
      char digits[33];
      for (int i = 0; i < 16; ++i) std::snprintf(digits + 2 * i, 3, "%02X", bytes[i]);
      out.insert(std::string("netconn_ipv6 ") + digits);
    }
  }
  return out;
}

}  // namespace e2e
