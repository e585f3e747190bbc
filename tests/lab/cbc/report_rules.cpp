// SPDX-License-Identifier: Apache-2.0
#include "lab/cbc/report_rules.hpp"

#include <algorithm>
#include <unordered_set>

#include "lab/cbc/value_rules.hpp"

namespace lab::cbc {
namespace {

using std::string_view;

// The last of the year 9999: beyond it somebody sent milliseconds.
constexpr std::int64_t kLatestSecond = 253'402'300'799;

void check_link(const std::optional<string_view>& link) {
  if (!link) return;
  const std::string why = why_not_link(*link);
  if (!why.empty()) refuse(why + ": " + in_quotes(*link));
}

void check_ioc(const Ioc& ioc) {
  if (required(ioc.id, "id").empty()) refuse("an empty IOC id");
  const string_view match = required(ioc.match_type, "match_type");
  const auto& values = required(ioc.values, "values");
  check_link(ioc.link);
  if (values.empty()) refuse("\"values\" is empty");
  if (match == "query") {
    if (ioc.field) refuse("a query with a \"field\"");
    if (values.size() != 1 || values.front().empty()) refuse("a query needs exactly one value");
    return;
  }
  if (match != "equality" && match != "regex") refuse("unknown match_type " + in_quotes(match));
  const string_view field = required(ioc.field, "field");
  for (const string_view value : values) {
    std::string why = value.empty() ? "an empty value" : "";
    // Fields that the fact sheet does not list exist, too; nothing is known of their values.
    if (why.empty() && match == "equality" && is_known_field(field))
      why = why_not_value(field, value);
    if (!why.empty()) refuse(why + ": " + std::string(field) + ' ' + in_quotes(value));
  }
}

// An IOC id that stands twice is taken, as the service takes it, and counted.
std::size_t check_iocs(const std::vector<Ioc>& iocs, std::size_t& repeated_ids) {
  if (iocs.empty()) refuse("\"iocs_v2\" is empty");
  std::unordered_set<string_view> ids(iocs.size() * 2);
  std::size_t values = 0;
  for (std::size_t i = 0; i < iocs.size(); ++i) {
    try {
      check_ioc(iocs[i]);
    } catch (const Invalid& error) {
      refuse("iocs_v2[" + std::to_string(i) + "]: " + error.what());
    }
    if (!ids.insert(*iocs[i].id).second) ++repeated_ids;
    values += iocs[i].values->size();
  }
  const std::size_t count = std::max(iocs.size(), values);
  if (count > kMaxIocs) refuse(std::to_string(count) + " IOCs, more than 10,000");
  return count;
}

}  // namespace

std::string in_quotes(string_view text) { return '"' + std::string(text) + '"'; }

void refuse(const std::string& why) { throw Invalid(why); }

void check_report(const Report& report, StoredReport& stored) {
  if (required(report.id, "id").empty()) refuse("an empty report id");
  stored.timestamp = required(report.timestamp, "timestamp");
  if (stored.timestamp <= 0 || stored.timestamp > kLatestSecond) {
    refuse("\"timestamp\" is not in Unix seconds: " + std::to_string(stored.timestamp));
  }
  if (required(report.title, "title").empty()) refuse("an empty title");
  required(report.description, "description");
  const std::int64_t severity = required(report.severity, "severity");
  if (severity < 1 || severity > 10)
    refuse("severity " + std::to_string(severity) + " is outside 1..10");
  check_link(report.link);
  stored.has_link = report.link.has_value();
  stored.has_tags = report.tags.has_value();
  stored.has_visibility = report.visibility.has_value();
  stored.iocs = check_iocs(required(report.iocs, "iocs_v2"), stored.repeated_ioc_ids);
}

}  // namespace lab::cbc
