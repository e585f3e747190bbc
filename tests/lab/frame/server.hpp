// SPDX-License-Identifier: Apache-2.0
// What all connections of a simulated service share: the service, the fault rules, the request log.
#pragma once

#include <Poco/Net/HTTPRequestHandlerFactory.h>

#include <string>

#include "lab/frame/faults.hpp"
#include "lab/frame/request_log.hpp"
#include "lab/service.hpp"

namespace lab {

struct ServerState {
  Service& service;
  bool gzip = false;  // compress answers for clients that accept it
  FaultRules faults;
  RequestLog log;
};

// Handlers that give requests to the service, under the fault rules, and serve the control routes.
// The state stays with the caller and must outlive all connections.
Poco::Net::HTTPRequestHandlerFactory::Ptr exchange_factory(ServerState& state);

// The control routes below /__lab/.
bool is_control(const Request& request);
Response control(ServerState& state, const Request& request);

}  // namespace lab
