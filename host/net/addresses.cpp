// SPDX-License-Identifier: Apache-2.0
// The system's resolver is asked itself: Poco sorts what it answers by number, and so forgets the
// order of RFC 6724.
#include "net/addresses.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/thread.hpp"

namespace tq {
namespace {

using Addresses = std::vector<Address>;

struct FreeInfo {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

Error look_up_failed(int code, int number) {
  switch (code) {
    case EAI_NONAME:
      return {Status::kConfig, "there is no such host; check the host name"};
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return {Status::kConfig, "the name has no address; check the host name"};
    default:
      const std::string why = code == EAI_SYSTEM ? std::generic_category().message(number)
                                                 : std::string(::gai_strerror(code));
      return {Status::kTransient, "the host name could not be looked up: " + why};
  }
}

Result<Addresses> look_up(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  errno = 0;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  const int number = errno;
  const std::unique_ptr<addrinfo, FreeInfo> infos(raw);
  if (code != 0) return look_up_failed(code, number);
  Addresses found;
  for (const addrinfo* info = raw; info != nullptr; info = info->ai_next)
    if (const auto address = Address::from(info->ai_addr, port)) found.push_back(*address);
  if (found.empty()) return look_up_failed(EAI_NODATA, 0);
  return connect_order(found);
}

// A look-up cannot be interrupted, so it has a thread of its own, which may outlive the wait for
// it.
Result<Addresses> look_up_patiently(const std::string& host, uint16_t port,
                                    const Patience& patience) {
  struct Pending {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<Addresses>> result;
  };
  const auto pending = std::make_shared<Pending>();
  auto thread = Thread::start(
      [pending, host, port] {
        Addresses found;
        auto outcome = contain("looking up a host name", [&]() -> Result<void> {
          TQ_ASSIGN(found, look_up(host, port));
          return {};
        });
        const std::lock_guard lock(pending->mutex);
        if (outcome) {
          pending->result.emplace(std::move(found));
        } else {
          pending->result.emplace(std::move(outcome.error()));
        }
        pending->done.notify_all();
      },
      kLargeStackBytes);
  // Not on the caller's: name services want more stack than that may have.
  if (!thread) return std::move(thread.error()).in("looking up the host name");
  thread->detach();
  constexpr std::chrono::milliseconds kSlice{50};
  std::unique_lock lock(pending->mutex);
  while (!pending->done.wait_for(lock, kSlice, [&] { return pending->result.has_value(); }))
    if (auto going = patience.check(); !going)
      return std::move(going.error()).in("looking up the host name");
  return std::move(*pending->result);
}

}  // namespace

std::optional<Address> Address::parse(const std::string& text, uint16_t port) {
  sockaddr_in short_one{};
  short_one.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &short_one.sin_addr) == 1)
    return from(reinterpret_cast<const sockaddr*>(&short_one), port);
  sockaddr_in6 long_one{};
  long_one.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text.c_str(), &long_one.sin6_addr) == 1)
    return from(reinterpret_cast<const sockaddr*>(&long_one), port);
  return std::nullopt;
}

std::optional<Address> Address::from(const sockaddr* address, uint16_t port) {
  Address out;
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    std::memcpy(&out.storage_, address, sizeof(sockaddr_in));
    reinterpret_cast<sockaddr_in*>(&out.storage_)->sin_port = htons(port);
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&out.storage_, address, sizeof(sockaddr_in6));
    reinterpret_cast<sockaddr_in6*>(&out.storage_)->sin6_port = htons(port);
  } else {
    return std::nullopt;
  }
  return out;
}

std::string Address::text() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  const void* bytes =
      v6() ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(get())->sin6_addr)
           : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(get())->sin_addr);
  ::inet_ntop(storage_.ss_family, bytes, buffer, sizeof buffer);
  return buffer;
}

bool Address::operator==(const Address& other) const {
  return size() == other.size() && std::memcmp(&storage_, &other.storage_, size()) == 0;
}

Result<std::vector<Address>> addresses_of(const std::string& host, uint16_t port,
                                          const Patience& patience) {
  // Never asked of DNS: that this name is this machine is what plain http to it rests on.
  if (host == "localhost")
    return connect_order({*Address::parse("127.0.0.1", port), *Address::parse("::1", port)});
  if (const auto address = Address::parse(host, port)) return Addresses{*address};
  return look_up_patiently(host, port, patience);
}

std::vector<Address> connect_order(const std::vector<Address>& found) {
  Addresses first, second;  // the first one's family, and the other
  for (const Address& address : found) {
    Addresses& family = address.v6() == found.front().v6() ? first : second;
    if (std::find(family.begin(), family.end(), address) == family.end()) family.push_back(address);
  }
  Addresses out;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  out.resize(std::min(out.size(), kMostAddresses));
  return out;
}

}  // namespace tq
