// SPDX-License-Identifier: Apache-2.0
// TCP connections by name or address. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/addresses.hpp"
#include "net/patience.hpp"
#include "net/stream.hpp"

namespace tq {

// By the addresses of the host, as connect_first() does. The message is the reason alone, the
// caller knows what it was for. E_CONFIG: there is no such host; E_TRANSIENT; E_CANCELLED.
Result<std::unique_ptr<Stream>> connect_tcp(const std::string& host, uint16_t port,
                                            const Patience& patience);

// The first that answers (RFC 8305): the next one is begun 250 ms after the one before, or as soon
// as one has failed, and none is given up before the time is over. With so many addresses that this
// takes more than half of the time, they are begun sooner. REQUIRES: `addresses` not empty.
Result<std::unique_ptr<Stream>> connect_first(const std::vector<Address>& addresses,
                                              const Patience& patience);

}  // namespace tq
