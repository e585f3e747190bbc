// SPDX-License-Identifier: Apache-2.0
// ServiceManager: tells systemd how the supervisor is, by the protocol of sd_notify(3): datagrams
// to $NOTIFY_SOCKET. Does nothing where there is none. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schedule/moment.hpp"
#include "schema/config.hpp"

namespace tq {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET (a path, or @ for an abstract one), WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceManager(const Environment& environment);

  bool listens() const { return !socket_.empty(); }

  void ready(std::string_view status);
  // With MONOTONIC_USEC, as Type=notify-reload wants; ready() ends it.
  void reloading(Moment now);
  void stopping();
  void status(std::string_view text);  // only when it differs from the last

  // When the next keep-alive is due (half of the time that systemd allows); never without one.
  Due due() const { return due_; }
  void keep_alive(Moment now);  // sends it if it is due

 private:
  void send(std::string_view message);

  std::string socket_, status_;
  uint64_t watchdog_ms_ = 0;
  Due due_;
};

}  // namespace tq
