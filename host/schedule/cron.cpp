// SPDX-License-Identifier: Apache-2.0
#include "schedule/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace tq {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;
// The rarest: 29 February of a given weekday comes at least every 40 years.
constexpr int64_t kLongestSearchDays = 41 * 366;
constexpr int64_t kNone = INT64_MAX;
// Of the years 0 and 9999.
constexpr int64_t kFirstMs = -62'167'219'200'000, kLastMs = 253'402'300'799'999;

struct FieldRule {
  std::string_view name;
  unsigned least, most;
  std::vector<std::string_view> words;  // from `least` on
};

const std::array<FieldRule, 5>& rules() {
  static const std::array<FieldRule, 5> kRules = {
      {{"minute", 0, 59, {}},
       {"hour", 0, 23, {}},
       {"day of the month", 1, 31, {}},
       {"month",
        1,
        12,
        {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
       {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}}};
  return kRules;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMacros = {
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"}}};

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!(text = trim(text)).empty()) {
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc() || rest != end || text.empty()) return std::nullopt;
  return number;
}

class FieldReader {
 public:
  explicit FieldReader(const FieldRule& rule) : rule_(rule) {}

  // The values that match, as bits.
  Result<uint64_t> read(std::string_view field) const {
    uint64_t bits = 0;
    for (const std::string_view part : split(field, ',')) {
      TQ_ASSIGN(const uint64_t more, read_part(part));
      bits |= more;
    }
    return bits;
  }

 private:
  Error refuse(std::string_view part) const {
    std::string allowed = std::to_string(rule_.least) + " to " + std::to_string(rule_.most);
    if (!rule_.words.empty())
      allowed.append(", ").append(rule_.words.front()).append(" to ").append(rule_.words.back());
    return {Status::kConfig, "\"" + printable(part, 40) + "\" is no " + std::string(rule_.name) +
                                 " of a cron expression; it is " + allowed +
                                 ", *, lists (1,2), ranges (1-5) and steps (*/5)"};
  }

  std::optional<unsigned> value(std::string_view text) const {
    for (size_t i = 0; i < rule_.words.size(); ++i)
      if (equal_no_case(text, rule_.words[i])) return rule_.least + static_cast<unsigned>(i);
    const auto number = number_of(text);
    return number && *number >= rule_.least && *number <= rule_.most ? number : std::nullopt;
  }

  // Where a range ends. A week ends on Sunday, which is 0 where it begins: sat-sun is 6-7.
  std::optional<unsigned> range_end(std::string_view text, unsigned first) const {
    const auto last = value(text);
    const bool sunday = last == 0U && equal_no_case(text, "sun");
    return sunday && first > 0 ? rule_.most : last;
  }

  Result<uint64_t> read_part(std::string_view part) const {
    const auto slash = split(part, '/');
    if (slash.size() > 2) return refuse(part);
    unsigned from = rule_.least, to = rule_.most, step = 1;
    if (slash[0] != "*") {
      const auto range = split(slash[0], '-');
      const auto first = value(range[0]);
      if (range.size() > 2 || !first) return refuse(part);
      from = *first;
      // "5/10" is every tenth from 5 on.
      if (slash.size() == 1) to = from;
      if (range.size() == 2) {
        const auto last = range_end(range[1], from);
        if (!last || *last < from) return refuse(part);
        to = *last;
      }
    }
    if (slash.size() == 2) {
      const auto by = number_of(slash[1]);
      if (!by || *by == 0 || *by > rule_.most) return refuse(part);
      step = *by;
    }
    uint64_t bits = 0;
    for (unsigned at = from; at <= to; at += step) bits |= uint64_t{1} << at;
    return bits;
  }

  const FieldRule& rule_;
};

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  text = trim(text);
  for (const auto& [macro, meaning] : kMacros)
    if (equal_no_case(text, macro)) text = meaning;
  if (text.starts_with('@'))
    return Error{Status::kConfig, "\"" + printable(text, 80) +
                                      "\" is unknown; there are @hourly, @daily, @midnight, "
                                      "@weekly, @monthly, @yearly and @annually"};
  const auto fields = words_of(text);
  if (fields.size() != rules().size())
    return Error{Status::kConfig,
                 "\"" + printable(text, 80) + "\" has " + std::to_string(fields.size()) +
                     (fields.size() == 1 ? " field" : " fields") +
                     "; a cron expression has five: minute, hour, day of the month, month, day of "
                     "the week"};
  std::array<uint64_t, 5> bits{};
  for (size_t i = 0; i < fields.size(); ++i) {
    TQ_ASSIGN(bits[i], FieldReader(rules()[i]).read(fields[i]));
  }
  constexpr uint64_t kSunday = 1, kAlsoSunday = uint64_t{1} << 7;
  Cron cron;
  cron.minutes_ = bits[0];
  cron.hours_ = bits[1];
  cron.days_ = bits[2];
  cron.months_ = bits[3];
  cron.weekdays_ = (bits[4] & ~kAlsoSunday) | ((bits[4] & kAlsoSunday) != 0 ? kSunday : 0);
  cron.any_day_ = fields[2].starts_with('*');
  cron.any_weekday_ = fields[4].starts_with('*');
  if (cron.find_ms(0) == kNone)
    return Error{Status::kConfig, "\"" + printable(text, 80) + "\" is a day that never comes"};
  return cron;
}

bool Cron::day_matches(unsigned day, unsigned weekday) const {
  const bool by_day = days_[day], by_weekday = weekdays_[weekday];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

int64_t Cron::next_ms(int64_t after_ms) const { return find_ms(after_ms); }

int64_t Cron::find_ms(int64_t after_ms) const {
  // A clock that is so wrong has no calendar.
  if (after_ms < kFirstMs || after_ms > kLastMs) return kNone;
  const int64_t first_ms = after_ms - ((after_ms % kMinuteMs) + kMinuteMs) % kMinuteMs + kMinuteMs;
  const int64_t first_day = first_ms / kDayMs - (first_ms % kDayMs < 0 ? 1 : 0);
  for (int64_t day = first_day; day < first_day + kLongestSearchDays; ++day) {
    const sys_days date{days{day}};
    const year_month_day civil{date};
    if (!months_[unsigned{civil.month()}]) {
      const sys_days last_of_month{civil.year() / civil.month() / std::chrono::last};
      day = last_of_month.time_since_epoch().count();
      continue;
    }
    if (!day_matches(unsigned{civil.day()}, std::chrono::weekday{date}.c_encoding())) continue;
    const int64_t from = day == first_day ? (first_ms - day * kDayMs) / kMinuteMs : 0;
    for (auto minute = static_cast<size_t>(from); minute < 24 * 60; ++minute)
      if (hours_[minute / 60] && minutes_[minute % 60])
        return day * kDayMs + static_cast<int64_t>(minute) * kMinuteMs;
  }
  return kNone;
}

}  // namespace tq
