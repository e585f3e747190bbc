// SPDX-License-Identifier: Apache-2.0
#include "schedule/cron.hpp"

#include <gmock/gmock.h>

#include <bitset>
#include <random>
#include <string>
#include <vector>

#include "core/world.hpp"

namespace tq {
namespace {

using testing::HasSubstr;

int64_t at(const std::string& time) {
  int64_t ms = 0;
  EXPECT_TRUE(parse_time_utc(time, &ms)) << time;
  return ms;
}

std::string next(const std::string& expression, const std::string& after) {
  const auto cron = Cron::parse(expression);
  if (!cron) return cron.error().message;
  return format_time_utc(cron->next_ms(at(after))).substr(0, 16);
}

TEST(Cron, FirstMatchingMinuteAfter) {
  const struct {
    const char *expression, *after, *next;
  } kRows[] = {
      {"* * * * *", "2026-11-25T10:00:00Z", "2026-11-25T10:01"},
      {"* * * * *", "2026-11-25T10:00:59.999Z", "2026-11-25T10:01"},
      {"*/15 * * * *", "2026-11-25T10:46:00Z", "2026-11-25T11:00"},
      {"5/10 * * * *", "2026-11-25T10:06:00Z", "2026-11-25T10:15"},
      {"10-20/5 * * * *", "2026-11-25T10:20:00Z", "2026-11-25T11:10"},
      {"0 2 * * *", "2026-11-25T10:00:00Z", "2026-11-26T02:00"},
      {"0 0 1 1 *", "2026-11-25T10:00:00Z", "2027-01-01T00:00"},
      {"59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59"},
      {"0 0 29 2 *", "2026-11-25T10:00:00Z", "2028-02-29T00:00"},
      {"0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00"},
      {"0 0 31 * *", "2026-11-25T10:00:00Z", "2026-12-31T00:00"},
      {"0 9 * * mon-fri", "2026-11-27T10:00:00Z", "2026-11-30T09:00"},
      {"0 9 * * 7", "2026-11-25T10:00:00Z", "2026-11-29T09:00"},
      {"0 9 * * Sun", "2026-11-25T10:00:00Z", "2026-11-29T09:00"},
      // By name a week ends on Sunday: 2026-11-27 is a Friday.
      {"0 9 * * sat-sun", "2026-11-25T10:00:00Z", "2026-11-28T09:00"},
      {"0 9 * * sat-sun", "2026-11-28T09:00:00Z", "2026-11-29T09:00"},
      {"0 9 * * fri-sun/2", "2026-11-27T09:00:00Z", "2026-11-29T09:00"},
      {"0 9 * * 5-SUN", "2026-11-29T09:00:00Z", "2026-12-04T09:00"},
      {"0 9 * * mon-sun", "2026-11-28T09:00:00Z", "2026-11-29T09:00"},
      {"0 9 * * sun-sun", "2026-11-25T10:00:00Z", "2026-11-29T09:00"},
      {"0 9 * * sun-tue", "2026-11-25T10:00:00Z", "2026-11-29T09:00"},
      {"0 0 * JAN,jul *", "2026-02-01T00:00:00Z", "2026-07-01T00:00"},
      // Both days restricted: either is enough; with a * in front of one, both must fit.
      {"0 0 13 * fri", "2026-11-25T10:00:00Z", "2026-11-27T00:00"},
      {"0 0 */2 * fri", "2026-11-25T10:00:00Z", "2026-11-27T00:00"},
      {"0 0 * * fri", "2026-11-25T10:00:00Z", "2026-11-27T00:00"},
      {"@hourly", "2026-11-25T10:00:00Z", "2026-11-25T11:00"},
      {"@Daily", "2026-11-25T10:00:00Z", "2026-11-26T00:00"},
      {"@weekly", "2026-11-25T10:00:00Z", "2026-11-29T00:00"},
      {"@monthly", "2026-11-25T10:00:00Z", "2026-12-01T00:00"},
      {"@annually", "2026-11-25T10:00:00Z", "2027-01-01T00:00"},
      {"  0\t0  1 1   * ", "2026-11-25T10:00:00Z", "2027-01-01T00:00"},
      {"30 1 * * *", "1969-12-31T12:00:00Z", "1970-01-01T01:30"},
  };
  for (const auto& row : kRows)
    EXPECT_EQ(next(row.expression, row.after), row.next) << row.expression << " " << row.after;
}

TEST(Cron, RefusesWithTheFieldAndWhatIsAllowed) {
  const struct {
    const char *expression, *part;
  } kRows[] = {
      {"", "has 0 fields"},
      {"* * * *", "has 4 fields"},
      {"* * * * * *", "has 6 fields"},
      {"60 * * * *", "\"60\" is no minute"},
      {"* 24 * * *", "\"24\" is no hour"},
      {"* * 0 * *", "\"0\" is no day of the month"},
      {"* * * 13 *", "\"13\" is no month"},
      {"* * * * 8", "\"8\" is no day of the week"},
      {"* * * * tues", "sun to sat"},
      {"5-1 * * * *", "\"5-1\" is no minute"},
      {"*/0 * * * *", "\"*/0\" is no minute"},
      {"*/ * * * *", "\"*/\" is no minute"},
      {"1, * * * *", "\"\" is no minute"},
      {"1-2-3 * * * *", "\"1-2-3\" is no minute"},
      {"-1 * * * *", "\"-1\" is no minute"},
      {"@often", "there are @hourly, @daily"},
      {"sometimes", "has 1 field; a cron expression has five"},
      {"0 0 30 2 *", "never comes"},
      {"0 0 31 4,6,9,11 *", "never comes"},
  };
  for (const auto& row : kRows) {
    const auto cron = Cron::parse(row.expression);
    ASSERT_FALSE(cron) << row.expression;
    EXPECT_EQ(cron.error().status, Status::kConfig);
    EXPECT_THAT(cron.error().message, HasSubstr(row.part)) << row.expression;
  }
}

// A calendar that knows nothing of <chrono>: every minute from Monday, 1 November 2027, to the end
// of March 2028, a leap year.
struct Minute {
  size_t minute, hour, day, month, weekday;
};

std::vector<Minute> five_months() {
  const struct { size_t month, days; } kMonths[] = {{11, 30}, {12, 31}, {1, 31}, {2, 29}, {3, 31}};
  std::vector<Minute> out;
  size_t weekday = 1;
  for (const auto& [month, days] : kMonths) {
    for (size_t day = 1; day <= days; ++day, weekday = (weekday + 1) % 7)
      for (size_t minute = 0; minute < 24 * 60; ++minute)
        out.push_back({minute % 60, minute / 60, day, month, weekday});
  }
  return out;
}

// A field by chance, and what it matches by the plainest reading.
struct Field {
  std::string text;
  std::bitset<64> values;

  bool any() const { return text.front() == '*'; }
};

class Dice {
 public:
  int roll(int least, int most) {
    return least + static_cast<int>(random_() % static_cast<unsigned>(most - least + 1));
  }

  Field field(int least, int most) {
    Field out;
    const auto add = [&out](int from, int to, int step) {
      for (int value = from; value <= to; value += step) out.values.set(static_cast<size_t>(value));
    };
    if (roll(0, 2) == 0) {
      add(least, most, 1);
      out.text = "*";
      return out;
    }
    for (int parts = roll(1, 3); parts > 0; --parts) {
      const int from = roll(least, most), to = roll(from, most), step = roll(1, most);
      const std::string begin = (out.text.empty() ? "" : ",") + std::to_string(from);
      const std::string by = "/" + std::to_string(step);
      switch (roll(0, 4)) {
        case 0:
          out.text += begin + "-" + std::to_string(to);
          add(from, to, 1);
          break;
        case 1:
          out.text += begin + "-" + std::to_string(to) + by;
          add(from, to, step);
          break;
        case 2:
          out.text += begin + by;
          add(from, most, step);
          break;
        case 3:
          out.text += (out.text.empty() ? "*" : ",*") + by;
          add(least, most, step);
          break;
        default:
          out.text += begin;
          add(from, from, 1);
      }
    }
    return out;
  }

 private:
  std::mt19937 random_{20261125};
};

TEST(Cron, AgreesWithAWalkMinuteByMinute) {
  const std::vector<Minute> calendar = five_months();
  const int64_t begin_ms = at("2027-11-01T00:00:00Z");
  Dice dice;
  size_t compared = 0;
  for (int i = 0; i < 300; ++i) {
    const Field minute = dice.field(0, 59), hour = dice.field(0, 23), day = dice.field(1, 31),
                month = dice.field(1, 12), weekday = dice.field(0, 7);
    const std::string text =
        minute.text + " " + hour.text + " " + day.text + " " + month.text + " " + weekday.text;
    const auto cron = Cron::parse(text);
    ASSERT_TRUE(cron) << text << ": " << cron.error().message;
    const auto matches = [&](const Minute& is) {
      const bool by_day = day.values[is.day];
      const bool by_weekday = weekday.values[is.weekday] || (is.weekday == 0 && weekday.values[7]);
      return minute.values[is.minute] && hour.values[is.hour] && month.values[is.month] &&
             (day.any() || weekday.any() ? by_day && by_weekday : by_day || by_weekday);
    };
    // From a minute by chance on: some matches of the frequent ones, all of the rare.
    auto index = static_cast<size_t>(dice.roll(0, 60 * 24 * 60));
    int64_t last_ms = begin_ms + static_cast<int64_t>(index) * 60'000 - dice.roll(1, 60'000);
    for (int found = 0; index < calendar.size() && found < 50; ++index) {
      if (!matches(calendar[index])) continue;
      const int64_t expected_ms = begin_ms + static_cast<int64_t>(index) * 60'000;
      ASSERT_EQ(format_time_utc(cron->next_ms(last_ms)), format_time_utc(expected_ms)) << text;
      last_ms = expected_ms;
      ++found;
      ++compared;
    }
    if (index == calendar.size()) {
      EXPECT_GE(cron->next_ms(last_ms), at("2028-04-01T00:00:00Z")) << text;
    }
  }
  EXPECT_GT(compared, 5'000u);
}

// What is rare is found without a walk over every minute of the decades between.
TEST(Cron, TheRarestDayComesAfterDecades) {
  EXPECT_EQ(next("0 0 29 2 */7", "2088-02-29T00:00:00Z"), "2128-02-29T00:00");
  EXPECT_EQ(next("0 0 29 2 */7", "2026-11-25T00:00:00Z"), "2032-02-29T00:00");
}

}  // namespace
}  // namespace tq
