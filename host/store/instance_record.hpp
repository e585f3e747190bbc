// SPDX-License-Identifier: Apache-2.0
// InstanceRecord: how an instance stands under the supervisor, for people and for the supervisor
// after a restart: <state>/<instance>/instance.json, replaced atomically, readable without any
// process of tqhost. The supervisor alone writes it, as the worker alone writes run.json: one
// writer a file. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

// How a worker died.
struct Death {
  int64_t at_ms = 0;
  int pid = 0, exit_status = -1, signal = 0;
  bool overdue = false;                 // it was ended because its time was over
  bool counted = true;                  // false: it had been asked to end and did not
  std::string how;                      // for people
  std::string plugin;                   // "cb_edr 1.2.0"
  std::string call;                     // the service call in flight; empty: none
  uint64_t call_ms = 0;                 // how long it had been in it, or in code of its own
  std::vector<std::string> last_lines;  // of its log
};

struct InstanceRecord {
  static constexpr size_t kDeathsKept = 10;

  std::string instance, plugin;
  std::string state;            // of the lifecycle: "waiting", "running", ...
  std::string wanted;           // "runs", "paused", "stopped"
  int64_t since_ms = 0;         // when it came into this state
  int64_t next_ms = 0;          // when it runs next on its own; 0: never
  int64_t last_start_ms = 0;    // of a worker; 0: never
  uint64_t attempts = 0;        // failures in a row
  int worker_pid = 0;           // 0: none
  int64_t worker_start_ms = 0;  // with the pid: tells a process from a later one of that number
  std::string plugin_digest;    // of what the last worker ran
  int64_t verify_since_ms = 0, verify_next_ms = 0;  // when it is verified by itself; 0: never
  int verify_pid = 0;                               // of the worker that verifies; 0: none
  uint64_t verify_period_ms = 0;                    // that verify_since_ms is of; 0: not known
  bool verify_run_waits = false;                    // a run is to begin when it has ended
  bool full = false, adopt = false;  // of the run that goes on or waits, as a person asked for it
  bool unscheduled = false;          // it needs attention only because its schedule cannot be read
  int64_t pause_until_ms = 0;        // when its pause ends by itself; 0: with start
  uint64_t pause_ms = 0;      // how long that was to be, which is believed more than the clock
  std::string note;           // what became of its last run; `reason` is made of it and what is now
  std::string reason;         // why it is in this state, and what to do; for people
  std::vector<Death> deaths;  // oldest first; the newest kDeathsKept
};

enum class Durable { kNo, kYes };

// kYes: what it says survives a power cut. kNo: after one it may be the one before.
Result<void> write_instance_record(const std::filesystem::path& file, const InstanceRecord& record,
                                   Durable durable);
Json to_json(const std::vector<Death>& deaths);
// E_CONFIG: absent or damaged.
Result<InstanceRecord> read_instance_record(const std::filesystem::path& file);

}  // namespace tq
