// SPDX-License-Identifier: Apache-2.0
#include "spelling.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "idn.hpp"

namespace cb_edr {
namespace {

constexpr size_t kGroups = 8, kGroupDigits = 4;

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// The 32 digits in groups: with all zeroes, without the leading ones, and as RFC 5952 writes it.
std::vector<std::string> ipv6_spellings(const std::string& digits) {
  std::string whole, plain;
  for (size_t group = 0; group < kGroups; ++group) {
    const std::string part = lower(digits.substr(group * kGroupDigits, kGroupDigits));
    const size_t significant = std::min(part.find_first_not_of('0'), kGroupDigits - 1);
    whole += (group == 0 ? "" : ":") + part;
    plain += (group == 0 ? "" : ":") + part.substr(significant);
  }
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  std::vector<std::string> out;
  if (inet_pton(AF_INET6, whole.c_str(), bytes.data()) == 1 &&
      inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()) != nullptr)
    out.emplace_back(text.data());
  out.push_back(whole);
  out.push_back(plain);
  for (size_t i = 0, n = out.size(); i < n; ++i) out.push_back(upper(out[i]));
  out.push_back(out.front() + "/128");
  return out;
}

// Also as a block of one address, and as the IPv6 address that it is mapped to, in both its forms.
std::vector<std::string> ipv4_spellings(const std::string& normal) {
  std::vector<std::string> out = {normal, normal + "/32", "::ffff:" + normal};
  std::array<unsigned char, 4> bytes{};
  std::array<char, sizeof "::ffff:0000:0000"> text{};
  if (inet_pton(AF_INET, normal.c_str(), bytes.data()) != 1) return out;
  std::snprintf(text.data(), text.size(), "::ffff:%x:%x", bytes[0] << 8 | bytes[1],
                bytes[2] << 8 | bytes[3]);
  out.emplace_back(text.data());
  return out;
}

std::vector<std::string> domain_spellings(const std::string& normal) {
  std::vector<std::string> out = {normal,       upper(normal),      normal + ".",
                                  normal + "/", "http://" + normal, "https://" + normal};
  if (std::string unicode = idn_to_unicode(normal); !unicode.empty())
    out.insert(out.begin() + 1, std::move(unicode));
  return out;
}

}  // namespace

std::vector<std::string> spellings_of(Field field, const std::string& normal) {
  switch (field) {
    case Field::kIpv4:
      return ipv4_spellings(normal);
    case Field::kIpv6:
      return ipv6_spellings(normal);
    case Field::kDomain:
      return domain_spellings(normal);
    case Field::kHash:
      break;
  }
  return {normal, upper(normal)};
}

}  // namespace cb_edr
