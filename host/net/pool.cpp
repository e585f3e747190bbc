// SPDX-License-Identifier: Apache-2.0
#include "net/pool.hpp"

#include <utility>
#include <vector>

namespace tq {
namespace {

constexpr size_t kMostOfKey = 8;
constexpr uint64_t kLongestIdleMs = 60'000;

}  // namespace

std::unique_ptr<Connection> ConnectionPool::take(const std::string& key, uint64_t idle_ms) {
  std::vector<std::unique_ptr<Connection>> dead;  // closed after the lock is given up
  const std::lock_guard lock(mutex_);
  const uint64_t now = world_.mono_ms();  // under the lock: never before what a shelf says
  const auto shelf = shelves_.find(key);
  while (shelf != shelves_.end() && !shelf->second.empty()) {
    Idle& newest = shelf->second.back();
    if (now - newest.since_ms > idle_ms) return nullptr;
    std::unique_ptr<Connection> connection = std::move(newest.connection);
    shelf->second.pop_back();
    if (connection->quiet()) return connection;
    dead.push_back(std::move(connection));
  }
  return nullptr;
}

void ConnectionPool::give_back(const std::string& key, std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> dead;
  const std::lock_guard lock(mutex_);
  const uint64_t now = world_.mono_ms();
  shelves_[key].push_back({std::move(connection), now});
  for (auto& [name, shelf] : shelves_)
    while (!shelf.empty() &&
           (shelf.size() > kMostOfKey || now - shelf.front().since_ms > kLongestIdleMs)) {
      dead.push_back(std::move(shelf.front().connection));
      shelf.pop_front();
    }
}

void ConnectionPool::forget(const std::string& key) {
  Shelf dead;
  const std::lock_guard lock(mutex_);
  if (const auto shelf = shelves_.find(key); shelf != shelves_.end()) dead.swap(shelf->second);
}

}  // namespace tq
