// SPDX-License-Identifier: Apache-2.0
// HTTP over a bare TCP socket, for tests that must see what really went over the wire. One thread a
// connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lab {

struct RawAnswer {
  int status = 0;
  std::string head;
  std::string body;
  bool was_reset = false;  // the connection ended by a TCP reset

  // Value of a header; names compare without case.
  std::optional<std::string> header(std::string_view name) const;
};

class RawConnection {
 public:
  explicit RawConnection(const std::string& host_and_port);  // of 127.0.0.1
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void send(std::string_view text);

  // One answer by its Content-Length, or what came before the connection ended.
  RawAnswer receive();

 private:
  bool fill();

  int fd_ = -1;
  bool reset_ = false;
  std::string pending_;
};

// One request on a connection of its own.
RawAnswer raw(const std::string& host_and_port, const std::string& method,
              const std::string& target, const std::string& headers = "",
              const std::string& body = "");

}  // namespace lab
