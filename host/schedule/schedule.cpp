// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule.hpp"

#include <algorithm>

#include "core/saturating.hpp"
#include "core/text.hpp"
#include "schema/interval.hpp"

namespace tq {
namespace {

constexpr int64_t kLongestS = 366 * 24 * 60 * 60;
constexpr uint64_t kMostOffsetMs = 60'000;
constexpr uint64_t kMostCronOffsetMs = 30'000;
constexpr int64_t kSetBackMs = 3 * 60 * 60 * 1000;  // by more, and the clock was wrong before
constexpr int kGapsLookedAt = 8;
constexpr uint64_t kLongestGapMs =
    50ULL * 366 * 24 * 60 * 60 * 1000;  // of 29 February on a Monday: 40 years

// FNV-1a: the same on every machine and in every version.
uint64_t hash_of(std::string_view name) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash ^ (hash >> 32);
}

uint64_t offset_ms(std::string_view name, uint64_t most_ms) {
  return hash_of(name) % (most_ms + 1);
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
  Schedule out;
  out.text_ = trim(text);
  if (out.text_.empty()) return out;
  if (out.text_ == "continuous") {
    out.kind_ = Kind::kContinuous;
    return out;
  }
  if (out.text_.starts_with("every")) {
    const auto seconds = every_s(out.text_);
    if (!seconds || *seconds > kLongestS)
      return Error{Status::kConfig, "\"" + printable(out.text_, 80) +
                                        "\" is no interval; write every N and s, m, h or d, such "
                                        "as every 2h, at most every 366d"};
    out.kind_ = Kind::kEvery;
    out.every_ms_ = static_cast<uint64_t>(*seconds) * 1000;
    return out;
  }
  auto cron = Cron::parse(out.text_);
  if (!cron)
    return Error{Status::kConfig, cron.error().message +
                                      "; a schedule is every 2h, a cron expression or continuous"};
  out.kind_ = Kind::kCron;
  out.cron_ = cron.take();
  return out;
}

Due Schedule::next(const LastStart& last, Moment now, std::string_view name) const {
  switch (kind_) {
    case Kind::kNever:
      return {};
    case Kind::kContinuous:
      return Due::in(last.mono_ms ? kContinuousPauseMs : offset_ms(name, kContinuousPauseMs), now);
    case Kind::kEvery:
      return next_every(last, now, offset_ms(name, std::min(every_ms_ / 10, kMostOffsetMs)));
    case Kind::kCron:
      return next_cron(last, now, static_cast<int64_t>(offset_ms(name, kMostCronOffsetMs)));
  }
  return {};
}

Due Schedule::next_every(const LastStart& last, Moment now, uint64_t offset) const {
  if (last.mono_ms) return {Due::kNeverWall, saturating_add(*last.mono_ms, every_ms_)};
  if (last.wall_ms <= 0) return Due::in(offset, now);
  // Only the wall clock is left; what it says about the future is not believed.
  const uint64_t waited = std::min(elapsed(last.wall_ms, now.wall_ms), every_ms_);
  return waited == every_ms_ ? Due::in(offset, now) : Due::in(every_ms_ - waited, now);
}

Due Schedule::next_cron(const LastStart& last, Moment now, int64_t offset) const {
  // A start is `offset` after the time that it serves; one by hand, just before, serves none. What
  // never ran, or ran by a clock that was wrong, has served all until now.
  int64_t served_ms = saturating_sub(last.wall_ms, offset);
  if (last.wall_ms <= 0 || served_ms > saturating_add(now.wall_ms, kSetBackMs))
    served_ms = saturating_sub(now.wall_ms, offset);
  const int64_t due_ms = saturating_add(cron_->next_ms(served_ms), offset);
  return {due_ms >= now.wall_ms ? due_ms : saturating_add(now.wall_ms, offset), Due::kNeverMono};
}

uint64_t Schedule::interval_ms(Moment now) const {
  if (kind_ == Kind::kEvery) return every_ms_;
  if (kind_ == Kind::kContinuous) return kContinuousPauseMs;
  if (kind_ == Kind::kNever) return 0;
  int64_t longest = 0, at = cron_->next_ms(now.wall_ms);
  for (int i = 0; i < kGapsLookedAt; ++i) {
    const int64_t next = cron_->next_ms(at);
    longest = std::max(longest, saturating_sub(next, at));
    at = next;
  }
  return std::min(to_unsigned(longest), kLongestGapMs);
}

}  // namespace tq
