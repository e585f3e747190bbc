// SPDX-License-Identifier: Apache-2.0
// The answer that send() gives out: pulls the body off its connection, through decompression, and
// gives the connection back to the pool after a whole body. Outlives its client. One thread.
#pragma once

#include <memory>
#include <string>

#include "net/connection.hpp"
#include "net/framing.hpp"
#include "net/head.hpp"
#include "net/http.hpp"
#include "net/pool.hpp"

namespace tq {

struct ResponseParts {
  ResponseHead head;
  std::string label;  // "GET https://host/path", opens the messages
  std::unique_ptr<Connection> connection;
  bool reusable = false;  // what the request says; the head and the body have their say, too
  std::string pool_key;
  std::shared_ptr<ConnectionPool> pool;
  uint64_t max_bytes = 0;
};

// E_DATA: the head's framing or its compression is not understood.
Result<std::unique_ptr<HttpResponse>> make_response(ResponseParts parts, std::string_view method,
                                                    const Patience& patience);

}  // namespace tq
