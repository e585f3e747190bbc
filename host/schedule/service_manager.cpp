// SPDX-License-Identifier: Apache-2.0
#include "schedule/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <utility>

#include "core/file.hpp"
#include "schema/environment.hpp"

namespace tq {
namespace {

uint64_t number_of(const std::string& text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment)
    : socket_(variable(environment, "NOTIFY_SOCKET")) {
  const std::string pid = variable(environment, "WATCHDOG_PID");
  const bool ours = pid.empty() || pid == std::to_string(::getpid());
  if (ours && !socket_.empty())
    watchdog_ms_ = number_of(variable(environment, "WATCHDOG_USEC")) / 1000;
  if (watchdog_ms_ > 0) due_ = Due::in(0, Moment{});
}

void ServiceManager::ready(std::string_view status) {
  status_ = status;
  send("READY=1\nSTATUS=" + status_);
}

void ServiceManager::reloading(Moment now) {
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.mono_ms * 1000));
}

void ServiceManager::stopping() { send("STOPPING=1"); }

void ServiceManager::status(std::string_view text) {
  if (status_ == text) return;
  status_ = text;
  send("STATUS=" + status_);
}

void ServiceManager::keep_alive(Moment now) {
  if (!due_.reached(now)) return;
  due_ = Due::in(watchdog_ms_ / 2, now);
  send("WATCHDOG=1");
}

// A service manager that does not listen is no reason to stop, nor to wait.
void ServiceManager::send(std::string_view message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return;
  ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace tq
