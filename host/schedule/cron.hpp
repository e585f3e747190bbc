// SPDX-License-Identifier: Apache-2.0
// Cron: a cron expression in UTC, as cron(8) of Debian reads it: five fields (minute, hour, day of
// the month, month, day of the week) of numbers, names, lists, ranges and steps, or @hourly,
// @daily, @midnight, @weekly, @monthly, @yearly, @annually. When both days are restricted, either
// is enough; a field that begins with * restricts nothing. A range of weekdays may end with sun
// (fri-sun), which is 7 there. Immutable; any thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace tq {

class Cron {
 public:
  // E_CONFIG names the field, what was found and what is allowed. A time that never comes, such as
  // 30 February, is refused, too.
  static Result<Cron> parse(std::string_view text);

  // The first matching minute after `after_ms`, in milliseconds since 1970.
  int64_t next_ms(int64_t after_ms) const;

 private:
  bool day_matches(unsigned day, unsigned weekday) const;
  // INT64_MAX: not within the next decades, which means never.
  int64_t find_ms(int64_t after_ms) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // from 1
  std::bitset<13> months_;   // from 1
  std::bitset<7> weekdays_;  // from Sunday
  bool any_day_ = true, any_weekday_ = true;
};

}  // namespace tq
