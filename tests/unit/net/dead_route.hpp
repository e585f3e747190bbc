// SPDX-License-Identifier: Apache-2.0
// An address of loopback that answers nothing, as one behind a dead route: its queue of connections
// is full, so that Linux drops what comes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/file.hpp"

namespace tq::test {

class DeadRoute {
 public:
  DeadRoute();  // all of 127.0.0.0/8 at port()

  uint16_t port() const { return port_; }
  bool dead() const { return dead_; }  // false: this system takes more than it says
  void revive();                       // takes what waits; who tries again gets through

 private:
  uint16_t port_ = 0;
  bool dead_ = false;
  UniqueFd listener_;
  std::vector<UniqueFd> fillers_;
};

}  // namespace tq::test
