// SPDX-License-Identifier: Apache-2.0
// VerifyRecord: what the verifications of an instance found: <state>/<instance>/verify.json
// (docs/formats/verify.md), replaced atomically, readable without any process of tqhost. The worker
// that holds the instance's lease writes it, and its parent when it died. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tq {

enum class VerifyResult {
  kNotDone,  // stopped, or the instance is switched off: nothing was found out
  kGoingOn,
  kSame,   // nothing is missing or different
  kDrift,  // something is
  kFailed  // it could not be compared
};

std::string_view verify_result_name(VerifyResult result);  // "not_done", "going_on", "same", ...

struct VerifyCounts {
  uint64_t same = 0, missing = 0, different = 0, foreign = 0;

  // What others put there is told and is no drift.
  bool drift() const { return missing != 0 || different != 0; }
};

struct VerifyFinding {
  std::string how;  // "missing", "different", "foreign"
  uint64_t number = 1;
  std::string type, value, detail;  // for people
};

struct VerifyRecord {
  static constexpr size_t kFindingsKept = 1000;

  std::string instance, plugin, version;

  // The last attempt.
  VerifyResult result = VerifyResult::kNotDone;
  int64_t started_ms = 0, ended_ms = 0;  // 0: not yet
  int pid = 0;
  bool by_schedule = false;  // else by a person
  bool repair = false;
  std::string error_status, error_message, error_field;  // why it could not be compared
  uint64_t failures = 0;                                 // attempts in a row that failed

  // The last one that could compare; all empty when there was none.
  int64_t compared_ms = 0;
  bool compared_by_schedule = false;
  bool marked = false;  // for repair: what differed is marked in the state
  VerifyCounts counts;
  std::vector<VerifyFinding> findings;  // the first kFindingsKept that are not the same
  uint64_t left_out = 0;                // items of the counts that no finding is kept of
  int64_t repaired_ms = 0;              // a recording run ended well after what differed was marked

  // When the state became another than what was compared before (`state reset`, `state import`),
  // and what was found of that was forgotten; 0: never.
  int64_t other_state_ms = 0;

  bool drift_stands() const { return counts.drift() && repaired_ms == 0; }
};

Json to_json(const VerifyCounts& counts);
Json to_json(const std::vector<VerifyFinding>& findings);
Result<void> write_verify_record(const std::filesystem::path& file, const VerifyRecord& record);
// E_CONFIG: absent or damaged.
Result<VerifyRecord> read_verify_record(const std::filesystem::path& file);

}  // namespace tq
