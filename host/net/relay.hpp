// SPDX-License-Identifier: Apache-2.0
// A plain http request that goes to the proxy itself, which passes it on, with the log-in that the
// proxy asks for. One request, one thread.
#pragma once

#include <memory>
#include <string>

#include "net/dial.hpp"
#include "net/exchange.hpp"

namespace tq {

// What a request by way of a proxy needs besides itself; all outlive the exchange.
struct Relay {
  Dialer& dialer;
  const Proxy& proxy;
  const std::string& user_agent;
  const Patience& patience;
};

// As exchange(). The connection may be replaced: some proxies close it after each refusal. A
// request that the proxy has refused by 407 went nowhere, so it is sent again whatever it does.
Result<Exchanged> exchange_by_proxy(const Relay& relay, const HttpRequest& request, const Url& url,
                                    const Headers& headers, std::unique_ptr<Connection>* connection,
                                    Stage* stage);

}  // namespace tq
