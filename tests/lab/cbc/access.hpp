// SPDX-License-Identifier: Apache-2.0
// Who may do what, and how often. Not thread safe; the service locks.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lab::cbc {

const std::vector<std::string>& all_permissions();

class Access {
 public:
  Access(std::string token, const std::vector<std::string>& permissions);

  bool token_is(const std::optional<std::string>& header) const {
    return valid_ && header == token_;
  }
  bool allows(const std::string& permission) const { return permissions_.contains(permission); }
  void revoke() { valid_ = false; }
  bool remove(const std::string& permission) { return permissions_.erase(permission) > 0; }

 private:
  std::string token_;
  std::set<std::string> permissions_;
  bool valid_ = true;
};

// A sliding window. Refused requests count too, so that asking meanwhile extends the block.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(unsigned requests, std::chrono::seconds window)
      : requests_(requests), window_(window) {}

  // Counts a request; how long to wait when it is refused.
  std::optional<std::chrono::seconds> take(Clock::time_point now);

 private:
  std::size_t requests_;
  std::chrono::seconds window_;
  std::deque<Clock::time_point> seen_;
};

}  // namespace lab::cbc
