// SPDX-License-Identifier: Apache-2.0
#include "worker/shim_link.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "worker/shim_program.hpp"

namespace tq {
namespace {

UniqueFd descriptor_of(const msghdr& message) {
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  int fd = -1;
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof fd))
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace

Result<ShimLink> ShimLink::make(const ShimOrder& order, UniqueFd* theirs) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return errno_error(Status::kTransient, "cannot create", "a socket pair", errno);
  ShimLink out;
  out.mine_ = UniqueFd(ends[0]);
  TQ_ASSIGN(*theirs, above_reserved(UniqueFd(ends[1])));
  TQ_ASSIGN(out.mine_, above_reserved(std::move(out.mine_)));
  if (::send(out.mine_.get(), &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
    return errno_error(Status::kTransient, "cannot write to", "a socket pair", errno);
  return out;
}

void ShimLink::tell(ShimCommand command) {
  if (mine_) (void)::send(mine_.get(), &command, sizeof command, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ShimLink::hear(const std::function<void(const ShimReport&, UniqueFd)>& take) {
  while (mine_) {
    ShimReport report;
    iovec data{&report, sizeof report};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(mine_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    UniqueFd descriptor = got > 0 ? descriptor_of(message) : UniqueFd();
    if (got != sizeof report) return mine_.reset();
    take(report, std::move(descriptor));
  }
}

}  // namespace tq
