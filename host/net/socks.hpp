// SPDX-License-Identifier: Apache-2.0
// A tunnel through a SOCKS5 proxy (RFC 1928, 1929), which looks the host's name up itself.
#pragma once

#include <memory>

#include "net/patience.hpp"
#include "net/proxy.hpp"
#include "net/stream.hpp"

namespace tq {

// `stream` is connected to the proxy. E_CONFIG: user and password or the target are refused;
// E_TRANSIENT: the proxy does not reach the target; E_DATA: it is no such proxy.
Result<std::unique_ptr<Stream>> open_socks(const Proxy& proxy, const Origin& target,
                                           std::unique_ptr<Stream> stream,
                                           const Patience& patience);

}  // namespace tq
