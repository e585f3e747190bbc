// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1 answer. Values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "net/connection.hpp"
#include "net/http.hpp"

namespace tq {

struct ResponseHead {
  int status = 0;
  std::string reason;
  bool http_1_0 = false;
  Headers fields;

  std::string_view get(std::string_view name) const;  // first of that name, or empty
  // A comma-separated field (all lines of it) has the word.
  bool has_word(std::string_view name, std::string_view word) const;
  bool keep_alive() const;
};

// Everything up to and without the empty line. E_DATA: that is not HTTP.
Result<ResponseHead> parse_head(std::string_view text);

// The next final head of a connection; interim ones (1xx) are passed over. E_DATA when it is larger
// than the connection's buffer.
Result<ResponseHead> read_head(Connection& connection, const Patience& patience);

}  // namespace tq
