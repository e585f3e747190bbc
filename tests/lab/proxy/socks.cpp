// SPDX-License-Identifier: Apache-2.0
#include "lab/proxy/socks.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/ServerSocket.h>

#include <stdexcept>
#include <thread>

namespace lab {
namespace {

constexpr int kIdleSeconds = 60;
constexpr char kVersion = 5, kConnect = 1;
constexpr char kDone = 0, kFailed = 1, kForbidden = 2, kRefused = 5, kUnknownCommand = 7,
               kUnknownAddress = 8;

std::string receive(Poco::Net::StreamSocket& socket, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const int got = socket.receiveBytes(bytes.data() + done, static_cast<int>(size - done));
    if (got <= 0) throw std::runtime_error("the client ended");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::size_t receive_size(Poco::Net::StreamSocket& socket) {
  return static_cast<unsigned char>(receive(socket, 1)[0]);
}

void send(Poco::Net::StreamSocket& socket, const std::string& bytes) {
  socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
}

// Whether the client may go on.
bool let_in(Poco::Net::StreamSocket& client, const ProxyOptions& options) {
  const std::string methods = receive(client, receive_size(client));
  const char wanted = options.user.empty() ? 0 : 2;
  if (methods.find(wanted) == std::string::npos) {
    send(client, {kVersion, '\xff'});
    return false;
  }
  send(client, {kVersion, wanted});
  if (wanted == 0) return true;
  if (receive(client, 1)[0] != 1) return false;
  const std::string user = receive(client, receive_size(client));
  const std::string password = receive(client, receive_size(client));
  const bool good = user == options.user && password == options.password;
  send(client, {1, static_cast<char>(good ? 0 : 1)});
  return good;
}

// "host:port"; empty: an address of a kind that is not known.
std::string target_of(Poco::Net::StreamSocket& client, char kind) {
  std::string host;
  if (kind == 3) {
    host = receive(client, receive_size(client));
  } else if (kind == 1 || kind == 4) {
    const std::string bytes = receive(client, kind == 1 ? 4 : 16);
    host = Poco::Net::IPAddress(bytes.data(), static_cast<poco_socklen_t>(bytes.size())).toString();
    if (kind == 4) host = '[' + host + ']';
  } else {
    return {};
  }
  const std::string port = receive(client, 2);
  return host + ':' +
         std::to_string(static_cast<unsigned char>(port[0]) * 256 +
                        static_cast<unsigned char>(port[1]));
}

void reply(Poco::Net::StreamSocket& client, char what) {
  send(client, std::string{kVersion, what, 0, 1} + std::string(6, '\0'));
}

void serve_client(Poco::Net::StreamSocket client, const ProxyOptions& options,
                  const Connector& connector, Traffic& traffic) {
  client.setReceiveTimeout(Poco::Timespan(kIdleSeconds, 0));
  if (receive(client, 1)[0] != kVersion || !let_in(client, options)) return;
  const std::string head = receive(client, 4);
  if (head[1] != kConnect) return reply(client, kUnknownCommand);
  const std::string target = target_of(client, head[3]);
  if (target.empty()) return reply(client, kUnknownAddress);
  const auto passage = traffic.begin("SOCKS", target, "");
  traffic.let_through(*passage, options.user.empty() ? "" : "password");
  char failure = kFailed;
  try {
    Poco::Net::StreamSocket server = connector.connect(target);
    passage->status = 200;
    reply(client, kDone);
    return tunnel(client, server, *passage);
  } catch (const std::invalid_argument&) {
    failure = kForbidden;
    passage->status = 403;
  } catch (const Poco::Exception&) {
    failure = kRefused;
    passage->status = 502;
  }
  reply(client, failure);
}

}  // namespace

std::uint16_t serve_socks(const ProxyOptions& options, const Connector& connector,
                          Traffic& traffic) {
  Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
  const std::uint16_t port = socket.address().port();
  std::thread([socket, &options, &connector, &traffic]() mutable {
    while (true) {
      try {
        Poco::Net::StreamSocket client = socket.acceptConnection();
        std::thread([client, &options, &connector, &traffic] {
          try {
            serve_client(client, options, connector, traffic);
          } catch (const std::exception&) {
            // the client is gone
          }
        }).detach();
      } catch (const Poco::Exception&) {
        // it went before it was taken
      }
    }
  }).detach();
  return port;
}

}  // namespace lab
