// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

#include <algorithm>

#include "acknowledger.hpp"
#include "plan.hpp"
#include "report.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

bool field_of(std::string_view name, Field* out) {
  for (const Field field : {Field::kIpv4, Field::kIpv6, Field::kDomain, Field::kHash})
    if (field_name(field) == name) {
      *out = field;
      return true;
    }
  return false;
}

// Rebuilds what was sent from what stands; false when something of it is not ours.
bool rebuild(const ReportKey& key, const WholeReport& standing, Report* out) {
  struct Row {
    uint64_t id;
    Field field;
    const std::string* value;
  };
  std::vector<Row> rows;
  for (const WholeIoc& ioc : standing.iocs) {
    Row row{indicator_of(ioc.id), Field::kHash, nullptr};
    const std::string link =
        standing.link.empty() ? "" : standing.link + std::to_string(row.id) + "/details";
    if (row.id == 0 || ioc.match_type != "equality" || ioc.values.size() != 1 || ioc.link != link ||
        !field_of(ioc.field, &row.field) || ioc.values.front().size() > kLongestValue)
      return false;
    row.value = &ioc.values.front();
    rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
  out->open(key.opening_id);
  for (const Row& row : rows)
    if (!out->add(row.id, row.field, *row.value, 0)) return false;
  return true;
}

}  // namespace

Result<void> Verify::run() {
  TQP_TRY(feed_.find(ledger_));
  for (const auto& [key, entry] : ledger_.reports())
    if (entry.may_stand()) unseen_.emplace(key.report_id(host_.run.instance()), key);
  if (feed_.unknown() && ledger_.get(Ledger::kFeedId).empty()) {
    host_.log.info("nothing was exported yet: there is nothing to compare");
    return {};
  }
  if (feed_.id().empty() || feed_.id() != ledger_.get(Ledger::kFeedId)) {
    TQP_TRY(tell_missing("the feed (" + ledger_.get(Ledger::kFeedId) +
                         ") does not stand there any more"));
  } else {
    TQP_TRY(feed_.api().whole_reports(
        feed_.id(), [this](const WholeReport& report) { return look_at(report); }));
    TQP_TRY(tell_missing("it is not in the feed"));
  }
  return host_.run.repair() ? ledger_.commit() : Result<void>();
}

Result<void> Verify::look_at(const WholeReport& report) {
  TQP_TRY(host_.run.go_on());
  const auto ours = unseen_.find(report.id);
  if (ours == unseen_.end()) {
    findings_.foreign(kReportItem, report.id, "\"" + report.title + "\"");
    return {};
  }
  const ReportKey key = ours->second;
  unseen_.erase(ours);
  const std::string difference = this->difference(key, *ledger_.find(key), report);
  if (difference.empty()) {
    findings_.same(kReportItem);
    return {};
  }
  findings_.different(kReportItem, report.id, difference);
  return host_.run.repair() ? ledger_.distrust(key, report.timestamp_s) : Result<void>();
}

Result<void> Verify::tell_missing(const std::string& why) {
  for (const auto& [id, key] : unseen_) {
    const Entry& entry = *ledger_.find(key);
    if (!entry.stood()) continue;  // a write that never was acknowledged
    findings_.missing(kReportItem, id, why + " (" + plural(entry.indicators, "indicator") + ")");
    if (host_.run.repair()) TQP_TRY(ledger_.distrust(key, 0));
  }
  return {};
}

std::string Verify::difference(const ReportKey& key, const Entry& entry,
                               const WholeReport& report) const {
  if (entry.in_doubt()) return "its last write was not confirmed; the next run settles it";
  if (report.timestamp_s != entry.timestamp_s)
    return "its timestamp is " + std::to_string(report.timestamp_s) + ", not " +
           std::to_string(entry.timestamp_s);
  return content_difference(key, entry, report);
}

std::string Verify::content_difference(const ReportKey& key, const Entry& entry,
                                       const WholeReport& report) const {
  if (report.iocs.size() != entry.indicators)
    return "it holds " + plural(report.iocs.size(), "IOC") + ", not " +
           std::to_string(entry.indicators);
  const ReportFrame frame{ledger_.name_of(key.search_id), report.link, report.tags};
  Report rebuilt;
  if (!rebuild(key, report, &rebuilt)) return "an IOC of it is not one that was sent";
  rebuilt.end_at(entry.last_id);
  if (report.description != Report::description(frame, entry.digest) ||
      report.title != rebuilt.title(frame))
    return "its title or description was changed";
  if (rebuilt.digest(frame, static_cast<int>(report.severity)) != entry.digest)
    return "its severity, tags, link or IOCs are not those that were sent";
  return {};
}

}  // namespace cb_edr
