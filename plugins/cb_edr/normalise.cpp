// SPDX-License-Identifier: Apache-2.0
#include "normalise.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace cb_edr {
namespace {

constexpr size_t kMd5Digits = 32;
constexpr size_t kSha256Digits = 64;
constexpr size_t kLongestDomain = 253;
constexpr size_t kLongestLabel = 63;

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What each byte becomes in a normal form; 0: it may not stand there.
using Table = std::array<char, 256>;
constexpr Table table_of(std::string_view allowed) {
  Table table{};
  for (const char c : allowed) {
    table[static_cast<unsigned char>(c)] = c;
    if (c >= 'a' && c <= 'z') table[static_cast<unsigned char>(c - 'a' + 'A')] = c;
  }
  return table;
}
constexpr Table kHex = table_of("0123456789abcdef");
// Underscores are no host names, but they are in real DNS names.
constexpr Table kHost = table_of("abcdefghijklmnopqrstuvwxyz0123456789-_.");

// Whether every byte of `text` is allowed; `out` is what they became.
bool translate(std::string_view text, const Table& table, std::string* out) {
  out->resize(text.size());
  char* to = out->data();
  bool good = true;
  for (const char c : text) {
    *to = table[static_cast<unsigned char>(c)];
    good &= *to++ != 0;
  }
  return good;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Normal hash(std::string_view value, size_t digits, Refusal refusal, std::string* out) {
  if (value.size() != digits || !translate(value, kHex, out)) return {refusal};
  return {Refusal::kNone, Field::kHash};
}

Normal ip(std::string_view value, std::string* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (value.find('/') != std::string_view::npos) return {Refusal::kCidr};
  std::array<char, INET6_ADDRSTRLEN> text{};  // inet_pton wants a NUL at the end
  if (value.size() >= text.size() || value.find('\0') != std::string_view::npos)
    return {Refusal::kIp};
  value.copy(text.data(), value.size());
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.data(), bytes.data()) == 1) {
    out->append(value);
    return {Refusal::kNone, Field::kIpv4};
  }
  if (inet_pton(AF_INET6, text.data(), bytes.data()) != 1) return {Refusal::kIp};
  // 32 upper-case digits without colons: the textual form never matches (documented by the vendor).
  out->resize(2 * bytes.size());
  char* to = out->data();
  for (const unsigned char byte : bytes) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
  return {Refusal::kNone, Field::kIpv6};
}

std::string_view without_scheme(std::string_view value) {
  const size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) return value;
  value.remove_prefix(scheme + 3);
  if (!value.empty() && value.back() == '/') value.remove_suffix(1);
  return value;
}

bool good_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-';
}

Normal domain(std::string_view value, std::string* out) {
  value = without_scheme(value);
  if (!value.empty() && value.back() == '.') value.remove_suffix(1);
  if (value.size() > kLongestDomain) return {Refusal::kDomain};
  if (!translate(value, kHost, out)) {
    const bool ascii = std::none_of(value.begin(), value.end(),
                                    [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    return {ascii ? Refusal::kDomain : Refusal::kDomainNotAscii};
  }
  std::string_view label, rest = *out;
  for (bool last = false; !last;) {
    const size_t dot = rest.find('.');
    last = dot == std::string_view::npos;
    label = rest.substr(0, dot);
    if (!good_label(label) || (last && label.size() == out->size())) return {Refusal::kDomain};
    if (!last) rest.remove_prefix(dot + 1);
  }
  // A last label of digits only is an address, whole or mistyped.
  if (label.find_first_not_of("0123456789") == std::string_view::npos) return {Refusal::kDomain};
  return {Refusal::kNone, Field::kDomain};
}

std::string folded(std::string_view type_name) {
  std::string name;
  for (const char c : type_name)
    if (!is_blank(c)) name += lower(c);
  return name;
}

}  // namespace

bool same_type(std::string_view a, std::string_view b) { return folded(a) == folded(b); }

Kind kind_of(std::string_view type_name) {
  const std::string name = folded(type_name);
  if (name == "ipaddress" || name == "ipv6address") return Kind::kIp;
  if (name == "fqdn") return Kind::kFqdn;
  if (name == "md5") return Kind::kMd5;
  if (name == "sha-256") return Kind::kSha256;
  return Kind::kOther;
}

std::string_view field_name(Field field) {
  switch (field) {
    case Field::kIpv4:
      return "netconn_ipv4";
    case Field::kIpv6:
      return "netconn_ipv6";
    case Field::kDomain:
      return "netconn_domain";
    case Field::kHash:
      return "process_hash";
  }
  return "process_hash";
}

std::string_view refusal_reason(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "";
    case Refusal::kIp:
      return "not an IP address";
    case Refusal::kCidr:
      return "a CIDR block, not one IP address";
    case Refusal::kDomain:
      return "not a domain name";
    case Refusal::kDomainNotAscii:
      return "a domain name that is not ASCII (its punycode form is needed)";
    case Refusal::kMd5:
      return "not an MD5 (32 hex digits)";
    case Refusal::kSha256:
      return "not a SHA-256 (64 hex digits)";
  }
  return "";
}

Normal normalise(Kind kind, std::string_view value, std::string* out) {
  out->clear();
  value = trimmed(value);
  switch (kind) {
    case Kind::kIp:
      return ip(value, out);
    case Kind::kFqdn:
      return domain(value, out);
    case Kind::kMd5:
      return hash(value, kMd5Digits, Refusal::kMd5, out);
    case Kind::kSha256:
    case Kind::kOther:
      break;
  }
  return hash(value, kSha256Digits, Refusal::kSha256, out);
}

}  // namespace cb_edr
