// SPDX-License-Identifier: Apache-2.0
#include "services/run_service.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "services/guard.hpp"
#include "services/host_ctx.hpp"

namespace tq {
namespace {

constexpr uint64_t kProgressEveryMs = 200;
constexpr size_t kReasonsMost = 64;  // distinct ones; the set is meant to be fixed and small
constexpr size_t kReasonBytesMost = 80;
constexpr size_t kRejectedMost = 10'000;  // waiting for a commit; more are only counted and logged
constexpr size_t kTextBytesMost = 1024;   // of progress and dead letters
constexpr const char* kOtherReason = "other";

const char* name_of(int32_t what) {
  switch (what) {
    case TQP_COUNT_READ:
      return "read";
    case TQP_COUNT_SENT:
      return "sent";
    case TQP_COUNT_UNCHANGED:
      return "unchanged";
    case TQP_COUNT_SKIPPED:
      return "skipped";
    case TQP_COUNT_DELETED:
      return "deleted";
    default:
      return nullptr;  // of a later header: this host shows no such count
  }
}

}  // namespace

RunService::RunService(RunFacts facts, World& world, const Cancel& cancel, Log& log,
                       RunListener& listener)
    : facts_(std::move(facts)), world_(world), cancel_(cancel), log_(log), listener_(listener) {
  info_.size = sizeof info_;
  info_.flags = facts_.flags;
  info_.started_ms = facts_.started_ms;
  info_.historical_ms = facts_.historical_ms.value_or(INT64_MIN);
  info_.instance = borrow(facts_.instance);
  info_.run_id = borrow(facts_.run_id);
}

bool RunService::effects_skipped() const {
  return (facts_.flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_REPAIR)) != 0;
}

bool RunService::commits_skipped() const {
  return (facts_.flags & (TQP_RUN_DRY | TQP_RUN_CHECK | TQP_RUN_NO_RECORD)) != 0;
}

void RunService::progress(uint64_t done, uint64_t total, std::string_view text) {
  const std::string shown = printable(text, kTextBytesMost);
  {
    const std::lock_guard lock(mutex_);
    counts_.progress_done = done;
    counts_.progress_total = total;
    counts_.progress_text = shown;
    const uint64_t now_ms = std::max<uint64_t>(world_.mono_ms(), 1);  // 0 stands for "never"
    if (last_progress_ms_ != 0 && now_ms - last_progress_ms_ < kProgressEveryMs) return;
    last_progress_ms_ = now_ms;
  }
  listener_.progress(done, total, shown);
}

void RunService::effect(std::string_view what) { listener_.effect(what); }

void RunService::count(int32_t what, std::string_view reason, uint64_t n) {
  const char* const name = name_of(what);
  if (name == nullptr || n == 0) return;
  const std::lock_guard lock(mutex_);
  counts_.counts[name] += n;
  if (what != TQP_COUNT_SKIPPED) return;
  const std::string key = printable(reason.empty() ? kOtherReason : reason, kReasonBytesMost);
  const bool known = counts_.skipped.count(key) != 0 || counts_.skipped.size() < kReasonsMost;
  counts_.skipped[known ? key : kOtherReason] += n;
}

void RunService::reject(std::string_view type, std::string_view value, std::string_view reason) {
  DeadLetter letter;
  letter.type = utf8_cut(type, kTextBytesMost);
  letter.value = utf8_cut(value, kTextBytesMost);
  // Reasons quote remotes, which may repeat a credential; the state file is no place for it.
  letter.reason = log_.redactor().clean(utf8_cut(reason, kTextBytesMost));
  letter.at_ms = world_.now_ms();
  log_.warning(Event::kRunReject, "an item was refused and left out",
               {{"type", letter.type}, {"value", letter.value}, {"reason", letter.reason}});
  const std::lock_guard lock(mutex_);
  ++counts_.counts["rejected"];
  if (commits_skipped()) return;
  if (rejected_.size() < kRejectedMost) {
    rejected_.push_back(std::move(letter));
  } else {
    log_.warning(Event::kRunReject,
                 "too many refused items since the last commit: this one is counted, not kept");
  }
}

RunCounts RunService::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<DeadLetter> RunService::take_rejected() {
  const std::lock_guard lock(mutex_);
  return std::exchange(rejected_, {});
}

}  // namespace tq
