// SPDX-License-Identifier: Apache-2.0
// RunService: behind tqp.run/1: what this run is, its counts, progress, dead letters and listed
// effects. All members from any thread.
#pragma once

#include <tqp/plugin.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/cancel.hpp"
#include "core/world.hpp"
#include "log/log.hpp"
#include "store/letter_changes.hpp"
#include "store/store.hpp"

namespace tq {

struct RunFacts {
  uint32_t flags = 0;  // TQP_RUN_...
  int64_t started_ms = 0;
  std::optional<int64_t> historical_ms;
  std::string instance, run_id;
  bool listens = false;  // a listener's run, which records with each commit
};

struct RunCounts {
  std::map<std::string, uint64_t>
      counts;  // "read", "sent", "unchanged", "skipped", "deleted", "rejected"
  std::map<std::string, uint64_t> skipped;  // reason -> number
  uint64_t progress_done = 0, progress_total = 0;
  std::string progress_text;
  std::vector<std::string> notes{};  // what `status` tells of this run besides
};

// Told of what a person wants to see at once; called on the thread that caused it.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void progress(uint64_t done, uint64_t total, std::string_view text) = 0;  // throttled
  virtual void effect(
      std::string_view what) = 0;  // what a dry run would have done: "PUT https://..."
  virtual void ready() = 0;        // a listener listens
};

class RunService {
 public:
  RunService(RunFacts facts, World& world, const Cancel& cancel, Log& log, RunListener& listener);

  const tqp_run_info& info() const { return info_; }
  bool effects_skipped() const;  // dry run, check, verification with or without repair
  bool commits_skipped() const;  // dry run, check, and runs that record nothing
  bool listens() const { return facts_.listens; }
  World& world() { return world_; }
  const Cancel& cancel() const { return cancel_; }

  void progress(uint64_t done, uint64_t total, std::string_view text);
  void effect(std::string_view what);
  // An effect is about to be sent.
  void note_effect() { sent_effects_.store(true, std::memory_order_relaxed); }
  bool sent_effects() const { return sent_effects_.load(std::memory_order_relaxed); }
  void ready() { listener_.ready(); }
  void count(int32_t what, std::string_view reason, uint64_t n);
  void reject(std::string_view type, std::string_view value, std::string_view reason);

  void accept(std::string_view type, std::string_view value);

  // For the run's record; the first 20.
  void note(std::string text);

  RunCounts counts() const;
  // Dead letters since the last call; the state service stores them with the next commit.
  std::vector<DeadLetter> take_rejected();
  // Items with a dead letter that were accepted since the last call, and not rejected after that.
  std::set<LetterChanges::Item> take_accepted();

  // The items that have a letter in the state, by item_hash: accept does nothing for others.
  void learn_letters(const std::vector<uint64_t>& hashes);
  size_t known_letters() const;
  static uint64_t item_hash(std::string_view type, std::string_view value);

 private:
  RunFacts facts_;
  tqp_run_info info_{};
  World& world_;
  const Cancel& cancel_;
  Log& log_;
  RunListener& listener_;
  mutable std::mutex mutex_;
  RunCounts counts_;
  LetterChanges letters_;  // since the last commit
  // Hash of an item that has a letter, or gets one -> how often it was rejected in this run.
  std::unordered_map<uint64_t, uint64_t> known_;
  std::atomic<bool> knows_letters_{false};  // most runs have none, and ask millions of times
  std::atomic<bool> sent_effects_{false};
  uint64_t last_progress_ms_ = 0;
};

}  // namespace tq
