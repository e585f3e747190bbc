// SPDX-License-Identifier: Apache-2.0
#include "bulk_writer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "order.hpp"
#include "report.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

// What a request costs beside its body, in bytes: so that a thousand small writes are not thought
// cheaper than one of the same size. The vendor advises against long series of single-report calls.
constexpr uint64_t kRequestCostBytes = 16 * 1024;
constexpr uint64_t kHeadBytes = 96;  // an upper bound of a report's head and comma
constexpr std::string_view kBulkBegin = R"({"reports":[)";
constexpr std::string_view kBulkEnd = "]}";

uint64_t bulk_bytes(const Plan& plan) {
  return plan.bytes + plan.present.size() * kHeadBytes + kBulkBegin.size() + kBulkEnd.size();
}

Attempt attempt_of(const Pending& pending) {
  return {pending.entry.digest, pending.entry.timestamp_s};
}

}  // namespace

Result<void> put_in_doubt(const Plan& plan, Ledger& ledger) {
  for (const Pending& pending : plan.send)
    if (pending.changed)
      TQP_TRY(ledger.doubt(pending.key, pending.entry.last_id, attempt_of(pending)));
  for (const ReportKey& key : plan.gone) TQP_TRY(ledger.doubt(key, 0, {}));
  const bool any = !plan.send.empty() || !plan.gone.empty();
  return any ? ledger.commit() : Result<void>();
}

std::set<std::string> our_ids(const Plan& plan, const Ledger& ledger, std::string_view instance) {
  std::set<std::string> ours = plan.strays;
  for (const ReportKey& key : plan.present) ours.insert(key.report_id(instance));
  for (const auto& [key, entry] : ledger.reports()) ours.insert(key.report_id(instance));
  return ours;
}

bool BulkWriter::possible(const Plan& plan) const {
  if (!plan.whole || plan.present.empty()) return false;
  uint64_t limit = settings_.bulk_limit_bytes + 1;
  if (!host_.run.full()) limit = std::min(limit, ledger_.number(Ledger::kBulkRefused, limit));
  return bulk_bytes(plan) < limit;
}

bool BulkWriter::wanted(const Plan& plan) const {
  uint64_t each = plan.gone.size() * kRequestCostBytes;
  for (const Pending& pending : plan.send)
    if (pending.changed) each += pending.entry.bytes + kRequestCostBytes;
  if (bulk_bytes(plan) + kRequestCostBytes < each) return true;
  return !fits_on_the_way(plan, ledger_);
}

Result<bool> BulkWriter::write(Plan& plan, const ReadEverything& read_everything) {
  if (!possible(plan) || !wanted(plan)) return false;
  if (!feed_.adopting()) {
    TQP_ASSIGN(const std::set<std::string> others,
               feed_.others(our_ids(plan, ledger_, host_.run.instance()), ledger_));
    if (!others.empty()) {
      host_.log.warning(
          "somebody put reports of their own into the feed; it is written report by report to keep "
          "them",
          {{"reports", others.size()}});
      return false;
    }
  }
  if (plan.send.size() == plan.present.size()) return send(plan);
  // The bodies of unchanged reports were not kept.
  auto everything = read_everything();
  // The collections grew meanwhile: report by report the first read is still good.
  if (!everything.ok() && everything.error().status == TQP_E_UNSUPPORTED) return false;
  if (!everything.ok()) return std::move(everything.error());
  if (!possible(*everything)) return false;
  plan = std::move(*everything);
  TQP_TRY(put_in_doubt(plan, ledger_));
  return send(plan);
}

Result<tqp::Body> BulkWriter::document_of(const Plan& plan) const {
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(kBulkBegin));
  bool first = true;
  for (const Pending& pending : plan.send) {
    if (!std::exchange(first, false)) TQP_TRY(body.write(","));
    TQP_TRY(body.write(Report::head(done_.report_id(pending.key), pending.entry.timestamp_s)));
    TQP_TRY(body.append(pending.tail));
  }
  TQP_TRY(body.write(kBulkEnd));
  return body;
}

Result<bool> BulkWriter::send(Plan& plan) {
  // The whole feed is replaced: what did not change may be lost with the rest.
  for (const Pending& pending : plan.send)
    if (!pending.changed)
      TQP_TRY(ledger_.doubt(pending.key, pending.entry.last_id, attempt_of(pending)));
  TQP_TRY(ledger_.commit());
  TQP_ASSIGN(const tqp::Body body, document_of(plan));
  host_.run.progress(0, plan.send.size(),
                     "sending " + plural(plan.send.size(), "report") + " in one piece");
  auto replaced = feed_.api().replace_reports(feed_.id(), body);
  const bool skipped = !replaced.ok() && replaced.error().skipped();
  if (!replaced.ok() && !skipped) {
    const Error& error = replaced.error();
    const bool by_pieces =
        (error.status == TQP_E_TRANSIENT && error.http_status != 404) || error.status == TQP_E_DATA;
    if (!by_pieces) return or_vanished(error);
    TQP_TRY(not_taken(plan, error));
    return false;
  }
  if (replaced.ok() && !replaced->ok()) {
    TQP_TRY(not_taken(plan, {TQP_E_TRANSIENT, "it answered " + replaced->instead}));
    return false;
  }
  for (const Pending& pending : plan.send) TQP_TRY(done_.stands(pending.key, pending.entry));
  for (const ReportKey& key : plan.gone) {
    TQP_TRY(done_.is_gone(key));
    host_.run.accept(kReportItem, done_.report_id(key));
  }
  plan.strays.clear();
  TQP_TRY(ledger_.commit());
  return true;
}

Result<void> BulkWriter::not_taken(Plan& plan, const Error& error) {
  host_.log.warning(
      "whether the feed was written in one piece is not certain; going on report by report",
      {{"reason", error.message}});
  // Too large for the service, or for the time that its gateway gives: the next run need not try.
  if (error.http_status == 413 || error.http_status == 504)
    TQP_TRY(ledger_.set(Ledger::kBulkRefused, std::to_string(bulk_bytes(plan))));
  for (Pending& pending : plan.send) {
    if (pending.changed) continue;
    if (error.status == TQP_E_DATA) {
      TQP_TRY(ledger_.put(pending.key, pending.entry));  // refused as a whole: it still stands
    } else {
      pending.changed = true;  // settle() drops what stands; the rest is written
    }
  }
  if (error.status == TQP_E_TRANSIENT) TQP_TRY(settle(plan));
  return ledger_.commit();
}

// Nobody knows whether the service took the whole: one look saves writing everything again.
Result<void> BulkWriter::settle(Plan& plan) {
  const auto reports = feed_.api().reports(feed_.id());
  if (!reports.ok() && reports.error().cancelled()) return Error(reports.error());
  if (!reports.ok()) return {};  // then all of it is written, with equal bytes
  Remote remote;
  for (const ReportHead& report : *reports) remote.emplace(report.id, report);
  std::vector<Pending> rest;
  for (Pending& pending : plan.send) {
    const auto there = remote.find(done_.report_id(pending.key));
    if (there != remote.end() && is_written(there->second, pending.entry)) {
      TQP_TRY(done_.stands(pending.key, pending.entry));
    } else {
      pending.is_new = there == remote.end();
      rest.push_back(std::move(pending));
    }
  }
  plan.send = std::move(rest);
  plan.standing = remote.size();
  for (const ReportKey& key : plan.gone)
    if (remote.count(done_.report_id(key)) == 0) TQP_TRY(done_.is_gone(key));
  std::erase_if(plan.gone, [&](const ReportKey& key) { return ledger_.find(key) == nullptr; });
  std::erase_if(plan.strays, [&](const std::string& id) { return remote.count(id) == 0; });
  return {};
}

}  // namespace cb_edr
