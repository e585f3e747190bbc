// SPDX-License-Identifier: Apache-2.0
// Proxy: an HTTP or SOCKS5 proxy and for whom it is used. A value; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/no_proxy.hpp"
#include "net/http.hpp"

namespace tq {

enum class ProxyKind {
  kHttp,
  kHttps,  // an HTTP proxy that is spoken to over TLS
  kSocks,  // SOCKS5, which looks names up itself
};

struct Proxy {
  ProxyKind kind = ProxyKind::kHttp;
  Origin origin;  // tls only of kHttps
  bool has_user = false;
  std::string user, password;
  std::vector<NoProxy> exceptions;
  bool loopback = false;
  std::string setting;  // JSON pointer to what names this proxy

  bool used_for(const Origin& target) const;
  // A request for this host is sent to the proxy itself, which passes it on; else bytes go through
  // a tunnel.
  bool relays(const Origin& target) const;
  // "socks5h://proxy.example:1080", without the user.
  std::string name() const;
};

// Hides the password of a proxy's URL from now on, as it is written and decoded.
void hide_proxy_password(std::string_view url, Redactor& redactor);

// Null when the options name no proxy. E_CONFIG; the message never shows user or password.
Result<std::optional<Proxy>> parse_proxy(const HttpOptions& options);

}  // namespace tq
