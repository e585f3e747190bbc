// SPDX-License-Identifier: Apache-2.0
// Proxy: an HTTP proxy and for whom it is used. A value; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/http.hpp"

namespace tq {

struct Proxy {
  Origin origin;              // never tls
  std::string authorization;  // value of Proxy-Authorization, or empty
  std::string password;       // for the redactor
  std::vector<std::string> exceptions;
  bool loopback = false;

  bool used_for(const Origin& target) const;
};

// Null when the options name no proxy. E_CONFIG; the message never shows user or password.
Result<std::optional<Proxy>> parse_proxy(const HttpOptions& options);

}  // namespace tq
