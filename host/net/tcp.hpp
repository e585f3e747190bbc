// SPDX-License-Identifier: Apache-2.0
// TCP connections by name or address.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/patience.hpp"
#include "net/stream.hpp"

namespace tq {

// Tries the addresses of the host one after the other. The message is the reason alone, the caller
// knows what it was for. E_CONFIG: there is no such host; E_TRANSIENT; E_CANCELLED.
Result<std::unique_ptr<Stream>> connect_tcp(const std::string& host, uint16_t port,
                                            const Patience& patience);

}  // namespace tq
