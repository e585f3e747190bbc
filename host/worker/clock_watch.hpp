// SPDX-License-Identifier: Apache-2.0
// ClockWatch: this machine's clock beside the Date headers of the servers that answer. A clock that
// is wrong makes signatures and tokens fail for reasons that no answer tells. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "core/world.hpp"
#include "log/log.hpp"
#include "net/http.hpp"

namespace tq {

class ClockWatch {
 public:
  ClockWatch(World& world, Log& log) : world_(world), log_(log) {}

  // Compares once for each origin, as the first answer comes; warns above a minute.
  void see(const Origin& origin, const HttpResponse& response);

  // "this clock is 412 s behind api.example.com; synchronise it (NTP)" for each origin that is more
  // than a minute off, or "". For errors, whose cause it may be.
  std::string suspicion() const;
  // "the clock (within 1 s of tq.example)", for what a check has found good; "" before any answer.
  std::string agreement() const;

 private:
  World& world_;
  Log& log_;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> ahead_ms_;  // by host and port: this clock minus theirs
};

}  // namespace tq
