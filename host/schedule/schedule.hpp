// SPDX-License-Identifier: Apache-2.0
// Schedule: when an instance runs on its own: "every 2h", a cron expression in UTC, "continuous",
// or, when empty, never. Immutable; any thread.
//
// The policy, in one place:
// - Missed runs, whatever their number, are made up for by one.
// - "every N" counts from the start of the last run by the clock that never jumps, so setting the
//   wall clock changes nothing. After a restart of the host only the wall clock is left: what it
//   says is believed within [now, now + N].
// - Cron follows the wall clock. When that is set back, times that were served already are not
//   served again, unless it was set back by more than three hours: then it was wrong before.
// - A run that takes longer than its interval is followed by the next one at once; two never run at
//   a time.
// - "continuous" begins the next run kContinuousPauseMs after the end of the last.
// - Jitter: each instance has an offset of its own, fixed by its name, so that instances of one
//   schedule do not all begin in the same second and the times of one stay the same from day to
//   day: up to a tenth of the interval and at most a minute; for cron up to 30 s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "schedule/cron.hpp"
#include "schedule/moment.hpp"

namespace tq {

// What an instance did before.
struct LastStart {
  int64_t wall_ms = 0;  // 0: never
  // Also by the clock that never jumps, when it was since this host process began.
  std::optional<uint64_t> mono_ms{};
};

class Schedule {
 public:
  static constexpr uint64_t kContinuousPauseMs = 5'000;

  Schedule() = default;  // never

  // Intervals of 1 s to 366 days: "every N(s|m|h|d)". E_CONFIG says what is wrong and what is
  // allowed.
  static Result<Schedule> parse(std::string_view text);

  bool never() const { return kind_ == Kind::kNever; }
  bool continuous() const { return kind_ == Kind::kContinuous; }
  const std::string& text() const { return text_; }

  // When the next run is due. `name`: of the instance, for its offset. Due at once and past are the
  // same.
  Due next(const LastStart& last, Moment now, std::string_view name) const;

  // The usual time between two runs, for judging whether the last success is old; 0 when never.
  // Cron: the longest of the next 8 gaps.
  uint64_t interval_ms(Moment now) const;

 private:
  Due next_every(const LastStart& last, Moment now, uint64_t offset) const;
  Due next_cron(const LastStart& last, Moment now, int64_t offset) const;

  enum class Kind { kNever, kEvery, kCron, kContinuous };

  Kind kind_ = Kind::kNever;
  uint64_t every_ms_ = 0;
  std::optional<Cron> cron_;
  std::string text_;
};

}  // namespace tq
