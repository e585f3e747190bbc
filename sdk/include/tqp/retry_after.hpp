// SPDX-License-Identifier: Apache-2.0
// How long an answer's Retry-After asks to wait: a number of seconds, or a time in any of HTTP's
// three forms. The host reads its answers with these functions, too. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tqp {

namespace http_date {

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a date from its beginning, piece by piece; after one that does not fit, none does.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool whole() const { return fits_ && rest_.empty(); }

  Reader& one_of(std::string_view marks) {
    return take(!rest_.empty() && marks.find(rest_.front()) != std::string_view::npos ? 1 : 0);
  }
  Reader& text(std::string_view wanted) {
    return take(rest_.substr(0, wanted.size()) == wanted ? wanted.size() : 0);
  }
  Reader& name() {  // of a day of the week, which the date says itself
    size_t n = 0;
    while (n < rest_.size() &&
           ((rest_[n] >= 'A' && rest_[n] <= 'Z') || (rest_[n] >= 'a' && rest_[n] <= 'z')))
      ++n;
    return take(n);
  }
  Reader& month(int* out) {
    constexpr std::string_view kNames = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const size_t at = rest_.size() < 3 ? std::string_view::npos : kNames.find(rest_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return take(0);
    *out = static_cast<int>(at / 3) + 1;
    return take(3);
  }
  Reader& number(size_t least, size_t most, int* out) {
    size_t n = 0;
    int value = 0;
    for (; n < most && n < rest_.size() && is_digit(rest_[n]); ++n)
      value = value * 10 + (rest_[n] - '0');
    *out = value;
    return take(n < least ? 0 : n);
  }
  Reader& day(int* out) {  // " 6" in one of the forms
    if (fits_ && !rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    return number(1, 2, out);
  }
  // Two digits: from 1970 to 2069.
  Reader& year(int* out) {
    const size_t before = rest_.size();
    number(2, 4, out);
    const size_t digits = before - rest_.size();
    if (digits == 3) fits_ = false;
    if (digits == 2) *out += *out < 70 ? 2000 : 1900;
    return *this;
  }
  Reader& time(Parts* out) {
    return number(2, 2, &out->hour)
        .text(":")
        .number(2, 2, &out->minute)
        .text(":")
        .number(2, 2, &out->second);
  }
  Reader& zone() { return text(rest_.substr(0, 3) == "UTC" ? "UTC" : "GMT"); }

 private:
  Reader& take(size_t n) {
    fits_ = fits_ && n > 0;
    rest_.remove_prefix(fits_ ? n : 0);
    return *this;
  }

  std::string_view rest_;
  bool fits_ = true;
};

inline std::optional<int64_t> to_ms(const Parts& at) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = at.year % 4 == 0 && (at.year % 100 != 0 || at.year % 400 == 0);
  const int days = kDays[at.month - 1] + (at.month == 2 && leap ? 1 : 0);
  if (at.year < 1970 || at.day < 1 || at.day > days || at.hour > 23 || at.minute > 59 ||
      at.second > 60)
    return std::nullopt;
  // Years begin in March, so that the odd day is their last one.
  const int64_t year = at.month > 2 ? at.year : at.year - 1;
  const int64_t month = at.month > 2 ? at.month - 3 : at.month + 9;
  const int64_t before = year * 365 + year / 4 - year / 100 + year / 400;
  const int64_t day = before + (153 * month + 2) / 5 + at.day - 1 - 719'468;
  return (((day * 24 + at.hour) * 60 + at.minute) * 60 + at.second) * 1000;
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

}  // namespace http_date

// A header's time in milliseconds since 1970 UTC; none when it is no time of these forms:
// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
inline std::optional<int64_t> http_date_ms(std::string_view text) {
  const std::string_view date = http_date::trimmed(text);
  http_date::Parts at;
  http_date::Reader usual(date);
  usual.name().text(", ").day(&at.day).one_of(" -").month(&at.month).one_of(" -").year(&at.year);
  if (usual.text(" ").time(&at).text(" ").zone().whole()) return http_date::to_ms(at);
  http_date::Reader oldest(date);
  oldest.name().text(" ").month(&at.month).text(" ").day(&at.day).text(" ").time(&at);
  if (oldest.text(" ").number(4, 4, &at.year).whole()) return http_date::to_ms(at);
  return std::nullopt;
}

// `value` of Retry-After. A time in it is judged by the same answer's `date` (its Date header),
// since both are of one clock, and by `now_ms` when that gives none. 0: at once. None: there is
// nothing that can be read. Bound it: a server may ask for years.
inline std::optional<uint64_t> retry_after_ms(std::string_view value, std::string_view date,
                                              int64_t now_ms) {
  constexpr uint64_t kMostSeconds = 1'000'000'000;
  const std::string_view text = http_date::trimmed(value);
  if (!text.empty() && std::all_of(text.begin(), text.end(), http_date::is_digit)) {
    uint64_t seconds = 0;
    for (const char c : text)
      seconds = std::min(seconds * 10 + static_cast<uint64_t>(c - '0'), kMostSeconds);
    return seconds * 1000;
  }
  const std::optional<int64_t> at_ms = http_date_ms(text);
  if (!at_ms.has_value()) return std::nullopt;
  const int64_t base_ms = http_date_ms(date).value_or(now_ms);
  return *at_ms > base_ms ? static_cast<uint64_t>(*at_ms) - static_cast<uint64_t>(base_ms) : 0;
}

}  // namespace tqp
