// SPDX-License-Identifier: Apache-2.0
#include "worker/verification.hpp"

#include <utility>

#include "worker/run.hpp"

namespace tq {
namespace {

// The new attempt, with what stays of those before it.
VerifyRecord following(const std::filesystem::path& file, VerifyRecord about) {
  auto before = read_verify_record(file);
  if (!before) return about;
  VerifyRecord out = before.take();
  // Its process is gone and has left no word.
  if (out.result == VerifyResult::kGoingOn) ++out.failures;
  out.instance = std::move(about.instance);
  out.plugin = std::move(about.plugin);
  out.version = std::move(about.version);
  out.result = about.result;
  out.started_ms = about.started_ms;
  out.ended_ms = 0;
  out.pid = about.pid;
  out.by_schedule = about.by_schedule;
  out.repair = about.repair;
  out.error_status.clear();
  out.error_message.clear();
  out.error_field.clear();
  return out;
}

void set_failure(VerifyRecord& record, Status status, std::string message, std::string field,
                 int64_t now_ms) {
  record.result = VerifyResult::kFailed;
  record.ended_ms = now_ms;
  record.error_status = status_name(status);
  record.error_message = std::move(message);
  record.error_field = std::move(field);
  ++record.failures;
}

}  // namespace

std::string verify_counts_note(const VerifyCounts& counts) {
  return grouped(counts.same) + " same, " + grouped(counts.missing) + " missing, " +
         grouped(counts.different) + " different, " + grouped(counts.foreign) + " foreign";
}

Verification::Verification(std::filesystem::path file, VerifyRecord about, Log& log, World& world)
    : file_(std::move(file)),
      log_(log),
      world_(world),
      findings_(log),
      record_(following(file_, std::move(about))) {}

Result<void> Verification::begin() {
  record_.result = VerifyResult::kGoingOn;
  return write_verify_record(file_, record_);
}

Result<VerifyResult> Verification::end(const Result<void>& done) {
  Result<void> compared = done ? findings_.whole() : done.error();
  if (!compared) {
    note_failure(compared.error());
    return std::move(compared.error());
  }
  record_.counts = findings_.counts();
  record_.findings = findings_.kept();
  record_.left_out = findings_.left_out();
  record_.result = record_.counts.drift() ? VerifyResult::kDrift : VerifyResult::kSame;
  record_.ended_ms = record_.compared_ms = world_.now_ms();
  record_.compared_by_schedule = record_.by_schedule;
  // What an earlier one has marked stays marked until a run has written it.
  const bool still_marked = record_.marked && record_.repaired_ms == 0;
  record_.marked = record_.counts.drift() && (record_.repair || still_marked);
  record_.repaired_ms = 0;
  record_.failures = 0;
  tell();
  TQ_TRY(write_verify_record(file_, record_));
  return record_.result;
}

Result<void> Verification::end_not_done(std::string_view why) {
  record_.result = VerifyResult::kNotDone;
  record_.ended_ms = world_.now_ms();
  log_.info(Event::kRunEnded, why);
  return write_verify_record(file_, record_);
}

void Verification::note_failure(const Error& error) {
  set_failure(record_, error.status, log_.redactor().clean(error.message), error.field,
              world_.now_ms());
  log_.warning(
      Event::kRunEnded,
      "what stands at the remote could not be compared with the state: " + record_.error_message);
  // Whoever reads the record later learns of it by the time since the last comparison.
  if (auto written = write_verify_record(file_, record_); !written)
    log_.warning(Event::kRunEnded, written.error().message);
}

void Verification::tell() const {
  const std::string counts = verify_counts_note(record_.counts);
  if (record_.result == VerifyResult::kSame) {
    log_.info(Event::kRunEnded, "what stands at the remote is what the state says: " + counts);
    return;
  }
  log_.warning(Event::kRunEnded,
               "what stands at the remote differs from what the state says: " + counts +
                   (record_.marked
                        ? "; it is marked, and the next run writes it again"
                        : "; to write it again: tqhost verify " + record_.instance + " --repair"));
}

Result<void> note_failed_verification(const std::filesystem::path& file, const VerifyRecord& about,
                                      const Error& error, int64_t now_ms) {
  VerifyRecord record = following(file, about);
  set_failure(record, error.status, error.message, error.field, now_ms);
  return write_verify_record(file, record);
}

Result<void> close_verify_record(const std::filesystem::path& file, const WorkerEnd& end,
                                 const std::string& message, int64_t now_ms) {
  auto record = read_verify_record(file);
  if (!record || record->pid != end.pid) return {};
  const bool stopped = end.overdue && record->result == VerifyResult::kNotDone;
  if (record->result != VerifyResult::kGoingOn && !stopped) return {};
  set_failure(*record, stopped ? Status::kTransient : Status::kBug, message, {}, now_ms);
  return write_verify_record(file, *record);
}

Result<void> note_repaired(const std::filesystem::path& file, int64_t now_ms) {
  auto record = read_verify_record(file);
  if (!record || !record->marked || !record->drift_stands()) return {};
  record->repaired_ms = now_ms;
  return write_verify_record(file, *record);
}

Result<void> note_other_state(const std::filesystem::path& file, int64_t now_ms) {
  const auto before = read_verify_record(file);
  if (!before) return {};  // nothing was found that could be shown
  VerifyRecord record;
  record.instance = before->instance;
  record.plugin = before->plugin;
  record.version = before->version;
  record.other_state_ms = now_ms;
  return write_verify_record(file, record);
}

}  // namespace tq
