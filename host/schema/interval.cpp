// SPDX-License-Identifier: Apache-2.0
#include "schema/interval.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "core/text.hpp"

namespace tq {
namespace {

constexpr int64_t kMostUnits = 1'000'000'000;  // far more than anybody waits

int64_t seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 60 * 60;
    case 'd':
      return 24 * 60 * 60;
    default:
      return 0;
  }
}

}  // namespace

std::optional<int64_t> duration_s(std::string_view text) {
  int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, count);
  if (code != std::errc() || end - rest != 1 || count < 1 || count > kMostUnits) return {};
  const int64_t unit_s = seconds_of(*rest);
  if (unit_s == 0) return {};
  return count * unit_s;
}

std::optional<int64_t> every_s(std::string_view schedule) {
  constexpr std::string_view kEvery = "every ";
  schedule = trim(schedule);
  if (schedule.substr(0, kEvery.size()) != kEvery) return {};
  return duration_s(trim(schedule.substr(kEvery.size())));
}

std::string schedule_or_default(const Json& plugin_schema, const std::string& schedule) {
  return schedule.empty() ? text_at(plugin_schema, "x-default-schedule") : schedule;
}

std::string interval_warning(const Json& plugin_schema, const std::string& schedule) {
  const std::string least = text_at(plugin_schema, "x-min-interval");
  const auto least_s = duration_s(least);
  const auto asked_s = every_s(schedule);
  if (!least_s || !asked_s || *asked_s >= *least_s) return {};
  return printable(trim(schedule)) + " is more often than " +
         text_at(plugin_schema, "title", "the plugin") + " should run: at most once in " + least +
         "; a run costs only what changed, so this is no error";
}

}  // namespace tq
