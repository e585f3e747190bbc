// SPDX-License-Identifier: Apache-2.0
// Url: an absolute http or https URL, taken apart; Origin: scheme, host and port of one. Values;
// any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tq {

struct Origin {
  bool tls = true;
  std::string host;  // lower case; IPv6 without brackets; A-labels ("xn--...") outside ASCII
  uint16_t port = 443;

  std::string text() const;       // "https://host:port", the port left out when it is the default
  std::string host_port() const;  // "host:port", IPv6 in brackets
  bool loopback() const;          // localhost, 127.0.0.0/8, ::1
  bool operator==(const Origin&) const = default;
};

struct Url {
  Origin origin;
  std::string target = "/";  // path and query, percent-encoded as it is sent; no fragment

  std::string text() const;
};

// An IPv4 or IPv6 address rather than a name; IPv6 without brackets.
bool is_address(const std::string& host);

// An absolute URL. User names, passwords, fragments, blanks and control characters are refused.
// E_CONFIG.
Result<Url> parse_url(std::string_view text);

// What people put in a host field: "host", "host:port", "[v6]:port" or a URL whose path is dropped.
// https unless a URL says otherwise; plain http only to loopback unless `allow_plain_http`.
// E_CONFIG.
Result<Origin> parse_host(std::string_view text, bool allow_plain_http);

}  // namespace tq
