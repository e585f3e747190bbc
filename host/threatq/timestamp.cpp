// SPDX-License-Identifier: Apache-2.0
#include "threatq/timestamp.hpp"

#include <algorithm>

#include "core/world.hpp"

namespace tq {
namespace {

constexpr size_t kLength = std::string_view("2024-05-01 10:00:00").size();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits of `text` from `at`, or -1.
int digits(std::string_view text, size_t at, size_t count) {
  int number = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Days since 1970-01-01 in the Gregorian calendar, for years from 1 on: years begin in March, so
// that the leap day is a year's last.
int64_t days_since_1970(int year, int month, int day) {
  const int64_t y = month > 2 ? year : year - 1;
  const int64_t m = month > 2 ? month - 3 : month + 9;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

// ".123456", "Z", both or nothing; the fraction in milliseconds, or -1.
int rest_ms(std::string_view text) {
  int ms = 0;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text[0])) return -1;
    for (int scale = 100; !text.empty() && is_digit(text[0]); scale /= 10, text.remove_prefix(1))
      ms += (text[0] - '0') * scale;
  }
  return text.empty() || text == "Z" ? ms : -1;
}

}  // namespace

int64_t parse_timestamp(std::string_view text) {
  if (text.size() < kLength || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
      text[16] != ':' || (text[10] != ' ' && text[10] != 'T'))
    return kNoTime;
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const int ms = rest_ms(text.substr(kLength));
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
      hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || ms < 0)
    return kNoTime;
  return ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60'000 + second * 1000 +
         ms;
}

std::string format_timestamp(int64_t ms) {
  constexpr int64_t kLastMs = 253'402'300'799'999;  // of the year 9999
  std::string text = format_time_utc(std::clamp<int64_t>(ms, 0, kLastMs)).substr(0, kLength);
  text[10] = ' ';
  return text;
}

}  // namespace tq
