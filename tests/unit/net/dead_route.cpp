// SPDX-License-Identifier: Apache-2.0
#include "unit/net/dead_route.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

namespace tq::test {

DeadRoute::DeadRoute() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof where;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&where), size) != 0 ||
      ::listen(listener_.get(), 0) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&where), &size) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(where.sin_port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  constexpr int kMostFillers = 64, kSettledMs = 100;
  for (int i = 0; i < kMostFillers && !dead_; ++i) {
    UniqueFd filler(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int result = ::connect(filler.get(), reinterpret_cast<sockaddr*>(&where), size);
    pollfd entry{filler.get(), POLLOUT, 0};
    dead_ = result != 0 && errno == EINPROGRESS && ::poll(&entry, 1, kSettledMs) == 0;
    fillers_.push_back(std::move(filler));
  }
}

void DeadRoute::revive() {
  ::listen(listener_.get(), 128);
  fillers_.clear();
}

}  // namespace tq::test
