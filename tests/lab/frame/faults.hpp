// SPDX-License-Identifier: Apache-2.0
// The fault rules that tests set over the control route, and what they do to one request. All
// members are thread safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lab/service.hpp"

namespace lab {

// What happens to one request, all rules that apply to it taken together.
struct Plan {
  bool effect = true;              // the service sees the request
  std::optional<Response> answer;  // instead of the service's own
  bool reset = false;
  std::optional<std::size_t> truncate;    // bytes of the body that remain; Content-Length says so
  std::optional<std::size_t> short_body;  // bytes that are sent; Content-Length promises all
  std::chrono::milliseconds delay{0};
  std::size_t bytes_per_second = 0;  // 0: as fast as it goes
  std::chrono::seconds skew{0};
};

class FaultRules {
 public:
  FaultRules();
  ~FaultRules();

  // Adds a rule; answers what is wrong with it when it is not understood.
  std::optional<std::string> add(const Json& rule);

  // Counts the request against every rule and says what happens to it.
  Plan next(const Request& request);

  // Each rule in order: {"seen": matching requests, "applied": how many of them it changed}.
  Json state() const;

  void clear();

 private:
  struct Rule;
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
};

}  // namespace lab
