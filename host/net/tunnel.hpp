// SPDX-License-Identifier: Apache-2.0
// A tunnel through an HTTP proxy by CONNECT, with the log-in that it asks for.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/patience.hpp"
#include "net/proxy.hpp"
#include "net/proxy_auth.hpp"
#include "net/stream.hpp"

namespace tq {

// A new connection to the proxy itself.
using ReachProxy = std::function<Result<std::unique_ptr<Stream>>()>;

// E_CONFIG: the proxy refuses who asks, at its setting, or the target; E_TRANSIENT: it does not
// reach the target just now.
Result<std::unique_ptr<Stream>> open_tunnel(const Proxy& proxy, ProxyAuth& auth,
                                            const Origin& target, const std::string& user_agent,
                                            const ReachProxy& reach, const Patience& patience);

// Reads the body of a refusal off, so that its connection can carry the next try. False: it cannot.
bool can_go_on(Connection& connection, const std::string& method, const ResponseHead& head,
               const Patience& patience);

// A 407 that stays; `reason` is a ProxyLogin's, `what` opens the message.
Error login_refused(const Proxy& proxy, const std::string& what, Error reason);

// The proxy closed its connection between the two halves of NTLM.
Error log_in_cut(const Proxy& proxy);

}  // namespace tq
