// SPDX-License-Identifier: Apache-2.0
#include "normalise.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "blanks.hpp"
#include "idn.hpp"

namespace cb_edr {
namespace {

constexpr size_t kMd5Digits = 32;
constexpr size_t kSha256Digits = 64;
constexpr size_t kLongestDomain = 253;
constexpr size_t kLongestLabel = 63;

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

Normal hash(std::string_view value, size_t digits, Refusal refusal, std::string* out) {
  if (value.size() != digits || !translate(value, kHex, out)) return {refusal};
  return {Refusal::kNone, Field::kHash};
}

Normal ipv6(const std::array<unsigned char, 16>& bytes, std::string* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    // The same host as the IPv4 address in it, and no sensor reports it in this form.
    std::array<char, INET_ADDRSTRLEN> text{};
    if (inet_ntop(AF_INET, bytes.data() + kMapped.size(), text.data(), text.size()) == nullptr)
      return {Refusal::kIp};
    out->assign(text.data());
    return {Refusal::kNone, Field::kIpv4};
  }
  // 32 upper-case digits without colons: the textual form never matches (documented by the vendor).
  out->resize(2 * bytes.size());
  char* to = out->data();
  for (const unsigned char byte : bytes) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
  return {Refusal::kNone, Field::kIpv6};
}

Normal ip(std::string_view value, std::string* out) {
  const size_t slash = value.find('/');
  const bool block = slash != std::string_view::npos;
  const std::string_view prefix = block ? value.substr(slash + 1) : std::string_view();
  value = value.substr(0, slash);
  const Normal refused = {block ? Refusal::kCidr : Refusal::kIp};
  std::array<char, INET6_ADDRSTRLEN> text{};  // inet_pton wants a NUL at the end
  if (value.size() >= text.size() || value.find('\0') != std::string_view::npos) return refused;
  value.copy(text.data(), value.size());
  // A block of one address is that address.
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.data(), bytes.data()) == 1) {
    if (block && prefix != "32") return refused;
    out->append(value);
    return {Refusal::kNone, Field::kIpv4};
  }
  if (inet_pton(AF_INET6, text.data(), bytes.data()) != 1) return refused;
  if (block && prefix != "128") return refused;
  return ipv6(bytes, out);
}

// Of a URL without a path, the name.
std::string_view bare_name(std::string_view value) {
  if (const size_t scheme = value.find("://"); scheme != std::string_view::npos)
    value.remove_prefix(scheme + 3);
  if (!value.empty() && value.back() == '/') value.remove_suffix(1);
  return value;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool good_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-';
}

Normal domain(std::string_view value, std::string* out) {
  value = bare_name(value);
  std::string converted;
  if (!is_ascii(value)) {
    if (const Refusal refusal = idn_to_ascii(value, &converted); refusal != Refusal::kNone)
      return {refusal};
    value = converted;
  }
  if (!value.empty() && value.back() == '.') value.remove_suffix(1);
  if (value.size() > kLongestDomain || !translate(value, kHost, out)) return {Refusal::kDomain};
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
  while (!type_name.empty()) {
    const size_t blank = leading_blank(type_name);
    if (blank == 0) name += lower(type_name.front());
    type_name.remove_prefix(std::max<size_t>(blank, 1));
  }
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
    case Refusal::kNameCharacter:
      return "a domain name with a character that names must not have (IDNA)";
    case Refusal::kNamePlace:
      return "a domain name with a character where it must not stand (IDNA)";
    case Refusal::kNameDirection:
      return "a domain name that mixes directions of writing (IDNA)";
    case Refusal::kNameLong:
      return "a domain name that is too long in its ASCII form";
    case Refusal::kNameAlabel:
      return "a domain name with a damaged xn-- label";
    case Refusal::kNameUtf8:
      return "a domain name that is not valid UTF-8";
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
