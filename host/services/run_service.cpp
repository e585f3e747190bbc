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
constexpr size_t kNotesMost = 20;
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
  const std::string shown = log_.redactor().clean_printable(text, kTextBytesMost);
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
  if (reason.empty()) reason = kOtherReason;
  // Nearly always a reason that was cleaned before and had nothing to hide; this is once an item.
  if (const auto same = counts_.skipped.find(std::string(reason)); same != counts_.skipped.end()) {
    same->second += n;
    return;
  }
  const std::string key = log_.redactor().clean_printable(reason, kReasonBytesMost);
  const bool known = counts_.skipped.count(key) != 0 || counts_.skipped.size() < kReasonsMost;
  counts_.skipped[known ? key : kOtherReason] += n;
}

void RunService::reject(std::string_view type, std::string_view value, std::string_view reason) {
  DeadLetter letter;
  letter.type = utf8_cut(type, kTextBytesMost);
  letter.value = utf8_cut(value, kTextBytesMost);
  // Reasons quote remotes, which may repeat a credential; the state file is no place for it.
  letter.reason = log_.redactor().clean_cut(reason, kTextBytesMost);
  letter.at_ms = world_.now_ms();
  log_.warning(Event::kRunReject, "an item was refused and left out",
               {{"type", letter.type}, {"value", letter.value}, {"reason", letter.reason}});
  const std::lock_guard lock(mutex_);
  ++counts_.counts["rejected"];
  if (commits_skipped()) return;
  if (letters_.refused().size() < kRejectedMost) {
    ++known_[item_hash(letter.type, letter.value)];
    knows_letters_.store(true, std::memory_order_release);
    letters_.refuse(std::move(letter));
  } else {
    log_.warning(Event::kRunReject,
                 "too many refused items since the last commit: this one is counted, not kept");
  }
}

void RunService::accept(std::string_view type, std::string_view value) {
  if (commits_skipped() || !knows_letters_.load(std::memory_order_acquire)) return;
  // As reject cuts them.
  type = utf8_cut(type, kTextBytesMost);
  value = utf8_cut(value, kTextBytesMost);
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(item_hash(type, value));
  if (known == known_.end()) return;
  // What was rejected in this run and taken later in it is no refused item of this run.
  if (const auto rejected = counts_.counts.find("rejected"); rejected != counts_.counts.end()) {
    rejected->second -= std::min(rejected->second, known->second);
    if (rejected->second == 0) counts_.counts.erase(rejected);
  }
  known_.erase(known);
  letters_.accept({std::string(type), std::string(value)});
  log_.info(Event::kRunAccept, "an item that had been refused was accepted",
            {{"type", std::string(type)}, {"value", std::string(value)}});
}

void RunService::note(std::string text) {
  const std::lock_guard lock(mutex_);
  if (counts_.notes.size() < kNotesMost) counts_.notes.push_back(std::move(text));
}

RunCounts RunService::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<DeadLetter> RunService::take_rejected() {
  const std::lock_guard lock(mutex_);
  return letters_.take_refused();
}

std::set<LetterChanges::Item> RunService::take_accepted() {
  const std::lock_guard lock(mutex_);
  return letters_.take_accepted();
}

void RunService::learn_letters(const std::vector<uint64_t>& hashes) {
  const std::lock_guard lock(mutex_);
  std::unordered_map<uint64_t, uint64_t> known;
  const auto keep = [&](uint64_t hash) {
    const auto before = known_.find(hash);
    known.emplace(hash, before == known_.end() ? 0 : before->second);
  };
  for (const uint64_t hash : hashes) keep(hash);
  for (const DeadLetter& letter : letters_.refused()) keep(item_hash(letter.type, letter.value));
  known_ = std::move(known);
  knows_letters_.store(!known_.empty(), std::memory_order_release);
}

size_t RunService::known_letters() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

uint64_t RunService::item_hash(std::string_view type, std::string_view value) {
  const std::hash<std::string_view> hash;
  return hash(type) * 0x9e3779b97f4a7c15 + hash(value);
}

}  // namespace tq
