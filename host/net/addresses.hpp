// SPDX-License-Identifier: Apache-2.0
// Where a host can be reached: its addresses, in the order in which they are tried. Values; any
// thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "net/patience.hpp"

namespace tq {

// An IPv4 or IPv6 address and a port.
class Address {
 public:
  // Of an address as text, IPv6 without brackets.
  static std::optional<Address> parse(const std::string& text, uint16_t port);
  // Of what the system gives, which has no port yet; none for other families.
  static std::optional<Address> from(const sockaddr* address, uint16_t port);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
  bool v6() const { return storage_.ss_family == AF_INET6; }
  std::string text() const;  // without the port
  bool operator==(const Address& other) const;

 private:
  sockaddr_storage storage_{};
};

// No name needs more, and each may cost a descriptor.
constexpr size_t kMostAddresses = 64;

// The addresses of a name or an address. Not empty. E_CONFIG: there is no such host; E_TRANSIENT;
// E_CANCELLED. The message is the reason alone.
Result<std::vector<Address>> addresses_of(const std::string& host, uint16_t port,
                                          const Patience& patience);

// The one place that decides who is tried first: the family of the first, then both in turn
// (RFC 8305, section 4), each in the order in which the system gave them (RFC 6724). Without
// doubles, at most kMostAddresses.
std::vector<Address> connect_order(const std::vector<Address>& found);

}  // namespace tq
