// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/connector.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>

#include <poll.h>

#include <array>
#include <stdexcept>
#include <thread>

namespace lab {
namespace {

constexpr int kConnectSeconds = 5;
constexpr int kIdleSeconds = 600;
constexpr std::size_t kBufferBytes = 256 * 1024;

Poco::Net::SocketAddress loopback_address(const std::string& target) {
  const std::size_t colon = target.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument("no port in \"" + target + '"');
  std::string host = target.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  Poco::Net::IPAddress ip;
  if (!Poco::Net::IPAddress::tryParse(host, ip) || !ip.isLoopback()) {
    throw std::invalid_argument("this proxy reaches loopback only, not \"" + target + '"');
  }
  return Poco::Net::SocketAddress(ip.toString(), target.substr(colon + 1));
}

void shut_both(Poco::Net::StreamSocket& socket) {
  try {
    socket.shutdown();
  } catch (const Poco::Exception&) {
    // already gone
  }
}

void pump(Poco::Net::StreamSocket& from, Poco::Net::StreamSocket& to,
          std::atomic<std::uint64_t>& bytes) {
  std::string buffer(kBufferBytes, '\0');
  try {
    while (true) {
      const int got = from.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) break;
      for (int done = 0; done < got;) done += to.sendBytes(buffer.data() + done, got - done);
      bytes += static_cast<std::uint64_t>(got);
    }
    to.shutdownSend();
  } catch (const Poco::Exception&) {
    shut_both(from);
    shut_both(to);
  }
}

}  // namespace

Poco::Net::StreamSocket Connector::connect(const std::string& host_and_port) const {
  const auto mapped = hosts_.find(host_and_port);
  const auto address = loopback_address(mapped == hosts_.end() ? host_and_port : mapped->second);
  Poco::Net::StreamSocket socket;
  socket.connect(address, Poco::Timespan(kConnectSeconds, 0));
  socket.setNoDelay(true);
  socket.setReceiveTimeout(Poco::Timespan(kIdleSeconds, 0));
  return socket;
}

namespace {

// TLS is one state for both directions, so one thread does both. False: one side has ended.
bool move_some(Poco::Net::StreamSocket& from, Poco::Net::StreamSocket& to, std::string& buffer,
               std::atomic<std::uint64_t>& bytes) {
  const int got = from.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
  if (got <= 0) return false;
  for (int done = 0; done < got;) done += to.sendBytes(buffer.data() + done, got - done);
  bytes += static_cast<std::uint64_t>(got);
  return true;
}

void tunnel_over_tls(Poco::Net::StreamSocket& client, Poco::Net::StreamSocket& server,
                     Passage& passage) try {
  std::string buffer(kBufferBytes, '\0');
  while (true) {
    pollfd watched[] = {{client.impl()->sockfd(), POLLIN, 0}, {server.impl()->sockfd(), POLLIN, 0}};
    const bool decrypted = client.available() > 0;
    if (!decrypted && ::poll(watched, 2, kIdleSeconds * 1000) <= 0) break;
    const bool up = decrypted || watched[0].revents != 0;
    if (up && !move_some(client, server, buffer, passage.bytes_up)) break;
    if (watched[1].revents != 0 && !move_some(server, client, buffer, passage.bytes_down)) break;
  }
  shut_both(client);
  shut_both(server);
} catch (const Poco::Exception&) {
  shut_both(server);
}

}  // namespace

void tunnel(Poco::Net::StreamSocket client, Poco::Net::StreamSocket server, Passage& passage) {
  if (client.secure()) return tunnel_over_tls(client, server, passage);
  client.setReceiveTimeout(Poco::Timespan(kIdleSeconds, 0));
  std::thread up([&] { pump(client, server, passage.bytes_up); });
  pump(server, client, passage.bytes_down);
  up.join();
}

void relay(Poco::Net::StreamSocket& client, Poco::Net::StreamSocket& server, Passage& passage) {
  pump(server, client, passage.bytes_down);
}

}  // namespace lab
