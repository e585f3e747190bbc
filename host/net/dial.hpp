// SPDX-License-Identifier: Apache-2.0
// Dialer: new connections to an origin, straight or through the proxy, with TLS where the origin
// wants it. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "log/log.hpp"
#include "net/connection.hpp"
#include "net/http.hpp"
#include "net/proxy.hpp"
#include "net/proxy_auth.hpp"
#include "net/tls.hpp"

namespace tq {

class Dialer {
 public:
  // E_CONFIG: the proxy or a CA file is wrong. The log outlives it.
  static Result<std::unique_ptr<Dialer>> create(const HttpOptions& options, Log& log);

  // Errors name the origin or the proxy. Nothing of a request has been sent when this fails.
  Result<std::unique_ptr<Connection>> dial(const Origin& origin, const Patience& patience);

  // The proxy that requests to this origin go through, or null.
  const Proxy* proxy_for(const Origin& origin) const;
  // REQUIRES: there is a proxy
  ProxyAuth& proxy_auth() { return *auth_; }
  // Logs that the origin is reached through the proxy: once for people, then for those who look
  // closely.
  void tell(const Proxy& proxy, const Origin& origin);

 private:
  Dialer(const HttpOptions& options, std::optional<Proxy> proxy, Log& log);

  Result<const TlsContext*> tls();
  Result<const TlsContext*> proxy_tls();
  Result<std::unique_ptr<Stream>> reach_proxy(const Proxy& proxy, const Patience& patience);
  Result<std::unique_ptr<Stream>> reach_by_proxy(const Proxy& proxy, const Origin& origin,
                                                 const Patience& patience);

  const std::filesystem::path ca_file_, proxy_ca_file_;
  const bool verify_;
  const uint64_t connect_timeout_ms_;
  const std::string user_agent_;
  const std::optional<Proxy> proxy_;
  const std::unique_ptr<ProxyAuth> auth_;  // null: there is no proxy
  Log& log_;
  std::mutex tls_mutex_, told_mutex_;
  std::unique_ptr<TlsContext> tls_, proxy_tls_;  // made when they are first needed
  std::set<std::string> told_;
};

}  // namespace tq
