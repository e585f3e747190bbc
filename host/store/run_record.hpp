// SPDX-License-Identifier: Apache-2.0
// RunRecord: what a run left for people: state, times, counts by reason, progress, last error. One
// small JSON file per instance, <state>/<instance>/run.json, replaced atomically; readable without
// any process of tqhost. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

// One line of what went before.
struct EarlierRun {
  std::string run_id, state;
  int64_t started_ms = 0, ended_ms = 0;
  uint64_t sent = 0, rejected = 0;
};

struct RunRecord {
  static constexpr size_t kEarlierKept = 10;

  std::string instance, plugin, version, run_id;
  std::string
      state;  // "running", "done", "failed", "needs_attention", "cancelled", "disabled", "died"
  std::string log;                       // the file it wrote its log to; empty: the console
  int64_t started_ms = 0, ended_ms = 0;  // 0: not yet
  int pid = 0;
  int exit_status = 0;
  bool dry = false, full = false;
  std::map<std::string, uint64_t> counts;   // "read", "sent", "unchanged", ...
  std::map<std::string, uint64_t> skipped;  // reason -> number
  std::vector<std::string> notes;           // what `status` tells of it besides
  uint64_t progress_done = 0, progress_total = 0;
  std::string progress_text;
  std::string error_status, error_message, error_field;  // of the last failure
  int64_t last_success_ms = 0;                           // carried over from earlier records
  std::vector<EarlierRun> earlier;                       // oldest first, the newest kEarlierKept

  // Takes from the record before this run what goes on: the last success, and it itself.
  void follow(const RunRecord& before);
};

// What cannot be written leaves a mark that needs no room on the disk, and the next that is written
// takes it away: see unrecorded_ms().
Result<void> write_run_record(const std::filesystem::path& file, const RunRecord& record);
// When a run of the instance was last at work whose record could not be written, so that the one
// that is there is of an earlier run, or says less; 0: none was. By the wall clock.
int64_t unrecorded_ms(const std::filesystem::path& file);
Json to_json(const std::vector<EarlierRun>& runs);
Result<RunRecord> read_run_record(
    const std::filesystem::path& file);  // E_CONFIG: absent or damaged

}  // namespace tq
