// SPDX-License-Identifier: Apache-2.0
// What went through the proxy: one line a request or tunnel, its bytes counted while they flow.
// Thread safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace lab {

struct Passage {
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;
  std::string method;
  std::string target;  // host:port as the client named it
  std::string user_agent;
  std::string login;  // how it was let through; empty: all may pass, or it was not. Of Traffic.
  std::atomic<int> status{0};  // 0: the connection was reset
  std::atomic<std::uint64_t> bytes_up{0};
  std::atomic<std::uint64_t> bytes_down{0};
};

class Traffic {
 public:
  static constexpr std::size_t kKept = 20'000;

  std::shared_ptr<Passage> begin(std::string method, std::string target, std::string user_agent);
  void let_through(Passage& passage, std::string login);
  std::string json() const;
  void reset();

 private:
  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::deque<std::shared_ptr<Passage>> kept_;
};

}  // namespace lab
