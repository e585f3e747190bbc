// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.hpp"

#include <fcntl.h>
#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/thread.hpp"

namespace tq {
namespace {

using Poco::Net::IPAddress;
using Addresses = std::vector<IPAddress>;

std::string errno_text(int number) { return std::generic_category().message(number); }

class TcpStream : public Stream {
 public:
  explicit TcpStream(const Poco::Net::StreamSocket& socket)
      : socket_(socket), fd_(socket_.impl()->sockfd()) {}

  int fd() const override { return fd_; }

  Io read(char* out, size_t capacity) override {
    return outcome(::recv(fd_, out, capacity, 0), Io::What::kWantRead);
  }

  Io write(const char* bytes, size_t size) override {
    return outcome(::send(fd_, bytes, size, MSG_NOSIGNAL), Io::What::kWantWrite);
  }

 private:
  static Io outcome(ssize_t count, Io::What again) {
    if (count > 0) return {Io::What::kBytes, static_cast<size_t>(count)};
    if (count == 0) return {Io::What::kEnd};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {again};
    return {Io::What::kBroken, 0, errno_text(errno)};
  }

  Poco::Net::StreamSocket socket_;
  int fd_;
};

Result<Addresses> look_up(const std::string& host) {
  try {
    Addresses addresses = Poco::Net::DNS::hostByName(host, 0).addresses();
    for (auto at = addresses.begin(); at != addresses.end();)
      at = std::find(addresses.begin(), at, *at) == at ? at + 1 : addresses.erase(at);
    if (!addresses.empty()) return addresses;
    return Error{Status::kConfig, "the name has no address; check the host name"};
  } catch (const Poco::Net::HostNotFoundException&) {
    return Error{Status::kConfig, "there is no such host; check the host name"};
  } catch (const Poco::Net::NoAddressFoundException&) {
    return Error{Status::kConfig, "the name has no address; check the host name"};
  } catch (const Poco::Exception& error) {
    return Error{Status::kTransient, "the host name could not be looked up: " + error.message()};
  }
}

// A look-up cannot be interrupted, so it has a thread of its own, which may outlive the wait for
// it.
Result<Addresses> look_up_patiently(const std::string& host, const Patience& patience) {
  struct Pending {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<Addresses>> result;
  };
  const auto pending = std::make_shared<Pending>();
  auto thread = Thread::start(
      [pending, host] {
        Addresses found;
        auto outcome = contain("looking up a host name", [&]() -> Result<void> {
          TQ_ASSIGN(found, look_up(host));
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

Result<Addresses> addresses_of(const std::string& host, const Patience& patience) {
  // Never asked of DNS: that this name is this machine is what plain http to it rests on.
  if (host == "localhost") return Addresses{IPAddress("127.0.0.1"), IPAddress("::1")};
  if (IPAddress address; IPAddress::tryParse(host, address)) return Addresses{address};
  return look_up_patiently(host, patience);
}

Result<std::unique_ptr<Stream>> connect_to(const Poco::Net::SocketAddress& address,
                                           const Patience& patience) {
  try {
    Poco::Net::StreamSocket socket;
    socket.connectNB(address);
    const int fd = socket.impl()->sockfd();
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    TQ_TRY(patience.wait(fd, POLLOUT));
    if (const int error = socket.impl()->socketError(); error != 0)
      return Error{Status::kTransient, errno_text(error)};
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(socket)));
  } catch (const Poco::Exception& error) {
    return Error{Status::kTransient,
                 error.code() != 0 ? errno_text(error.code()) : error.displayText()};
  }
}

}  // namespace

Result<std::unique_ptr<Stream>> connect_tcp(const std::string& host, uint16_t port,
                                            const Patience& patience) {
  TQ_ASSIGN(const Addresses addresses, addresses_of(host, patience));
  Error first;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const Patience share = patience.part(patience.left_ms() / (addresses.size() - i));
    auto stream = connect_to({addresses[i], port}, share);
    if (stream || stream.error().status == Status::kCancelled) return stream;
    if (i == 0) first = std::move(stream.error());
  }
  return first;
}

}  // namespace tq
