// SPDX-License-Identifier: Apache-2.0
// The way to a running supervisor: a socket <state>/control.sock with mode 0600. A client sends one
// JSON object in one line and gets one back. ControlServer never blocks and holds no client for
// long; one thread. ask_supervisor() is for everybody else.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "schedule/moment.hpp"

namespace tq {

class ControlServer {
 public:
  using Handler = std::function<Json(const Json& request)>;

  static constexpr size_t kClientsMost = 32;  // more wait in the backlog
  static constexpr size_t kRequestBytesMost = 64 * 1024;
  static constexpr uint64_t kClientMs = 5'000;  // from its coming to its last byte

  // REQUIRES: this process holds the state folder's supervisor lock; a socket that is there is a
  // left-over. The path may be longer than a socket's name can be.
  static Result<std::unique_ptr<ControlServer>> open(const std::filesystem::path& state_dir);
  ~ControlServer();  // removes the socket, if it is still the one of this server

  // Makes the socket anew when somebody deleted it or put something else there; whether it was
  // necessary.
  Result<bool> renew();

  // What to poll for; the descriptors stay good until serve().
  void add_to(std::vector<pollfd>& fds) const;
  // When a client's time is over.
  Due due() const;
  // Takes, reads, answers and drops clients as far as it goes without waiting. Only this user and
  // root are served (SO_PEERCRED). A request that is not one JSON object gets {"error": ...}.
  void serve(Moment now, const Handler& handler);

 private:
  struct Client;
  explicit ControlServer(std::filesystem::path state_dir);
  Result<void> listen();
  bool is_there() const;
  static bool read_request(Client& client, const Handler& handler);
  static bool send_answer(Client& client);

  std::filesystem::path state_dir_, file_;
  UniqueFd listener_;
  dev_t device_ = 0;  // of the socket as a file
  ino_t inode_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
};

// What the supervisor of that state folder answers. kEnd: none runs, for nobody holds the folder's
// lock (the message says so and how to start one); kTransient: it does not answer in time; kConfig:
// not allowed, with who is.
Result<Json> ask_supervisor(const std::filesystem::path& state_dir, const Json& request,
                            uint64_t timeout_ms = 5'000);

}  // namespace tq
