// SPDX-License-Identifier: Apache-2.0
#include "net/socks.hpp"

#include <arpa/inet.h>

#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "net/connection.hpp"

namespace tq {
namespace {

constexpr unsigned char kVersion = 5;
constexpr unsigned char kNoLogin = 0, kPassword = 2, kNoneFits = 0xff;
constexpr unsigned char kLoginVersion = 1;
constexpr unsigned char kConnect = 1;
constexpr unsigned char kIpv4 = 1, kName = 3, kIpv6 = 4;

using Bytes = std::vector<unsigned char>;

struct Reply {
  const char* text;
  Status status;
};

// By the number in the proxy's answer.
constexpr Reply kReplies[] = {
    {"", Status::kOk},
    {"it failed", Status::kTransient},
    {"its rules do not allow it", Status::kConfig},
    {"the network cannot be reached", Status::kTransient},
    {"the host cannot be reached", Status::kTransient},
    {"the connection was refused", Status::kTransient},
    {"it took too long", Status::kTransient},
    {"it does not know this command", Status::kConfig},
    {"it does not know this kind of address", Status::kConfig},
};

class Talk {
 public:
  Talk(const Proxy& proxy, const Origin& target, std::unique_ptr<Stream> stream,
       const Patience& patience)
      : proxy_(proxy), target_(target), connection_(std::move(stream)), patience_(patience) {}

  Result<std::unique_ptr<Stream>> run() {
    TQ_TRY(log_in());
    TQ_TRY(ask());
    if (!connection_.buffered().empty()) return strange("it speaks before the tunnel is used");
    return std::move(connection_).take_stream();
  }

 private:
  static Error strange(const std::string& why) { return {Status::kData, why}; }

  Result<void> send(const std::string& bytes) {
    TQ_ASSIGN(const bool whole, connection_.send(bytes, patience_));
    if (!whole) return strange("it speaks before it is asked");
    return {};
  }

  Result<Bytes> receive(size_t size) {
    while (connection_.buffered().size() < size) {
      TQ_ASSIGN(const bool more, connection_.fill(patience_));
      if (!more) return Error{Status::kTransient, "the connection was closed during the log-in"};
    }
    const std::string_view got = connection_.buffered().substr(0, size);
    Bytes bytes(got.begin(), got.end());
    connection_.consume(size);
    return bytes;
  }

  static char byte(unsigned value) { return static_cast<char>(static_cast<unsigned char>(value)); }
  static char size_byte(const std::string& text) {
    return byte(static_cast<unsigned>(text.size()));
  }

  Result<void> log_in() {
    std::string hello = {byte(kVersion), byte(proxy_.has_user ? 2U : 1U), byte(kNoLogin)};
    if (proxy_.has_user) hello += byte(kPassword);
    TQ_TRY(send(hello));
    TQ_ASSIGN(const Bytes choice, receive(2));
    if (choice[0] != kVersion) return strange("it speaks no SOCKS5; check the proxy's port");
    if (choice[1] == kNoLogin) return {};
    if (choice[1] != kPassword || !proxy_.has_user) {
      const bool none = choice[1] == kNoneFits;
      return Error{Status::kConfig,
                   !proxy_.has_user
                       ? "it wants a user and a password; put them into the proxy's URL"
                   : none ? "it takes no user and password, and nobody without"
                          : "it wants a log-in of a kind that was not offered",
                   proxy_.setting};
    }
    TQ_TRY(send(std::string{byte(kLoginVersion), size_byte(proxy_.user)} + proxy_.user +
                size_byte(proxy_.password) + proxy_.password));
    TQ_ASSIGN(const Bytes verdict, receive(2));
    if (verdict[1] == 0) return {};
    return Error{Status::kConfig, "check the proxy's user and password, which it refuses",
                 proxy_.setting};
  }

  std::string address() const {
    char bytes[16];
    for (const auto& [family, kind, size] :
         {std::tuple(AF_INET, kIpv4, size_t{4}), std::tuple(AF_INET6, kIpv6, size_t{16})})
      if (::inet_pton(family, target_.host.c_str(), bytes) == 1)
        return byte(kind) + std::string(bytes, size);
    return std::string{byte(kName), size_byte(target_.host)} + target_.host;
  }

  Result<void> ask() {
    TQ_TRY(send(std::string{byte(kVersion), byte(kConnect), byte(0U)} + address() +
                byte(unsigned{target_.port} >> 8U) + byte(target_.port)));
    TQ_ASSIGN(const Bytes head, receive(4));
    if (head[0] != kVersion) return strange("its answer is no SOCKS5");
    if (head[1] != 0) return refusal(head[1]);
    size_t size = head[3] == kIpv4 ? 4 : 16;
    if (head[3] == kName) {
      TQ_ASSIGN(const Bytes length, receive(1));
      size = length[0];
    } else if (head[3] != kIpv4 && head[3] != kIpv6) {
      return strange("its answer has an address of no known kind");
    }
    TQ_TRY(receive(size + 2));
    return {};
  }

  Error refusal(unsigned char reply) const {
    const bool known = reply < std::size(kReplies);
    return {known ? kReplies[reply].status : Status::kData,
            "it does not connect to " + target_.host_port() + ": " +
                (known ? kReplies[reply].text : "error " + std::to_string(reply))};
  }

  const Proxy& proxy_;
  const Origin& target_;
  Connection connection_;
  const Patience& patience_;
};

}  // namespace

Result<std::unique_ptr<Stream>> open_socks(const Proxy& proxy, const Origin& target,
                                           std::unique_ptr<Stream> stream,
                                           const Patience& patience) {
  auto done = Talk(proxy, target, std::move(stream), patience).run();
  if (!done) return std::move(done.error()).in("the SOCKS proxy " + proxy.origin.host_port());
  return done;
}

}  // namespace tq
