// SPDX-License-Identifier: Apache-2.0
// What the verifications of an instance tell of how it stands.
#include <algorithm>

#include "cli/standing.hpp"
#include "core/record_json.hpp"
#include "schedule/verify_schedule.hpp"
#include "worker/layout.hpp"
#include "worker/verification.hpp"

namespace tq {
namespace {

constexpr uint64_t kFailuresTold = 3;
constexpr int64_t kPeriodsOverdue = 3;  // the one that it may take, and two more

std::string_view every_name(VerifyEvery every) {
  switch (every) {
    case VerifyEvery::kWeek:
      return "weekly";
    case VerifyEvery::kDay:
      return "daily";
    case VerifyEvery::kNever:
      break;
  }
  return "off";
}

// One that goes on in a process that is gone has failed.
bool died(const VerifyRecord& record) {
  return record.result == VerifyResult::kGoingOn && !is_alive(record.pid);
}

std::string failure_of(const VerifyRecord& record) {
  return died(record) ? "process " + std::to_string(record.pid) + " is gone and left no word"
                      : record.error_message;
}

std::string drift_note(const VerifyRecord& record, const std::string& instance) {
  std::string out = "what stands at the remote differs from what the state says: " +
                    verify_counts_note(record.counts) + " (" + format_time_utc(record.compared_ms) +
                    ")";
  return out + (record.marked ? "; it is marked, and the next run that ends well writes it again"
                              : "; to write it again: tqhost verify " + instance + " --repair");
}

// Only a supervisor verifies by itself, and only while it lets the instance run. What is switched
// off in ThreatQ cannot be verified, by nobody.
std::string overdue_note(const InstanceConfig& instance, const Standing& standing, int64_t now_ms) {
  const auto period_ms = static_cast<int64_t>(verify_period_ms(instance.verify));
  const Json* const live = json_at(standing.live, "/verify");
  const bool switched_off = standing.run && standing.run->state == "disabled";
  if (period_ms == 0 || live == nullptr || !live->is_object() ||
      text_at(standing.live, "wanted") != "runs" || switched_off)
    return {};
  const int64_t since_ms = time_at(*live, "since");
  const int64_t compared_ms =
      standing.verify ? std::max(standing.verify->compared_ms, standing.verify->other_state_ms) : 0;
  const int64_t age_ms = now_ms - std::max(since_ms, compared_ms);
  if (since_ms == 0 || age_ms <= kPeriodsOverdue * period_ms) return {};
  return "it was not verified for " + duration_for_people(age_ms) + ", though it is to be " +
         std::string(every_name(instance.verify)) + "; tqhost verify " + instance.name +
         " does it now";
}

std::string note_of(const InstanceConfig& instance, const Standing& standing, int64_t now_ms) {
  if (standing.verify && standing.verify->drift_stands())
    return drift_note(*standing.verify, instance.name);
  if (standing.verify) {
    const uint64_t failures = standing.verify->failures + (died(*standing.verify) ? 1 : 0);
    if (failures >= kFailuresTold)
      return "it could not be verified " + std::to_string(failures) +
             " times in a row, the last time: " + failure_of(*standing.verify);
  }
  return overdue_note(instance, standing, now_ms);
}

}  // namespace

void judge_verification(const HostConfig& config, const InstanceConfig& instance,
                        Standing& standing, int64_t now_ms) {
  if (!standing.verifiable) return;
  if (auto record = read_verify_record(verify_record_file(instance_folder(config, instance.name))))
    standing.verify = record.take();
  standing.verify_note = note_of(instance, standing, now_ms);
  if (!standing.verify_note.empty()) standing.add(standing.verify_note);
}

Json verification_json(const InstanceConfig& instance, const Standing& standing) {
  Json out = {{"every", every_name(instance.verify)},
              {"result", "never"},
              {"at", nullptr},
              {"by", nullptr},
              {"counts", nullptr},
              {"marked", false},
              {"repaired", nullptr},
              {"failures", 0},
              {"last", nullptr},
              {"next", nullptr},
              {"note", standing.verify_note}};
  if (const Json* next = json_at(standing.live, "/verify/next"); next != nullptr)
    out["next"] = *next;
  if (!standing.verify) return out;
  const VerifyRecord& record = *standing.verify;
  out["failures"] = record.failures + (died(record) ? 1 : 0);
  const VerifyResult result = died(record) ? VerifyResult::kFailed : record.result;
  const std::string failure = failure_of(record);
  out["last"] = {{"started", time_or_null(record.started_ms)},
                 {"ended", time_or_null(record.ended_ms)},
                 {"by", record.by_schedule ? "schedule" : "person"},
                 {"result", verify_result_name(result)},
                 {"error", result == VerifyResult::kFailed ? Json(failure) : Json(nullptr)}};
  if (record.compared_ms == 0) return out;
  out["result"] = record.counts.drift() ? "drift" : "same";
  out["at"] = time_or_null(record.compared_ms);
  out["by"] = record.compared_by_schedule ? "schedule" : "person";
  out["counts"] = to_json(record.counts);
  out["marked"] = record.marked;
  out["repaired"] = time_or_null(record.repaired_ms);
  return out;
}

}  // namespace tq
