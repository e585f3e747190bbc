// SPDX-License-Identifier: Apache-2.0
// Who asked for what: totals, counts by route, and the last requests. All members are thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace lab {

struct LoggedRequest {
  std::uint64_t seq = 0;     // in order of arrival, from 1
  std::int64_t time_ms = 0;  // of arrival, since 1970
  std::int64_t took_ms = 0;  // until the answer was ready to send
  std::string method;
  std::string target;        // path and query as asked
  int status = 0;            // 0: the connection was reset instead
  std::size_t bytes_in = 0;  // of the bodies as they went over the wire
  std::size_t bytes_out = 0;
  std::string body_sha256;  // of the request body after decompression, hex
  std::string user_agent;
  std::vector<std::string> header_names;
  std::string reason;  // why the service refused, when it said so
};

class RequestLog {
 public:
  static constexpr std::size_t kKept = 20'000;

  // The sequence number of a request that just arrived.
  std::uint64_t arrive();

  // Counts it under "METHOD route".
  void add(LoggedRequest request, const std::string& route);

  std::string json() const;
  void reset();

 private:
  mutable std::mutex mutex_;
  std::uint64_t arrived_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::map<std::string, std::uint64_t> by_route_;
  std::deque<LoggedRequest> kept_;
};

std::string sha256_hex(std::string_view text);

}  // namespace lab
