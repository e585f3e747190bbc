// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/value_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace lab::cbc {
namespace {

using std::string_view;

enum class Kind { kIpv4, kIpv6, kDomain, kHash, kMd5, kSha256 };

struct Field {
  string_view name;
  Kind kind;
};

// The fields to use, then those seen in public clients.
constexpr std::array kFields = {
    Field{"netconn_ipv4", Kind::kIpv4},
    Field{"netconn_ipv6", Kind::kIpv6},
    Field{"netconn_domain", Kind::kDomain},
    Field{"process_hash", Kind::kHash},
    Field{"netconn_remote_ipv4", Kind::kIpv4},
    Field{"netconn_remote_ipv6", Kind::kIpv6},
    Field{"ipv4", Kind::kIpv4},
    Field{"dns", Kind::kDomain},
    Field{"hash", Kind::kHash},
    Field{"md5", Kind::kMd5},
    Field{"process_md5", Kind::kMd5},
    Field{"process_sha256", Kind::kSha256},
};

constexpr std::size_t kMd5Digits = 32;
constexpr std::size_t kSha256Digits = 64;
constexpr std::size_t kIpv6Digits = 32;
constexpr std::size_t kMaxDomainBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_upper_hex(char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); }
bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

template <class Test>
bool all(string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

bool is_ipv4(string_view text) {
  int octets = 0;
  while (true) {
    const string_view octet = text.substr(0, text.find('.'));
    int number = 0;
    const auto [end, error] = std::from_chars(octet.data(), octet.data() + octet.size(), number);
    const bool leading_zero = octet.size() > 1 && octet.front() == '0';
    if (error != std::errc() || end != octet.data() + octet.size() || octet.size() > 3)
      return false;
    if (leading_zero || !is_digit(octet.front()) || number > 255) return false;
    ++octets;
    if (octet.size() == text.size()) return octets == 4;
    text.remove_prefix(octet.size() + 1);
  }
}

template <class Test>
bool is_labels(string_view text, Test allowed) {
  if (text.empty() || text.size() > kMaxDomainBytes) return false;
  while (true) {
    const string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > kMaxLabelBytes || !all(label, allowed)) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

std::string why_not_domain(string_view value) {
  if (value.find("://") != string_view::npos) return "a domain with a scheme";
  if (value.back() == '.') return "a domain with a trailing dot";
  if (std::any_of(value.begin(), value.end(), is_upper)) return "a domain with upper-case letters";
  const auto allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; };
  return is_labels(value, allowed) ? "" : "not a domain name";
}

std::string why_not_hash(string_view value, bool md5, bool sha256) {
  const bool length =
      (md5 && value.size() == kMd5Digits) || (sha256 && value.size() == kSha256Digits);
  if (!length) return "a hash of the wrong length";
  return all(value, is_lower_hex) ? "" : "a hash that is not lower-case hex";
}

// Labels of letters, digits and inner hyphens; the last one, of two or more, begins with a letter.
bool is_public_name(string_view host) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (!is_labels(host, allowed)) return false;
  const std::size_t dot = host.rfind('.');
  if (dot == string_view::npos) return false;
  const string_view last = host.substr(dot + 1);
  if (last.size() < 2 || is_digit(last.front())) return false;
  return host.find("-.") == string_view::npos && host.find(".-") == string_view::npos &&
         host.front() != '-' && host.back() != '-';
}

bool is_ipv6_literal(string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) == 1;
}

bool is_port(string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65'535;
}

std::string why_not_url(string_view scheme, string_view rest) {
  if (scheme != "http" && scheme != "https" && scheme != "ftp")
    return "a link of an unknown scheme";
  string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == string_view::npos ? 0 : bracket);
  const string_view host = authority.substr(0, colon);
  if (colon != string_view::npos && !is_port(authority.substr(colon + 1)))
    return "a link with a bad port";
  if (is_ipv4(host) || is_ipv6_literal(host) || is_public_name(host)) return "";
  return "a link whose host is no full name and no address";
}

}  // namespace

bool is_known_field(string_view field) {
  const auto known = [field](const Field& each) { return each.name == field; };
  return std::any_of(kFields.begin(), kFields.end(), known);
}

std::string why_not_value(string_view field, string_view value) {
  if (value.empty()) return "an empty value";
  if (std::any_of(value.begin(), value.end(), is_blank_or_control)) return "a value with blanks";
  const auto* const found = std::find_if(kFields.begin(), kFields.end(),
                                         [field](const Field& each) { return each.name == field; });
  if (found == kFields.end()) return "an unknown field";
  switch (found->kind) {
    case Kind::kIpv4:
      return is_ipv4(value) ? "" : "not a dotted IPv4 address";
    case Kind::kIpv6:
      return value.size() == kIpv6Digits && all(value, is_upper_hex)
                 ? ""
                 : "not 32 upper-case hex digits";
    case Kind::kDomain:
      return why_not_domain(value);
    case Kind::kHash:
      return why_not_hash(value, true, true);
    case Kind::kMd5:
      return why_not_hash(value, true, false);
    case Kind::kSha256:
      return why_not_hash(value, false, true);
  }
  return "an unknown field";
}

std::string why_not_link(string_view link) {
  if (link.empty()) return "an empty link";
  if (std::any_of(link.begin(), link.end(), is_blank_or_control))
    return "a link with unescaped blanks";
  const std::size_t scheme = link.find("://");
  if (scheme != string_view::npos)
    return why_not_url(link.substr(0, scheme), link.substr(scheme + 3));
  if (is_ipv4(link) || is_public_name(link)) return "";
  return "a link that is no URL, domain or IPv4 address";
}

}  // namespace lab::cbc
