// SPDX-License-Identifier: Apache-2.0
// LogService: behind tqp.log/1: the plugin's lines in the instance's log. All members from any
// thread.
#pragma once

#include <tqp/plugin.h>

#include <cstdint>
#include <string_view>

#include "log/log.hpp"

namespace tq {

class LogService {
 public:
  explicit LogService(Log& log) : log_(log) {}

  bool enabled(int32_t level) const;
  void write(int32_t level, std::string_view text, const tqp_kv* kv, size_t n);

 private:
  Log& log_;
};

}  // namespace tq
