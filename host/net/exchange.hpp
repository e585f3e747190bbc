// SPDX-License-Identifier: Apache-2.0
// One request over one connection, up to the head of its answer. One thread.
#pragma once

#include <string>

#include "net/connection.hpp"
#include "net/head.hpp"
#include "net/http.hpp"
#include "net/retry.hpp"

namespace tq {

// E_BUG: the request cannot be put on the wire as it is (a line break in a header, a header that
// this layer sets itself).
Result<void> check_request(const HttpRequest& request);
Result<void> check_headers(const Headers& headers);

// The head that is sent: `headers` are the caller's. `proof` is set when the request itself goes to
// a proxy, not through a tunnel: what the proxy is told about who asks, which may be nothing.
std::string request_head(const HttpRequest& request, const Url& url, const Headers& headers,
                         const std::string& user_agent, const std::string* proof);

struct Exchanged {
  ResponseHead head;
  bool whole = true;  // the server took the whole request; else the connection cannot be used again
};

// `stage` says how far it came when it fails.
Result<Exchanged> exchange(Connection& connection, std::string head, const Body* body,
                           const Patience& patience, Stage* stage);

}  // namespace tq
