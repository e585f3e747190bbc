// SPDX-License-Identifier: Apache-2.0
#include "lab/frame/listener.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SSLManager.h>

#include <stdexcept>

namespace lab {
namespace {

constexpr int kMinThreads = 4;
constexpr int kMaxThreads = 160;  // an idle keep-alive connection holds one
constexpr int kBacklog = 256;
constexpr int kKeepAliveSeconds = 120;
constexpr int kTransferSeconds = 300;

Poco::Net::ServerSocket bound(Poco::Net::ServerSocket socket,
                              const Poco::Net::SocketAddress& address) {
  socket.bind(address, true, false);  // by default Poco would share the port with another process
  socket.listen(kBacklog);
  return socket;
}

Poco::Net::ServerSocket listen(std::uint16_t port, const std::optional<TlsFiles>& tls) try {
  const Poco::Net::SocketAddress address("127.0.0.1", port);
  if (!tls) return bound({}, address);
  Poco::Net::initializeSSL();
  Poco::Net::Context::Params params;
  params.privateKeyFile = tls->key.string();
  params.certificateFile = tls->certificate.string();
  params.verificationMode = Poco::Net::Context::VERIFY_NONE;
  Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params);
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  context->enableSessionCache(true, "tqlab");
  return bound(Poco::Net::SecureServerSocket(context), address);
} catch (const Poco::Exception& error) {
  throw std::runtime_error("cannot listen on 127.0.0.1 port " + std::to_string(port) + ": " +
                           error.displayText());
}

Poco::Net::HTTPServerParams::Ptr params() {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setKeepAlive(true);
  params->setKeepAliveTimeout(Poco::Timespan(kKeepAliveSeconds, 0));
  params->setTimeout(Poco::Timespan(kTransferSeconds, 0));
  params->setMaxThreads(kMaxThreads);
  params->setMaxQueued(kBacklog);
  return params;
}

}  // namespace

Listener::Listener(Poco::Net::HTTPRequestHandlerFactory::Ptr factory, std::uint16_t port,
                   const std::optional<TlsFiles>& tls)
    : socket_(listen(port, tls)),
      tls_(tls.has_value()),
      threads_(kMinThreads, kMaxThreads + 1),
      server_(factory, threads_, socket_, params()) {
  server_.start();
}

std::string Listener::url() const {
  return std::string(tls_ ? "https" : "http") +
         "://127.0.0.1:" + std::to_string(socket_.address().port());
}

}  // namespace lab
