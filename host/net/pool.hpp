// SPDX-License-Identifier: Apache-2.0
// ConnectionPool: idle connections of a client by key (an origin and the way to it). Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/world.hpp"
#include "net/connection.hpp"

namespace tq {

class ConnectionPool {
 public:
  explicit ConnectionPool(World& world) : world_(world) {}

  // The connection used last that has been idle for at most `idle_ms` and on which nothing has
  // come, or null.
  std::unique_ptr<Connection> take(const std::string& key, uint64_t idle_ms);
  void give_back(const std::string& key, std::unique_ptr<Connection> connection);
  void forget(const std::string& key);  // all of a key

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    uint64_t since_ms;
  };
  using Shelf = std::deque<Idle>;  // oldest first

  World& world_;
  std::mutex mutex_;
  std::map<std::string, Shelf> shelves_;
};

}  // namespace tq
