// SPDX-License-Identifier: Apache-2.0
#include "net/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/idn.hpp"
#include "core/text.hpp"

namespace tq {
namespace {

constexpr size_t kLongestHost = 253;
constexpr size_t kNotFound = std::string_view::npos;

// A text with an "@" may hold a password and is not shown.
Error refuse(std::string_view text, std::string_view why) {
  const bool shown = text.find('@') == kNotFound;
  return {Status::kConfig,
          (shown ? "\"" + printable(text) + "\" " : "the address ") + std::string(why)};
}

// Of a byte: neither a blank nor a control character.
bool visible(char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; }

bool printable_ascii(char c) { return c > ' ' && c < '\x7f'; }

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

std::optional<std::string> canonical_v6(const std::string& text) {
  in6_addr address;
  char canonical[INET6_ADDRSTRLEN];
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return ::inet_ntop(AF_INET6, &address, canonical, sizeof canonical);
}

bool is_v4(const std::string& text) {
  in_addr address;
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// In ASCII and lower case, without the dot that may end a full name. The error says what is wrong
// with it.
Result<std::string> normal_host(std::string_view text) {
  auto ascii = to_a_labels(text);
  if (!ascii) return std::move(ascii.error()).in("has a host name without a form in ASCII");
  // Checked in that form only: "\u2100" has become "a/c", and digits of any script are digits.
  std::string host = to_lower(*ascii);
  if (host.ends_with('.')) host.pop_back();
  const bool fits = !host.empty() && host.size() <= kLongestHost && host.front() != '.' &&
                    host.find("..") == std::string::npos &&
                    std::all_of(host.begin(), host.end(), host_character);
  const Error none{Status::kConfig, "has no valid host name"};
  if (!fits) return none;
  // "127.1" and "0x7f000001" are addresses to the system's resolver but names to everybody else.
  const std::string_view last = std::string_view(host).substr(host.rfind('.') + 1);
  const bool numeric =
      last.starts_with("0x") || last.find_first_not_of("0123456789") == std::string_view::npos;
  if (numeric && !is_v4(host)) return none;
  return host;
}

struct Authority {
  std::string host;
  std::optional<uint16_t> port;
};

// `text` is shown in messages.
Result<Authority> parse_authority(std::string_view authority, std::string_view text) {
  Authority parts;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == kNotFound) return refuse(text, "has a \"[\" without \"]\"");
    const auto address = canonical_v6(std::string(authority.substr(1, end - 1)));
    if (!address) return refuse(text, "has no IPv6 address between its brackets");
    parts.host = *address;
    rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':')
      return refuse(text, "has something else than a port after its brackets");
  } else if (const auto bare = canonical_v6(std::string(authority))) {
    parts.host = *bare;
  } else {
    const size_t colon = authority.find(':');
    auto host = normal_host(authority.substr(0, colon));
    if (!host) return refuse(text, host.error().message);
    parts.host = host.take();
    if (colon != kNotFound) rest = authority.substr(colon);
  }
  if (rest.empty()) return parts;
  rest.remove_prefix(1);
  uint16_t port = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (code != std::errc() || end != rest.data() + rest.size() || port == 0)
    return refuse(text, "has a port that is not a number from 1 to 65535");
  parts.port = port;
  return parts;
}

struct Split {
  bool has_scheme = false;
  bool tls = true;
  std::string_view authority;
  std::string_view tail;  // what follows the authority
};

Result<Split> split(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), visible))
    return Error{Status::kConfig,
                 "an address holds blanks or control characters; write those in percent encoding"};
  Split parts;
  std::string_view rest = text;
  if (const size_t mark = text.find("://");
      mark != kNotFound && mark < text.find_first_of("/?#@")) {
    const std::string_view scheme = text.substr(0, mark);
    parts.has_scheme = true;
    parts.tls = equal_no_case(scheme, "https");
    if (!parts.tls && !equal_no_case(scheme, "http"))
      return Error{Status::kConfig, "an address begins with \"" + printable(scheme, 20) +
                                        "://\"; only https:// and http:// are known"};
    rest.remove_prefix(mark + 3);
  }
  const size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
  parts.authority = rest.substr(0, end);
  parts.tail = rest.substr(end);
  if (!std::all_of(parts.tail.begin(), parts.tail.end(), printable_ascii))
    return Error{Status::kConfig,
                 "an address holds letters outside ASCII behind its host; write those in percent "
                 "encoding"};
  if (parts.authority.find('@') != kNotFound)
    return Error{Status::kConfig,
                 "an address holds a user name or a password before \"@\"; give those in their own "
                 "settings"};
  return parts;
}

uint16_t default_port(bool tls) { return tls ? 443 : 80; }

}  // namespace

bool is_address(const std::string& host) { return is_v4(host) || canonical_v6(host).has_value(); }

std::string Origin::host_port() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Origin::text() const {
  std::string all = (tls ? "https://" : "http://") + host_port();
  if (port == default_port(tls)) all.erase(all.rfind(':'));
  return all;
}

bool Origin::loopback() const {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && is_v4(host));
}

std::string Url::text() const { return origin.text() + target; }

Result<Url> parse_url(std::string_view text) {
  TQ_ASSIGN(const Split parts, split(text));
  if (!parts.has_scheme) return refuse(text, "is no URL: it must begin with https:// or http://");
  if (parts.tail.find('#') != kNotFound)
    return refuse(text, "has a fragment (\"#...\"), which is never sent");
  if (parts.tail.starts_with('\\')) return refuse(text, "has a \"\\\" where \"/\" is meant");
  TQ_ASSIGN(Authority authority, parse_authority(parts.authority, text));
  Url url;
  url.origin = {parts.tls, std::move(authority.host),
                authority.port.value_or(default_port(parts.tls))};
  url.target =
      parts.tail.starts_with('/') ? std::string(parts.tail) : "/" + std::string(parts.tail);
  return url;
}

Result<Origin> parse_host(std::string_view text, bool allow_plain_http) {
  text = trim(text);
  if (text.empty()) return Error{Status::kConfig, "no host is given"};
  TQ_ASSIGN(const Split parts, split(text));
  TQ_ASSIGN(Authority authority, parse_authority(parts.authority, text));
  Origin origin{parts.tls, std::move(authority.host),
                authority.port.value_or(default_port(parts.tls))};
  if (!origin.tls && !allow_plain_http && !origin.loopback())
    return refuse(text, "would send everything unencrypted; use https://, or set allow_plain_http");
  return origin;
}

}  // namespace tq
