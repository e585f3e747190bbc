// SPDX-License-Identifier: Apache-2.0
// Handles: owns what a plugin holds of one kind, so that a handle which is not open is known before
// it is touched, and what was left open is counted and closed. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

namespace tq {

template <typename T>
class Handles {
 public:
  T* add(std::unique_ptr<T> handle) {
    T* const raw = handle.get();
    open_.emplace(raw, std::move(handle));
    return raw;
  }
  bool has(const T* handle) const { return open_.count(handle) != 0; }
  // False: it is not open.
  bool close(const T* handle) { return open_.erase(handle) != 0; }
  size_t size() const { return open_.size(); }

 private:
  std::unordered_map<const T*, std::unique_ptr<T>> open_;
};

}  // namespace tq
