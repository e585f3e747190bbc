// SPDX-License-Identifier: Apache-2.0
#include "report_writer.hpp"

#include <algorithm>
#include <utility>

#include "bulk_writer.hpp"
#include "cutting.hpp"
#include "order.hpp"
#include "report.hpp"

namespace cb_edr {
namespace {

using tqp::Error;
using tqp::Result;

constexpr int kFailuresInARow = 5;            // of different reports: then it is the service
constexpr int kUnacknowledgedMost = 25;       // likewise, with those that failed before
constexpr uint32_t kFailuresUntilLetter = 3;  // runs in a row
constexpr int kSingleLooks = 10;              // then many are looked at together
constexpr size_t kOpenMost = 500;
constexpr int kTries = 3;  // of one report: as it is, with a newer timestamp, with a place made

// Failures that are no report's own.
bool ends_run(const Error& error) {
  return error.status != TQP_E_TRANSIENT && error.status != TQP_E_DATA;
}

}  // namespace

Result<void> ReportWriter::write(Plan& plan) {
  std::erase_if(plan.send, [](const Pending& pending) { return !pending.changed; });
  put_in_order(&plan);
  standing_ = plan.standing;
  gone_searches_ = plan.gone_searches;
  if (feed_.adopting() && plan.whole) {
    TQP_ASSIGN(others_, feed_.others(our_ids(plan, ledger_, host_.run.instance()), ledger_));
  }
  auto written = write_all(plan);
  if (written.ok()) written = settle_open();
  if (written.ok()) written = delete_rest(plan);
  tell_letters();
  return written;
}

Result<void> ReportWriter::write_all(Plan& plan) {
  const uint64_t total = plan.send.size();
  for (; !plan.send.empty(); plan.send.pop_back()) {
    TQP_TRY(host_.run.go_on());
    host_.run.progress(total - plan.send.size(), total, "sending reports");
    Pending& pending = plan.send.back();
    if (waits_for_open(pending.key, pending.entry.last_id)) TQP_TRY(settle_open());
    if (!still_needed(pending.key, pending.entry.last_id)) {
      TQP_TRY(write_one(pending, plan));
      continue;
    }
    host_.log.warning("a report stays as it is, because one that takes over indicators was refused",
                      {{"report", done_.report_id(pending.key)}});
    leave(pending.key, pending.entry);
  }
  return {};
}

// Whether the one should have taken over indicators that the report with this key holds now. With
// a change that keeps those up to `kept_until`.
bool ReportWriter::takes_from(const Missing& taker, const ReportKey& key,
                              uint64_t kept_until) const {
  const Entry* const stands = ledger_.find(key);
  if (stands == nullptr || !stands->stood()) return false;
  const bool same_search = taker.key.search_id == key.search_id;
  if (!same_search && gone_searches_.count(key.search_id) == 0) return false;
  // Between two severities or searches any indicator may have moved.
  const bool in_line = same_search && taker.key.band == key.band;
  const uint64_t given_up_after = in_line ? kept_until : key.opening_id;
  return std::max(taker.key.opening_id, given_up_after) < std::min(taker.last_id, stands->last_id);
}

bool ReportWriter::still_needed(const ReportKey& key, uint64_t kept_until) const {
  return std::any_of(missing_.begin(), missing_.end(),
                     [&](const Missing& missing) { return takes_from(missing, key, kept_until); });
}

bool ReportWriter::waits_for_open(const ReportKey& key, uint64_t kept_until) const {
  return std::any_of(open_.begin(), open_.end(), [&](const Open& open) {
    return takes_from({open.key, open.entry.last_id}, key, kept_until);
  });
}

Result<void> ReportWriter::write_one(Pending& pending, Plan& plan) {
  if (pending.is_new) TQP_TRY(make_room(plan));  // without one, the service says whether it is so
  for (int tries = 1;; ++tries) {
    auto fate = put(pending);
    if (!fate.ok() && fate.error().status == TQP_E_DATA) {
      const Error refusal = std::move(fate.error());
      fate = tries < kTries ? refused(refusal, pending, plan) : Result<Fate>(Fate::kLeft);
      if (fate.ok() && *fate == Fate::kLeft) {
        host_.run.reject(kReportItem, done_.report_id(pending.key), refusal.message);
        leave(pending.key, pending.entry);
      }
    }
    if (!fate.ok()) return std::move(fate.error());
    if (*fate != Fate::kAgain) return {};
  }
}

Result<ReportWriter::Fate> ReportWriter::put(Pending& pending) {
  const ReportHead head{done_.report_id(pending.key), pending.entry.timestamp_s, {}, 0};
  TQP_ASSIGN(tqp::Body body, host_.http.body());
  TQP_TRY(body.write(Report::head(head.id, head.timestamp_s)));
  TQP_TRY(body.append(pending.tail));
  auto written = feed_.api().put_report(feed_.id(), head, body);
  if (written.ok() && !written->ok()) return not_acknowledged(pending, std::move(*written));
  if (written.ok() || written.error().skipped()) return acknowledge(pending);
  Error& error = written.error();
  if (error.status != TQP_E_TRANSIENT || error.http_status == 404)
    return or_vanished(std::move(error));
  return failed(std::move(error), pending);
}

Result<ReportWriter::Fate> ReportWriter::acknowledge(const Pending& pending) {
  TQP_TRY(done_.stands(pending.key, pending.entry));
  note_acknowledged();
  standing_ += pending.is_new ? 1 : 0;
  TQP_TRY(ledger_.commit());
  return Fate::kDone;
}

void ReportWriter::note_acknowledged() {
  failed_in_a_row_ = unacknowledged_ = 0;
  acknowledged_any_ = true;
}

// It may have been done all the same.
Result<bool> ReportWriter::stands(const Pending& pending, Look patience) {
  const auto look = [&]() -> Result<bool> {
    TQP_ASSIGN(const auto there, feed_.api().report(feed_.id(), done_.report_id(pending.key)));
    return there.has_value() && is_written(*there, pending.entry);
  };
  return patience == Look::kOnce ? look() : feed_.api().client().look_again(look);
}

Result<ReportWriter::Fate> ReportWriter::not_acknowledged(Pending& pending,
                                                          tqp::Acknowledgement answer) {
  if (looked_ >= kSingleLooks) {
    open_.push_back({pending.key, pending.entry, std::move(answer)});
    standing_ += pending.is_new ? 1 : 0;
    if (open_.size() >= kOpenMost) TQP_TRY(settle_open());
    return Fate::kDone;
  }
  auto found = stands(pending, Look::kPatient);
  if (!found.ok() && ends_run(found.error())) return std::move(found.error());
  if (found.ok() && *found) {
    ++looked_;
    return acknowledge(pending);
  }
  const std::string finding =
      found.ok() ? CloudClient::kUndone : CloudClient::kUnseen + found.error().message;
  leave(pending.key, pending.entry);
  const Error error = feed_.api().client().not_acknowledged(kWriteReport, answer, finding);
  TQP_TRY(keep_failure(&pending.key, error, Blame::kOfAll));
  return Fate::kLeft;
}

// One look for all whose answers were not the documented ones, and more for what it missed.
Result<void> ReportWriter::settle_open() {
  if (open_.empty()) return {};
  Remote remote;
  const auto stands = [&](const Open& open) {
    const auto there = remote.find(done_.report_id(open.key));
    return there != remote.end() && is_written(there->second, open.entry);
  };
  TQP_TRY(feed_.api().client().look_again([&]() -> Result<bool> {
    TQP_ASSIGN(const std::vector<ReportHead> reports, feed_.api().reports(feed_.id()));
    remote.clear();
    for (const ReportHead& report : reports) remote.emplace(report.id, report);
    return std::all_of(open_.begin(), open_.end(), stands);
  }));
  standing_ = remote.size();
  for (const Open& open : std::exchange(open_, {})) {
    if (stands(open)) {
      TQP_TRY(done_.stands(open.key, open.entry));
      note_acknowledged();
      continue;
    }
    leave(open.key, open.entry);
    const Error error =
        feed_.api().client().not_acknowledged(kWriteReport, open.answer, CloudClient::kUndone);
    TQP_TRY(keep_failure(&open.key, error, Blame::kOfAll));
  }
  return ledger_.commit();
}

Result<ReportWriter::Fate> ReportWriter::failed(Error error, Pending& pending) {
  const Entry* const known = ledger_.find(pending.key);
  // Without an answer it is the way there, as a rule: the run ends. With one report it is not,
  // when the report has met that before.
  const bool of_all = error.http_status == 0 && (known == nullptr || known->failures == 0);
  if (of_all) {
    TQP_TRY(ledger_.count_failure(pending.key));
    TQP_TRY(ledger_.commit());
    return error;
  }
  auto found = stands(pending, Look::kOnce);
  if (!found.ok() && ends_run(found.error())) return std::move(found.error());
  if (found.ok() && *found) return acknowledge(pending);
  leave(pending.key, pending.entry);
  TQP_TRY(keep_failure(&pending.key, error, Blame::kReport));
  return Fate::kLeft;
}

// The service does not like this document: for its timestamp, which is then raised; because the
// feed is full or gone; or for what is in it, and the others go on.
Result<ReportWriter::Fate> ReportWriter::refused(const Error& refusal, Pending& pending,
                                                 Plan& plan) {
  auto there = feed_.api().report(feed_.id(), done_.report_id(pending.key));
  if (!there.ok() && ends_run(there.error())) return std::move(there.error());
  if (!there.ok()) return Fate::kLeft;
  if (there->has_value()) {
    if (is_written(**there, pending.entry)) return acknowledge(pending);
    if ((*there)->timestamp_s < pending.entry.timestamp_s) return Fate::kLeft;
    // A restored backup, or a run that recorded nothing.
    pending.entry.timestamp_s = (*there)->timestamp_s + 1;
    TQP_TRY(ledger_.doubt(pending.key, pending.entry.last_id,
                          {pending.entry.digest, pending.entry.timestamp_s}));
    TQP_TRY(ledger_.commit());
    return Fate::kAgain;
  }
  if (missing_.empty()) {
    // An older edition of the service said 400 also of a feed that is not there.
    TQP_ASSIGN(const bool exists, feed_.still_there());
    if (!exists) return or_vanished(Error{TQP_E_TRANSIENT, refusal.message, {}, 404});
  }
  TQP_ASSIGN(const bool full, is_full(plan));
  if (!full) return Fate::kLeft;
  TQP_ASSIGN(const bool room, make_room(plan));
  return room ? Fate::kAgain : Fate::kLeft;
}

// Counts what stands in the feed, once a run: people may have put reports there.
Result<bool> ReportWriter::is_full(const Plan& plan) {
  if (std::exchange(counted_, true)) return false;
  TQP_ASSIGN(const std::vector<ReportHead> reports, feed_.api().reports(feed_.id()));
  const std::set<std::string> ours = our_ids(plan, ledger_, host_.run.instance());
  const auto others = std::count_if(reports.begin(), reports.end(), [&](const ReportHead& report) {
    return ours.count(report.id) == 0 && !feed_.made_by_us(report);
  });
  TQP_TRY(ledger_.set(Ledger::kOthers, std::to_string(others)));
  standing_ = reports.size();
  return standing_ >= kReportsMost;
}

// Deletes what may go until the feed has a place for one more report; false when it gets none.
Result<bool> ReportWriter::make_room(Plan& plan) {
  while (standing_ >= kReportsMost) {
    TQP_TRY(host_.run.go_on());
    if (!others_.empty()) {
      const std::string id = *others_.begin();
      TQP_ASSIGN(const bool gone, delete_one(id, nullptr));
      if (!gone) return false;
      others_.erase(id);
      continue;
    }
    if (plan.gone.empty()) return false;
    TQP_TRY(settle_open());
    const uint64_t unwritten = plan.send.back().entry.last_id;
    if (!may_go_before(plan.gone.back(), unwritten))
      host_.log.warning(
          "the feed is full: a report is deleted a moment before what it holds is written again",
          {{"report", done_.report_id(plan.gone.back())}});
    TQP_TRY(delete_known(plan.gone.back()));
    plan.gone.pop_back();
  }
  return true;
}

Result<void> ReportWriter::delete_rest(Plan& plan) {
  for (const ReportKey& key : plan.gone) {
    TQP_TRY(host_.run.go_on());
    TQP_TRY(delete_known(key));
  }
  if (!plan.whole) return {};
  // Which indicators these hold the ledger does not know.
  for (const std::string& id : missing_.empty() ? plan.strays : std::set<std::string>()) {
    TQP_TRY(host_.run.go_on());
    TQP_ASSIGN(const bool gone, delete_one(id, nullptr));
    if (gone) done_.other_is_gone();
  }
  return delete_others();
}

Result<void> ReportWriter::delete_others() {
  for (auto id = others_.begin(); id != others_.end();) {
    TQP_TRY(host_.run.go_on());
    TQP_ASSIGN(const bool gone, delete_one(*id, nullptr));
    if (gone) done_.other_is_gone();
    id = gone ? others_.erase(id) : std::next(id);
  }
  return {};
}

Result<void> ReportWriter::delete_known(const ReportKey& key) {
  if (still_needed(key, key.opening_id)) return {};
  TQP_ASSIGN(const bool gone, delete_one(done_.report_id(key), &key));
  if (!gone) return {};
  TQP_TRY(done_.is_gone(key));
  return ledger_.commit();
}

Result<bool> ReportWriter::delete_one(const std::string& id, const ReportKey* key) {
  auto deleted = feed_.api().delete_report(feed_.id(), id);
  if (deleted.ok() || deleted.error().skipped()) {
    const Entry* const entry = key == nullptr ? nullptr : ledger_.find(*key);
    if (standing_ > 0 && (entry == nullptr || entry->may_stand())) --standing_;
    note_acknowledged();
    host_.run.accept(kReportItem, id);
    return true;
  }
  const Error& error = deleted.error();
  if (error.status == TQP_E_DATA) {
    host_.run.reject(kReportItem, id, error.message);
    return false;
  }
  if (ends_run(error) || error.http_status == 0) return error;
  const bool answered_well = error.http_status >= 200 && error.http_status < 300;
  TQP_TRY(keep_failure(key, error, answered_well ? Blame::kOfAll : Blame::kReport));
  return false;
}

Result<void> ReportWriter::keep_failure(const ReportKey* key, const Error& error, Blame blame) {
  uint32_t runs = 0;
  if (key != nullptr) {
    TQP_ASSIGN(runs, ledger_.count_failure(*key));
    TQP_TRY(ledger_.commit());
  }
  host_.log.error("a report could not be written or deleted; the others go on",
                  {{"reason", error.message}});
  const bool often = blame == Blame::kReport && runs >= kFailuresUntilLetter;
  if (often) letters_.push_back({done_.report_id(*key), error});
  if (!often && !first_failure_) first_failure_ = error;
  if (!often) ++failed_in_a_row_;
  ++unacknowledged_;
  if (failed_in_a_row_ < kFailuresInARow && unacknowledged_ < kUnacknowledgedMost) return {};
  return first_failure_ ? *first_failure_ : error;
}

void ReportWriter::tell_letters() {
  // Many, and nothing that went well: it is the service, and not what it was sent.
  const bool of_service = !acknowledged_any_ && letters_.size() >= kFailuresInARow;
  for (const Letter& letter : letters_) {
    if (!of_service) host_.run.reject(kReportItem, letter.report_id, letter.error.message);
    if (of_service && !first_failure_) first_failure_ = letter.error;
  }
}

void ReportWriter::leave(const ReportKey& key, const Entry& entry) {
  missing_.push_back({key, entry.last_id});
  done_.is_missing(entry);
}

}  // namespace cb_edr
