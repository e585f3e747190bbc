// SPDX-License-Identifier: Apache-2.0
// Dialer: new connections to an origin, straight or through the proxy, with TLS where the origin
// wants it. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/connection.hpp"
#include "net/http.hpp"
#include "net/proxy.hpp"
#include "net/tls.hpp"

namespace tq {

class Dialer {
 public:
  // E_CONFIG: the proxy or the CA file is wrong.
  static Result<std::unique_ptr<Dialer>> create(const HttpOptions& options);

  // Errors name the origin or the proxy. Nothing of a request has been sent when this fails.
  Result<std::unique_ptr<Connection>> dial(const Origin& origin, const Patience& patience);

  // The proxy that requests to this origin go through, or null.
  const Proxy* proxy_for(const Origin& origin) const;

 private:
  Dialer(const HttpOptions& options, std::optional<Proxy> proxy);

  Result<const TlsContext*> tls();
  Result<std::unique_ptr<Stream>> tunnel(const Proxy& proxy, const Origin& origin,
                                         std::unique_ptr<Stream> stream, const Patience& patience);

  const std::filesystem::path ca_file_;
  const bool verify_;
  const uint64_t connect_timeout_ms_;
  const std::string user_agent_;
  const std::optional<Proxy> proxy_;
  std::mutex tls_mutex_;
  std::unique_ptr<TlsContext> tls_;  // made when it is first needed
};

}  // namespace tq
