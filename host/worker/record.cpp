// SPDX-License-Identifier: Apache-2.0
#include "worker/record.hpp"

#include <string>
#include <utility>

namespace tq {
namespace {

constexpr uint64_t kWriteEveryMs = 2'000;  // each write is an fsync
constexpr uint64_t kLogEveryMs = 10'000;

std::string counts_text(const std::map<std::string, uint64_t>& counts) {
  std::string out;
  for (const auto& [name, number] : counts)
    out += (out.empty() ? "" : " ") + name + ":" + std::to_string(number);
  return out;
}

}  // namespace

RunKeeper::RunKeeper(std::filesystem::path file, RunRecord record, Reporter& reporter, Log& log,
                     World& world)
    : file_(std::move(file)),
      reporter_(reporter),
      log_(log),
      world_(world),
      record_(std::move(record)) {}

Result<void> RunKeeper::begin() {
  const std::lock_guard lock(mutex_);
  if (file_.empty()) return {};
  if (const auto before = read_run_record(file_)) record_.follow(*before);
  record_.state = "running";
  return write();
}

void RunKeeper::progress(uint64_t done, uint64_t total, std::string_view text) {
  const std::string shown = log_.redactor().clean(text);
  const std::lock_guard lock(mutex_);
  reporter_.progress(done, total, shown);
  const uint64_t now_ms = world_.mono_ms();
  if (now_ms - logged_ms_ >= kLogEveryMs) {
    logged_ms_ = now_ms;
    log_.info(Event::kRunProgress, shown,
              {{"done", std::to_string(done)}, {"total", std::to_string(total)}});
  }
  if (file_.empty() || now_ms - written_ms_ < kWriteEveryMs) return;
  // The record is for people who look in between; the run does not end because a disk is full.
  if (auto written = write(); !written) log_.warning(Event::kRunProgress, written.error().message);
}

void RunKeeper::effect(std::string_view what) {
  const std::string shown = log_.redactor().clean(what);
  const std::lock_guard lock(mutex_);
  log_.info(Event::kRunEffect, "would " + shown);
  reporter_.effect(shown);
}

Result<void> RunKeeper::end(Exit exit, std::string_view state, const Error* error) {
  const std::lock_guard lock(mutex_);
  record_.state = state;
  record_.ended_ms = world_.now_ms();
  record_.exit_status = static_cast<int>(exit);
  if (state == "done" && !record_.dry) record_.last_success_ms = record_.ended_ms;
  if (error != nullptr) {
    record_.error_status = status_name(error->status);
    record_.error_message = log_.redactor().clean(error->message);
    record_.error_field = error->field;
  }
  Result<void> written;
  if (!file_.empty()) written = write();
  const Level level = exit == Exit::kDone           ? Level::kInfo
                      : exit == Exit::kDeadLettered ? Level::kWarning
                                                    : Level::kError;
  log_.write(level, Event::kRunEnded, error == nullptr ? std::string_view(state) : error->message,
             std::initializer_list<Field>{{"state", std::string(state)},
                                          {"exit_status", std::to_string(record_.exit_status)},
                                          {"counts", counts_text(record_.counts)}});
  return written;
}

Result<void> RunKeeper::write() {
  if (run_ != nullptr) {
    const RunCounts now = run_->counts();
    record_.counts = now.counts;
    record_.skipped = now.skipped;
    record_.notes = now.notes;
    record_.progress_done = now.progress_done;
    record_.progress_total = now.progress_total;
    record_.progress_text = log_.redactor().clean(now.progress_text);
  }
  written_ms_ = world_.mono_ms();
  return write_run_record(file_, record_);
}

Result<void> close_run_record(const std::filesystem::path& file, const WorkerEnd& end,
                              const std::string& message, int64_t now_ms) {
  auto record = read_run_record(file);
  const bool stopped = record && end.overdue && record->state == "cancelled";
  if (!record || record->pid != end.pid || (record->state != "running" && !stopped)) return {};
  record->state = stopped ? "failed" : "died";
  record->ended_ms = now_ms;
  record->exit_status = static_cast<int>(Exit::kFailed);
  record->error_status = status_name(stopped ? Status::kTransient : Status::kBug);
  record->error_message = message;
  return write_run_record(file, *record);
}

}  // namespace tq
