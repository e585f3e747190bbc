// SPDX-License-Identifier: Apache-2.0
// A SOCKS5 server (RFC 1928, 1929) to where the proxy may connect, with user and password when the
// proxy has them. Never stopped: only the process ends.
#pragma once

#include <cstdint>

#include "lab/proxy/connector.hpp"
#include "lab/proxy/proxy.hpp"
#include "lab/proxy/traffic.hpp"

namespace lab {

// Listens on a free port of 127.0.0.1, which it gives. The references outlive the process's
// threads.
std::uint16_t serve_socks(const ProxyOptions& options, const Connector& connector,
                          Traffic& traffic);

}  // namespace lab
