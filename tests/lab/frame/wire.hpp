// SPDX-License-Identifier: Apache-2.0
// Between Poco's connection and the lab's requests and responses. Used from the connection's own
// thread.
#pragma once

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "lab/service.hpp"

namespace lab {

constexpr std::size_t kMaxBodyBytes = 512ULL * 1024 * 1024;

// A request that cannot be given to a service; answered with this status, then the connection ends.
struct BadRequest : std::runtime_error {
  BadRequest(int http_status, const std::string& why)
      : std::runtime_error(why), status(http_status) {}
  int status;
};

struct Received {
  Request request;
  std::string target;          // as asked
  std::size_t wire_bytes = 0;  // of the body
};

// Reads the whole request. Throws BadRequest; Poco::Exception when the peer went away.
Received receive(Poco::Net::HTTPServerRequest& request);

struct Sending {
  bool head_only = false;  // answer to HEAD
  bool keep_alive = true;
  std::size_t promised_bytes = 0;  // Content-Length
  std::chrono::system_clock::time_point date;
  std::size_t bytes_per_second = 0;  // 0: as fast as it goes
};

// Writes head and body in as few writes as possible.
void send(Poco::Net::StreamSocket& socket, const Response& response, const Sending& how);

// Ends the connection with a TCP reset, without a last word of TLS.
void reset(Poco::Net::StreamSocket& socket);

}  // namespace lab
