// SPDX-License-Identifier: Apache-2.0
#include "lab/threatq/times.hpp"

#include <charconv>
#include <chrono>

namespace lab::threatq {
namespace {

using std::chrono::sys_days;

constexpr std::size_t kTextLength = 19;
constexpr Seconds kDaySeconds = 86'400;

void put2(unsigned value, char* to) {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

// Of a unit's name in capitals, in the singular or the plural; 0: no unit.
Seconds unit_seconds(std::string_view name) {
  if (name.ends_with('S')) name.remove_suffix(1);
  if (name == "SECOND") return 1;
  if (name == "MINUTE") return 60;
  if (name == "HOUR") return 3600;
  if (name == "DAY") return kDaySeconds;
  if (name == "WEEK") return 7 * kDaySeconds;
  if (name == "MONTH") return 30 * kDaySeconds;
  return name == "YEAR" ? 365 * kDaySeconds : 0;
}

// Digits at a place of the text, or nothing.
std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

Seconds now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<Seconds>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

void append_time(Seconds time, std::string& to) {
  const Seconds day = std::chrono::floor<std::chrono::days>(std::chrono::seconds{time}).count();
  const std::chrono::year_month_day date{sys_days{std::chrono::days{static_cast<int>(day)}}};
  const auto of_day = static_cast<unsigned>(time - day * kDaySeconds);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  char text[kTextLength + 1] = "0000-00-00 00:00:00";
  put2(year / 100, text);
  put2(year % 100, text + 2);
  put2(static_cast<unsigned>(date.month()), text + 5);
  put2(static_cast<unsigned>(date.day()), text + 8);
  put2(of_day / 3600, text + 11);
  put2(of_day / 60 % 60, text + 14);
  put2(of_day % 60, text + 17);
  to.append(text, kTextLength);
}

std::string time_text(Seconds time) {
  std::string result;
  append_time(time, result);
  return result;
}

std::optional<Seconds> parse_time(std::string_view text) {
  if (text.size() != kTextLength || text[4] != '-' || text[7] != '-' || text[10] != ' ' ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *year == 0 || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const Seconds days = sys_days(date).time_since_epoch().count();
  return days * kDaySeconds + *hour * 3600 + *minute * 60 + *second;
}

std::optional<Seconds> parse_relative(std::string_view text) {
  constexpr std::string_view kNow = "NOW";
  if (!text.starts_with(kNow)) return std::nullopt;
  text.remove_prefix(kNow.size());
  Seconds result = 0;
  while (!text.empty()) {
    const bool back = text.front() == '-';
    std::int32_t count = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + 1, end, count);
    if ((!back && text.front() != '+') || read.ec != std::errc() || count < 0) return std::nullopt;
    const std::string_view rest(read.ptr, static_cast<std::size_t>(end - read.ptr));
    const std::string_view unit = rest.substr(0, rest.find_first_of("+-"));
    const Seconds seconds = unit_seconds(unit);
    if (seconds == 0) return std::nullopt;
    result += (back ? -count : count) * seconds;
    text = rest.substr(unit.size());
  }
  return result;
}

}  // namespace lab::threatq
