// SPDX-License-Identifier: Apache-2.0
// Squid: the proxy of Debian's package squid-openssl in a folder of its own, on loopback, with a
// plain and a TLS port. It knows the names that its hosts file has, and asks no name server. One
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "e2e/process.hpp"

namespace e2e {

struct SquidOptions {
  std::filesystem::path folder;  // made; goes away with whoever made its parent
  std::filesystem::path certificate, key;
  std::vector<std::string> log_in;  // lines for its configuration: auth_param ...
  std::vector<std::string> names;   // that lead to 127.0.0.1
};

class Squid {
 public:
  // Empty: squid and its helpers are here; else why no test with them can be done.
  static std::string missing();

  // Starts it and waits until both ports listen. Throws std::runtime_error with what it said.
  explicit Squid(const SquidOptions& options);
  ~Squid();  // ends it, by its process id

  std::string http() const { return "127.0.0.1:" + std::to_string(http_port_); }
  std::string https() const { return "127.0.0.1:" + std::to_string(https_port_); }
  // A line a request, with who asked: squid writes it when the request is over.
  std::string access_log() const;

 private:
  void write_files(const SquidOptions& options);
  bool listens() const;

  std::filesystem::path folder_;
  std::uint16_t http_port_ = 0, https_port_ = 0;
  std::optional<Running> running_;
};

}  // namespace e2e
