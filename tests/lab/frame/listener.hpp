// SPDX-License-Identifier: Apache-2.0
// Poco's HTTP server on 127.0.0.1, over TLS or plain, for whatever handlers the factory makes. It
// is never stopped, only the process ends: waiting for its threads would cost every test a quarter
// of a second. Used from one thread.
#pragma once

#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/ThreadPool.h>

#include <cstdint>
#include <optional>
#include <string>

#include "lab/frame/tls_files.hpp"

namespace lab {

class Listener {
 public:
  // Plain when there are no TLS files. Port 0: any. Throws std::runtime_error when the port cannot
  // be had.
  Listener(Poco::Net::HTTPRequestHandlerFactory::Ptr factory, std::uint16_t port,
           const std::optional<TlsFiles>& tls);

  std::string url() const;  // without a slash at the end

 private:
  Poco::Net::ServerSocket socket_;
  bool tls_;
  Poco::ThreadPool threads_;
  Poco::Net::HTTPServer server_;
};

}  // namespace lab
