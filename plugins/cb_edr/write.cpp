// SPDX-License-Identifier: Apache-2.0
#include "write.hpp"

#include <algorithm>
#include <charconv>

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

Error or_vanished(Error error) {
  if (error.http_status == 404)
    error.message += "; the feed has disappeared, the next run makes it again";
  return error;
}

// Refusals of the document, not of the caller.
bool dislikes_report(const Error& error) { return error.status == TQP_E_DATA; }

}  // namespace

Result<void> Writer::write(Plan& plan, const ReadEverything& read_everything) {
  TQP_TRY(feed_.ensure(ledger_, plan.threatq_url));
  TQP_TRY(put_in_doubt(plan));
  TQP_ASSIGN(const bool written, in_one_piece(plan, read_everything));
  if (!written) {
    TQP_TRY(write_each(plan));
    TQP_TRY(delete_gone(plan));
    if (feed_.adopting() && plan.whole) TQP_TRY(delete_others(plan));
  }
  if (plan.whole) {
    TQP_TRY(ledger_.set(Ledger::kAdopting, ""));
    TQP_TRY(ledger_.forget_collections());
    // What was refused is in doubt, so this run has offered it again whether or not a person asked.
    TQP_TRY(host_.run.take_all_retries());
  }
  TQP_TRY(ledger_.commit());
  TQP_TRY(feed_.subscribe(ledger_));
  const uint64_t not_unchanged = sent_indicators_ + missing_indicators_;
  host_.run.count(TQP_COUNT_UNCHANGED, plan.indicators - std::min(plan.indicators, not_unchanged));
  // Most of what a deleted report held stands in another one now; so the balance is told.
  if (fewer_indicators_ > 0)
    host_.run.count(TQP_COUNT_DELETED, static_cast<uint64_t>(fewer_indicators_));
  host_.log.info("feed \"" + settings_.feed_name + "\": " + plural(plan.present.size(), "report") +
                 " with " + plural(plan.indicators, "indicator") + "; " +
                 std::to_string(sent_reports_) + (host_.run.dry() ? " to send, " : " sent, ") +
                 std::to_string(deleted_reports_) + (host_.run.dry() ? " to delete" : " deleted"));
  return {};
}

Result<void> Writer::put_in_doubt(const Plan& plan) {
  for (const Pending& pending : plan.send)
    if (pending.changed) TQP_TRY(ledger_.doubt(pending.key, pending.entry.last_id));
  for (const ReportKey& key : plan.gone) TQP_TRY(ledger_.doubt(key, 0));
  const bool any = !plan.send.empty() || !plan.gone.empty();
  return any ? ledger_.commit() : Result<void>();
}

bool Writer::bulk_is_cheaper(const Plan& plan) const {
  if (!plan.whole || plan.present.empty()) return false;
  const uint64_t bulk = bulk_bytes(plan);
  uint64_t limit = settings_.bulk_limit_bytes + 1;
  const std::string refused = ledger_.get(Ledger::kBulkRefused);
  uint64_t refused_bytes = 0;
  if (!host_.run.full() &&
      std::from_chars(refused.data(), refused.data() + refused.size(), refused_bytes).ec ==
          std::errc())
    limit = std::min(limit, refused_bytes);
  uint64_t each = plan.gone.size() * kRequestCostBytes;
  for (const Pending& pending : plan.send)
    if (pending.changed) each += pending.entry.bytes + kRequestCostBytes;
  return bulk < limit && bulk + kRequestCostBytes < each;
}

Result<bool> Writer::in_one_piece(Plan& plan, const ReadEverything& read_everything) {
  if (!bulk_is_cheaper(plan)) return false;
  if (!feed_.adopting()) {
    TQP_ASSIGN(const std::set<std::string> others, feed_.others(our_ids(plan)));
    if (!others.empty()) {
      host_.log.warning(
          "somebody put reports of their own into the feed; it is written report by report to keep "
          "them",
          {{"reports", others.size()}});
      return false;
    }
  }
  if (plan.send.size() == plan.present.size()) return write_bulk(plan);
  // The bodies of unchanged reports were not kept.
  TQP_ASSIGN(Plan everything, read_everything());
  if (!bulk_is_cheaper(everything)) return false;
  plan = std::move(everything);
  TQP_TRY(put_in_doubt(plan));
  return write_bulk(plan);
}

Result<tqp::Body> Writer::bulk_of(const Plan& plan) const {
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(kBulkBegin));
  bool first = true;
  for (const Pending& pending : plan.send) {
    if (!std::exchange(first, false)) TQP_TRY(body.write(","));
    TQP_TRY(body.write(Report::head(report_id(pending.key), pending.entry.timestamp_s)));
    TQP_TRY(body.append(pending.tail));
  }
  TQP_TRY(body.write(kBulkEnd));
  return body;
}

Result<bool> Writer::write_bulk(Plan& plan) {
  // The whole feed is replaced: what did not change may be lost with the rest.
  for (const Pending& pending : plan.send)
    if (!pending.changed) TQP_TRY(ledger_.doubt(pending.key, pending.entry.last_id));
  TQP_TRY(ledger_.commit());
  TQP_ASSIGN(const tqp::Body body, bulk_of(plan));
  host_.run.progress(0, plan.send.size(),
                     "sending " + plural(plan.send.size(), "report") + " in one piece");
  auto replaced = feed_.api().replace_reports(feed_.id(), body);
  if (!replaced.ok() && !replaced.error().skipped()) {
    Error& error = replaced.error();
    const bool by_pieces =
        (error.status == TQP_E_TRANSIENT && error.http_status != 404) || error.status == TQP_E_DATA;
    if (!by_pieces) return or_vanished(std::move(error));
    host_.log.warning("the feed could not be written in one piece; going on report by report",
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
    TQP_TRY(ledger_.commit());
    return false;
  }
  for (const Pending& pending : plan.send) TQP_TRY(acknowledge(pending));
  for (const ReportKey& key : plan.gone) TQP_TRY(forget(key));
  TQP_TRY(ledger_.commit());
  return true;
}

// Nobody knows whether the service took the whole: one look saves writing everything again.
Result<void> Writer::settle(Plan& plan) {
  const auto reports = feed_.api().reports(feed_.id());
  if (!reports.ok() && reports.error().cancelled()) return Error(reports.error());
  if (!reports.ok()) return {};  // then all of it is written, with equal bytes
  Remote remote;
  for (const ReportHead& report : *reports) remote.emplace(report.id, report);
  std::vector<Pending> rest;
  for (Pending& pending : plan.send) {
    const auto there = remote.find(report_id(pending.key));
    if (there != remote.end() && there->second.timestamp_s == pending.entry.timestamp_s &&
        there->second.revision == Report::revision(pending.entry.digest)) {
      TQP_TRY(acknowledge(pending));
    } else {
      rest.push_back(std::move(pending));
    }
  }
  plan.send = std::move(rest);
  for (const ReportKey& key : plan.gone)
    if (remote.count(report_id(key)) == 0) TQP_TRY(forget(key));
  std::erase_if(plan.gone, [&](const ReportKey& key) { return ledger_.find(key) == nullptr; });
  return {};
}

Result<void> Writer::write_each(Plan& plan) {
  std::erase_if(plan.send, [](const Pending& pending) { return !pending.changed; });
  // Last boundary first: when a report was split, its second half must stand before the first one
  // is shortened. Deletions come last for the same reason.
  std::sort(plan.send.begin(), plan.send.end(),
            [](const Pending& a, const Pending& b) { return a.key < b.key; });
  const uint64_t total = plan.send.size();
  for (; !plan.send.empty(); plan.send.pop_back()) {
    TQP_TRY(host_.run.go_on());
    host_.run.progress(total - plan.send.size(), total, "sending reports");
    Pending& pending = plan.send.back();
    if (!still_needed(pending.key, pending.entry.last_id)) {
      TQP_TRY(write_one(pending));
      continue;
    }
    host_.log.warning("a report stays as it is, because one that takes over indicators was refused",
                      {{"report", report_id(pending.key)}});
    missing_.push_back({pending.key, pending.entry.last_id});
    missing_indicators_ += pending.entry.indicators;
  }
  return {};
}

// Whether the report holds indicators that a missing one should have taken over. With a change it
// keeps those up to `kept_until`.
bool Writer::still_needed(const ReportKey& key, uint64_t kept_until) const {
  const Entry* const stands = ledger_.find(key);
  if (stands == nullptr || !stands->stood()) return false;
  return std::any_of(missing_.begin(), missing_.end(), [&](const Missing& missing) {
    if (missing.key.search_id != key.search_id) return false;
    // Between two severities any indicator may have moved.
    const uint64_t given_up_after = missing.key.band == key.band ? kept_until : key.opening_id;
    return std::max(missing.key.opening_id, given_up_after) <
           std::min(missing.last_id, stands->last_id);
  });
}

Result<void> Writer::write_one(Pending& pending) {
  const std::string id = report_id(pending.key);
  for (bool raised = false;; raised = true) {
    TQP_ASSIGN(tqp::Body body, host_.http.body());
    TQP_TRY(body.write(Report::head(id, pending.entry.timestamp_s)));
    TQP_TRY(body.append(pending.tail));
    auto written = feed_.api().put_report(feed_.id(), id, body);
    if (written.ok() || written.error().skipped()) break;
    if (!dislikes_report(written.error())) return or_vanished(std::move(written.error()));
    TQP_ASSIGN(const bool again, understand(written.error(), pending, raised));
    if (!again) return {};
  }
  TQP_TRY(acknowledge(pending));
  return ledger_.commit();
}

// After a refusal: true when it was for the timestamp, which is then raised; otherwise the service
// does not like this report, and the others go on.
Result<bool> Writer::understand(const Error& refusal, Pending& pending, bool raised) {
  const std::string id = report_id(pending.key);
  const auto there = feed_.api().report(feed_.id(), id);
  if (!there.ok() && there.error().http_status != 404) {
    if (there.error().cancelled() || there.error().status == TQP_E_AUTH)
      return Error(there.error());
  } else if (!there.ok() && missing_.empty()) {
    // An older edition of the service said 400 also of a feed that is not there.
    TQP_ASSIGN(const bool exists, feed_.still_there());
    if (!exists) return or_vanished(Error{TQP_E_TRANSIENT, "cannot write a report", {}, 404});
  } else if (there.ok() && !raised && there->timestamp_s >= pending.entry.timestamp_s) {
    // A restored backup, or a run that recorded nothing.
    pending.entry.timestamp_s = there->timestamp_s + 1;
    return true;
  }
  host_.run.reject("report", id, refusal.message);
  missing_.push_back({pending.key, pending.entry.last_id});
  missing_indicators_ += pending.entry.indicators;
  return false;
}

Result<void> Writer::delete_gone(const Plan& plan) {
  for (const ReportKey& key : plan.gone) {
    TQP_TRY(host_.run.go_on());
    if (still_needed(key, key.opening_id)) continue;
    TQP_ASSIGN(const bool deleted, delete_one(report_id(key)));
    if (!deleted) continue;
    TQP_TRY(forget(key));
    TQP_TRY(ledger_.commit());
  }
  return {};
}

Result<void> Writer::delete_others(const Plan& plan) {
  TQP_ASSIGN(const std::set<std::string> others, feed_.others(our_ids(plan)));
  for (const std::string& id : others) {
    TQP_TRY(host_.run.go_on());
    TQP_ASSIGN(const bool deleted, delete_one(id));
    deleted_reports_ += deleted ? 1 : 0;
  }
  return {};
}

Result<bool> Writer::delete_one(const std::string& id) {
  auto deleted = feed_.api().delete_report(feed_.id(), id);
  if (deleted.ok() || deleted.error().skipped()) return true;
  if (!dislikes_report(deleted.error())) return std::move(deleted.error());
  host_.run.reject("report", id, deleted.error().message);
  return false;
}

Result<void> Writer::acknowledge(const Pending& pending) {
  ++sent_reports_;
  sent_indicators_ += pending.entry.indicators;
  if (const Entry* const stood = ledger_.find(pending.key)) fewer_indicators_ += stood->indicators;
  fewer_indicators_ -= pending.entry.indicators;
  host_.run.count(TQP_COUNT_SENT, pending.entry.indicators);
  return ledger_.put(pending.key, pending.entry);
}

Result<void> Writer::forget(const ReportKey& key) {
  const Entry* const entry = ledger_.find(key);
  if (entry == nullptr) return {};
  ++deleted_reports_;
  fewer_indicators_ += entry->indicators;
  return ledger_.erase(key);
}

std::set<std::string> Writer::our_ids(const Plan& plan) const {
  std::set<std::string> ours;
  for (const ReportKey& key : plan.present) ours.insert(report_id(key));
  for (const auto& [key, entry] : ledger_.reports()) ours.insert(report_id(key));
  return ours;
}

}  // namespace cb_edr
