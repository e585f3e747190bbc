// SPDX-License-Identifier: Apache-2.0
// Where the proxy may connect to, and the two ways bytes go through it. Used from many connection
// threads.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <map>
#include <string>

#include "lab/proxy/traffic.hpp"

namespace lab {

class Connector {
 public:
  explicit Connector(std::map<std::string, std::string> hosts) : hosts_(std::move(hosts)) {}

  // Throws std::invalid_argument for a target that is not allowed; Poco::Exception when it cannot
  // be reached.
  Poco::Net::StreamSocket connect(const std::string& host_and_port) const;

 private:
  std::map<std::string, std::string> hosts_;
};

// Moves bytes both ways until one side ends and the other has taken what was under way.
void tunnel(Poco::Net::StreamSocket client, Poco::Net::StreamSocket server, Passage& passage);

// Moves the server's bytes to the client until the server ends.
void relay(Poco::Net::StreamSocket& client, Poco::Net::StreamSocket& server, Passage& passage);

}  // namespace lab
