// SPDX-License-Identifier: Apache-2.0
// World: clock, waiting and randomness, passed in from main so that tests can have their own. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/cancel.hpp"

namespace tq {

class World {
 public:
  virtual ~World() = default;

  virtual int64_t now_ms() const = 0;    // wall clock, milliseconds since 1970 UTC
  virtual uint64_t mono_ms() const = 0;  // never jumps
  virtual void random(void* out, size_t size) = 0;

  // Waits for `milliseconds` or until cancelled; true when cancelled.
  virtual bool sleep_ms(uint64_t milliseconds, const Cancel& cancel) = 0;

  // Passed right before and right after every effect (a request that writes, a commit), with its
  // name: the place where crash tests end the process. Does nothing in the real world.
  virtual void reach(std::string_view point) { (void)point; }

  // A number in [0, bound]; for jitter, not for secrets.
  uint64_t jitter(uint64_t bound);
};

class RealWorld : public World {
 public:
  int64_t now_ms() const override;
  uint64_t mono_ms() const override;
  void random(void* out, size_t size) override;
  bool sleep_ms(uint64_t milliseconds, const Cancel& cancel) override;
};

// "2026-11-23T08:30:00.123Z" and back; all times of tqhost are UTC. What is read may be a date
// alone, have a blank for the T, no milliseconds, no zone (UTC then) or one such as +02:00.
std::string format_time_utc(int64_t ms);
bool parse_time_utc(const std::string& text, int64_t* ms);

}  // namespace tq
